// Ctrl-C in a real process that calls close_all(): no socket of its port is left, at either end.

#include <csignal>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "cli/program.hpp"
#include "scripted_peer.hpp"

namespace tautline::test {
namespace {

/// States of TCP sockets as /proc/net/tcp has them.
constexpr int established = 0x01;
constexpr int time_wait = 0x06;  // the kernel's memory of a connection; no process has it any more
constexpr int listening = 0x0A;

/// How many sockets in this network namespace have the port at either end, by state.
std::map<int, int> sockets_of(const std::string& port) {
  std::map<int, int> result;
  const auto is_port = [&](const std::string& address) {
    return std::stoul(address.substr(address.rfind(':') + 1), nullptr, 16) == std::stoul(port);
  };
  for (const char* const table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    std::ifstream file(table);
    std::string line;
    std::getline(file, line);  // the names of the columns
    while (std::getline(file, line)) {
      std::istringstream columns(line);
      std::string number, local, remote, state;
      columns >> number >> local >> remote >> state;
      if (is_port(local) || is_port(remote)) ++result[std::stoi(state, nullptr, 16)];
    }
  }
  return result;
}

std::string described(const std::map<int, int>& sockets) {
  std::ostringstream text;
  for (const auto& [state, count] : sockets) text << count << " in state " << state << "; ";
  return text.str();
}

TEST(ServerInterrupt, ctrl_C_leaves_no_socket_established_or_listening_at_either_end) {
  Program server({"serve", "--address", "127.0.0.1", "--port", "0", "--expect", "door,lamp,program"});
  const std::string port = server.port();
  const auto number = static_cast<std::uint16_t>(std::stoi(port));
  // Clients in each state: open in protocol 2 with a line that was not acknowledged, open in protocol 1, before its GO,
  // before its first line, and one that is a real program.
  ScriptedPeer door(number), lamp(number), half(number), silent(number);
  door.open("door");
  server.send("door\tnever acknowledged\n");
  EXPECT_EQ(door.line_but_status(), "D1 never acknowledged");
  lamp.send("lamp\n");
  lamp.expect("\n");
  half.send("TL2 program\n");
  EXPECT_EQ(half.line().substr(0, 3), "HI ");
  Program client({"connect", "--id", "program", "--server", "127.0.0.1", "--port", port});
  client.send("hello\n");
  ASSERT_TRUE(server.until_output("program\thello\n"));
  std::map<int, int> before = sockets_of(port);
  EXPECT_EQ(before[listening], 1) << described(before);
  EXPECT_GE(before[established], 10) << described(before);  // five connections, two ends each

  server.signal(SIGINT);
  EXPECT_EQ(server.wait(), 130);
  for (ScriptedPeer* const peer : {&door, &lamp, &half, &silent}) {
    peer->expect_end();
    peer->close();
  }
  client.signal(SIGINT);
  EXPECT_NE(client.wait(), -1);
  std::map<int, int> after;
  const auto only_memories = [&] {
    after = sockets_of(port);
    after.erase(time_wait);
    return after.empty();
  };
  EXPECT_TRUE(server.until(only_memories)) << described(after);
}

/// While its clients stay, an interrupted server leaves nothing established either: each of them was told.
TEST(ServerInterrupt, ctrl_C_ends_the_clients_connections_without_their_help) {
  Program server({"serve", "--address", "127.0.0.1", "--port", "0", "--expect", "door,lamp"});
  const std::string port = server.port();
  const auto number = static_cast<std::uint16_t>(std::stoi(port));
  ScriptedPeer door(number), lamp(number);
  door.open("door");
  lamp.open("lamp");
  server.signal(SIGINT);
  EXPECT_EQ(server.wait(), 130);
  std::map<int, int> after;
  EXPECT_TRUE(server.until([&] {
    after = sockets_of(port);
    return after[established] == 0 && after[listening] == 0;
  })) << described(after);
  for (ScriptedPeer* const peer : {&door, &lamp}) {
    EXPECT_EQ(peer->line_but_status(), "BYE closing");
    peer->expect_end();
  }
  Program next({"serve", "--address", "127.0.0.1", "--port", port, "--expect", "door"});
  EXPECT_EQ(next.port(), port) << "the port is free at once";
}

}  // namespace
}  // namespace tautline::test
