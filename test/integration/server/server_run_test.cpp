// What the server is started with: expected, verbose, port, timeout. And a log that tells who, from where and why.

#include <regex>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "server_fixture.hpp"

namespace tautline::test {
namespace {

class ServerRun : public ServerTest {
 protected:
  ServerOptions verbose() {
    ServerOptions chatty = options();
    chatty.verbose = true;
    return chatty;
  }
  ScriptedPeer& open_door() {
    peer = open("door");
    return *peer;
  }
  void expect_down() {
    ASSERT_TRUE(pump_until([&] { return !connection("door").status(); }));
  }
  /// The first line of the log that contains the text; fails the test if there is none.
  std::string logged_line(const std::string& text) {
    for (const std::string& line : logs) {
      if (line.find(text) != std::string::npos) return line;
    }
    ADD_FAILURE() << "nothing in the log says: " << text;
    return {};
  }
  /// "127.0.0.1:40000" as it stands in a line of the log, or empty.
  static std::string address_in(const std::string& line) {
    std::smatch found;
    return std::regex_search(line, found, std::regex("127\\.0\\.0\\.1:[0-9]+")) ? found.str() : std::string();
  }

  std::unique_ptr<ScriptedPeer> peer;
};

// ---- expected

TEST_F(ServerRun, expected_clients_are_served_and_others_refused_in_both_protocols) {
  start();
  auto door = open("door");
  auto lamp = connect();
  lamp->send("lamp\n");
  lamp->expect("\n");  // protocol 1: a keepalive
  auto stranger = connect();
  stranger->send("TL2 window w=8 n=1024 t=2000\n");
  EXPECT_EQ(stranger->line(), "BYE id");
  stranger->expect_end();
  auto older_stranger = connect();
  older_stranger->send("window\n");
  older_stranger->expect_end();
  EXPECT_FALSE(server->find("window"));
  EXPECT_TRUE(connection("door").status());
  EXPECT_TRUE(connection("lamp").status());
}

TEST_F(ServerRun, a_refusal_names_the_client_its_address_and_what_to_do) {
  start();  // not verbose: an operator has to know
  auto stranger = connect();
  stranger->send("TL2 window\n");
  stranger->expect_end();
  const std::string line = logged_line("'window'");
  EXPECT_NE(address_in(line), "") << line;
  EXPECT_NE(line.find("not expected"), std::string::npos) << line;
  EXPECT_NE(line.find("add its id to the expected ids"), std::string::npos) << line;
}

// ---- verbose

TEST_F(ServerRun, verbose_tells_who_connects_from_where_what_is_said_and_why_it_ends) {
  start(verbose());
  open_door().send("D1 temp 21.5\n");
  peer->expect("A1 0\n");
  peer->close();
  expect_down();
  const std::string connected = logged_line(": connected");
  const std::string up = logged_line("link up");
  const std::string down = logged_line("link down");
  const std::string address = address_in(connected);
  EXPECT_NE(address, "") << connected;
  EXPECT_EQ(up, "client 'door' at " + address + ": link up, protocol 2");
  EXPECT_EQ(down, "client 'door' at " + address + ": link down, peer_closed");
  EXPECT_EQ(logged_line("temp"), "door > D1 temp 21.5");
}

TEST_F(ServerRun, verbose_tells_each_reason_with_client_and_address) {
  start(verbose());
  const auto expect_reason = [&](const std::string& reason) {
    expect_down();
    const std::string line = logged_line("link down, " + reason);
    EXPECT_NE(line.find("client 'door' at "), std::string::npos) << line;
    EXPECT_NE(address_in(line), "") << line;
    logs.clear();
  };
  open_door().close();
  expect_reason("peer_closed");
  open_door().reset();
  expect_reason("peer_closed");
  open_door().send("BYE closing\n");
  EXPECT_TRUE(pump_until([&] { return logged("said BYE closing"); }));
  expect_reason("closing");
  open_door().send("no line of the protocol\n");
  EXPECT_TRUE(pump_until([&] { return logged("a line that fits no rule of the protocol"); }));
  expect_reason("syntax");
  open_door();
  EXPECT_TRUE(pump_until([&] { return logged("nothing heard for 400 ms"); }));
  expect_reason("silent");
  open_door();
  auto newer = open("door");
  const std::string superseded = logged_line("superseded by a newer connection while it was alive");
  EXPECT_NE(superseded.find("client 'door' at "), std::string::npos) << superseded;
  EXPECT_NE(superseded.find("two devices share the id"), std::string::npos) << superseded;
  newer->send("A0 0\n");
  server->close_all();
  expect_reason("closing");
}

TEST_F(ServerRun, without_verbose_a_session_is_told_nothing_about) {
  start();
  open_door().send("D1 temp 21.5\n");
  peer->expect("A1 0\n");
  peer->close();
  expect_down();
  EXPECT_EQ(logs, std::vector<std::string>());
  EXPECT_FALSE(ServerOptions().verbose);
}

// ---- port

TEST_F(ServerRun, listens_on_the_port_it_was_given) {
  EXPECT_EQ(ServerOptions().port, 8123);
  const std::uint16_t some_port = start().port();  // one that is free
  server.reset();
  ServerOptions with_port = options();
  with_port.port = some_port;
  EXPECT_EQ(start(with_port).port(), some_port);
  EXPECT_EQ(server->endpoint(), "127.0.0.1:" + std::to_string(some_port));
  ScriptedPeer(some_port, [this] { pump(); }).open("door");
}

// ---- timeout

TEST_F(ServerRun, a_link_is_down_after_the_timeout_it_was_given_and_not_before) {
  EXPECT_EQ(ServerOptions().timeout_ms, 1500U);
  for (const std::uint32_t timeout : {200U, 900U}) {
    ServerOptions given = verbose();
    given.timeout_ms = timeout;
    start(given);
    const auto opened = std::chrono::steady_clock::now();
    open_door();
    expect_down();
    EXPECT_GE(std::chrono::steady_clock::now() - opened, std::chrono::milliseconds(timeout - 20));
    EXPECT_TRUE(logged("nothing heard for " + std::to_string(timeout) + " ms"));
    // A client that says something in time stays. (Before the shorter timeout could be judged late on a loaded machine,
    // the longer one is the one to try it on.)
    if (timeout < 900) continue;
    open_door();
    for (int i = 0; i < 12; ++i) {
      peer->wait(100ms);
      peer->send("A0 0\n");
    }
    EXPECT_TRUE(connection("door").status());
    EXPECT_EQ(connection("door").nconns(), 2U);
  }
}

TEST_F(ServerRun, clients_are_told_the_timeout) {
  ServerOptions given = options();
  given.timeout_ms = 777;
  start(given);
  auto hello = connect();
  hello->send("TL2 door\n");
  EXPECT_NE(hello->line().find(" t=777"), std::string::npos);
}

}  // namespace
}  // namespace tautline::test
