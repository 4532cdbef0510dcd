// Ctrl-C in a real process that calls close_all(): no socket of its port is left, at either end.

#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>
#include <gtest/gtest.h>

#include "cli/program.hpp"
#include "scripted_peer.hpp"
#include "tautline/server/server.hpp"

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

/// A process that calls close_all() on SIGINT and then lives on, so that nothing is closed by its end.
class Survivor {
 public:
  Survivor() {
    int ends[2] = {-1, -1};
    EXPECT_EQ(::pipe(ends), 0);
    child_ = ::fork();
    if (child_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      serve(ends[1]);
    }
    ::close(ends[1]);
    output_ = ::fdopen(ends[0], "r");
  }
  ~Survivor() {
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
    std::fclose(output_);
  }
  Survivor(const Survivor&) = delete;
  Survivor& operator=(const Survivor&) = delete;

  void interrupt() const { EXPECT_EQ(::kill(child_, SIGINT), 0); }
  /// What it says next; empty, and a failure, if it says nothing.
  std::string line() {
    pollfd waiting{::fileno(output_), POLLIN, 0};
    EXPECT_EQ(::poll(&waiting, 1, 10'000), 1);
    char text[64];
    if (waiting.revents == 0 || std::fgets(text, sizeof text, output_) == nullptr) return {};
    std::string result(text);
    result.pop_back();
    return result;
  }
  /// Sockets among its descriptors.
  int sockets() const {
    int count = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(child_) + "/fd")) {
      std::error_code gone;
      const std::string target = std::filesystem::read_symlink(entry.path(), gone).string();
      if (target.rfind("socket:", 0) == 0) ++count;
    }
    return count;
  }

 private:
  [[noreturn]] static void serve(int output) {
    const auto say = [&](const std::string& text) {
      if (::write(output, (text + "\n").data(), text.size() + 1) < 0) ::_exit(1);
    };
    asio::io_context io(1);
    ServerOptions options;
    options.address = "127.0.0.1";
    options.port = 0;
    options.expected = {"door", "lamp"};
    options.timeout_ms = 60'000;  // silence must not do close_all()'s work
    options.log = [](LogLevel, const std::string&) {};
    Server server(io.get_executor(), options);
    asio::signal_set signals(io, SIGINT);
    signals.async_wait([&](std::error_code, int) { server.close_all(); });
    say(std::to_string(server.port()));
    io.run();  // until nothing is left to wait for
    say("closed all");
    for (;;) ::pause();
  }

  pid_t child_ = -1;
  std::FILE* output_ = nullptr;
};

TEST(ServerInterrupt, close_all_on_ctrl_C_closes_every_socket_of_a_process_that_lives_on) {
  Survivor server;
  const std::string port = server.line();
  const auto number = static_cast<std::uint16_t>(std::stoi(port));
  const int others = server.sockets() - 1;  // Asio's signal set has a pair of its own, say
  ScriptedPeer door(number), lamp(number), half(number), silent(number);
  door.open("door");
  lamp.send("lamp\n");
  lamp.expect("\n");
  half.send("TL2 door\n");
  EXPECT_EQ(half.line().substr(0, 3), "HI ");
  EXPECT_EQ(server.sockets(), others + 5);
  server.interrupt();
  EXPECT_EQ(server.line(), "closed all");
  EXPECT_LE(server.sockets(), others);
  for (ScriptedPeer* const peer : {&door, &lamp, &half, &silent}) {
    peer->expect_end();
    peer->close();
  }
  std::map<int, int> after = sockets_of(port);
  EXPECT_EQ(after[established], 0) << described(after);
  EXPECT_EQ(after[listening], 0) << described(after);
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
