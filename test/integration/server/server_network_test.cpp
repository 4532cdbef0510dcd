// Hostile and unlucky peers over real sockets; listening and its errors; close_all and stop.

#include <sys/resource.h>

#include <cerrno>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include <gtest/gtest.h>

#include "server_fixture.hpp"

namespace tautline::test {
namespace {

using ServerNetwork = ServerTest;

// ---- listening

TEST_F(ServerNetwork, listens_on_a_free_port_and_says_which) {
  start();
  EXPECT_NE(server->port(), 0);
  EXPECT_EQ(server->endpoint(), "127.0.0.1:" + std::to_string(server->port()));
}

TEST_F(ServerNetwork, a_busy_port_is_told_with_address_port_and_advice) {
  start();
  ServerOptions second = options();
  second.port = server->port();
  try {
    Server other(io.get_executor(), second);
    FAIL() << "it listens twice";
  } catch (const std::system_error& error) {
    const std::string text = error.what();
    EXPECT_EQ(error.code(), std::errc::address_in_use);
    EXPECT_NE(text.find("127.0.0.1:" + std::to_string(second.port)), std::string::npos) << text;
    EXPECT_NE(text.find("choose another port"), std::string::npos) << text;
  }
}

TEST_F(ServerNetwork, an_address_of_another_machine_is_told) {
  ServerOptions bad = options();
  bad.address = "192.0.2.1";  // reserved for documentation
  try {
    Server other(io.get_executor(), bad);
    FAIL();
  } catch (const std::system_error& error) {
    EXPECT_NE(std::string(error.what()).find("no such address"), std::string::npos) << error.what();
  }
}

TEST_F(ServerNetwork, bad_options_are_told_in_words) {
  const auto problem = [&](void (*change)(ServerOptions&)) -> std::string {
    ServerOptions bad = options();
    change(bad);
    try {
      Server other(io.get_executor(), bad);
    } catch (const std::invalid_argument& error) {
      return error.what();
    } catch (const std::exception& error) {
      return std::string("another exception: ") + error.what();
    }
    return "no exception";
  };
  EXPECT_EQ(problem([](ServerOptions& o) { o.window = 0; }), "window must be 1 to 1024");
  EXPECT_EQ(problem([](ServerOptions& o) { o.timeout_ms = 1; }), "timeout must be 40 ms to 1 hour");
  EXPECT_NE(problem([](ServerOptions& o) { o.expected = {"TL2"}; }).find("looks like a protocol greeting"),
            std::string::npos);
  EXPECT_NE(problem([](ServerOptions& o) { o.inbox_lines = 1; }).find("inbox_lines"), std::string::npos);
  EXPECT_NE(problem([](ServerOptions& o) { o.address = "not an address"; }).find("not an address"), std::string::npos);
}

TEST_F(ServerNetwork, by_default_IPv6_and_IPv4_reach_it) {
  ServerOptions everywhere = options();
  everywhere.address.clear();
  everywhere.verbose = true;
  start(everywhere);
  ScriptedPeer v4(
      server->port(), [this] { pump(); }, "127.0.0.1");
  v4.open("door");
  v4.send("nonsense\n");
  v4.expect("BYE syntax\n");
  EXPECT_TRUE(logged("127.0.0.1:")) << "an IPv4 peer has its usual form in the log";
  ScriptedPeer v6(
      server->port(), [this] { pump(); }, "::1");
  if (!v6.connected()) GTEST_SKIP() << "no IPv6 here";
  v6.open("lamp");
  EXPECT_TRUE(logged("[::1]:"));
}

TEST_F(ServerNetwork, an_IPv6_address_alone) {
  ServerOptions only_v6 = options();
  only_v6.address = "::1";
  try {
    start(only_v6);
  } catch (const std::system_error&) {
    GTEST_SKIP() << "no IPv6 here";
  }
  EXPECT_EQ(server->endpoint(), "[::1]:" + std::to_string(server->port()));
  ScriptedPeer peer(
      server->port(), [this] { pump(); }, "::1");
  peer.open("door");
}

// ---- peers

TEST_F(ServerNetwork, a_session_by_hand) {
  start();
  auto peer = open("door");
  peer->send("D1 temp 21.5\n");
  peer->expect("A1 0\n");
  std::string_view line;
  ASSERT_TRUE(connection("door").try_readline(line));
  EXPECT_EQ(line, "temp 21.5");
  EXPECT_EQ(connection("door").try_write("light on"), WriteStatus::ok);
  peer->expect("D1 light on\n");
}

TEST_F(ServerNetwork, a_peer_of_protocol_1) {
  start();
  auto peer = connect();
  peer->send("door\n");
  peer->expect("\n");
  peer->send("\n00hello\n");
  peer->expect("00\n");
  EXPECT_EQ(connection("door").try_write("answer"), WriteStatus::ok);
  const bool came = peer->wait_until([&] { return connection("door").unacknowledged() == 0; }, 10ms);
  EXPECT_FALSE(came);
  std::string next;
  do {
    next = peer->line();
  } while (next.empty() && !HasFailure());
  EXPECT_EQ(next, "00answer");
  peer->send("00\n");
  EXPECT_TRUE(peer->wait_until([&] { return connection("door").unacknowledged() == 0; }));
}

TEST_F(ServerNetwork, RST_in_every_state) {
  start();
  for (const std::string said : {"", "TL2 do", "TL2 door\n", "lamp\n", "TL9\n"}) {
    auto peer = connect();
    if (!said.empty()) peer->send(said);
    peer->wait(5ms);
    peer->reset();
    EXPECT_TRUE(pump_until([&] { return server->connection_count() == 0; }, 300ms)) << said;
  }
  auto peer = open("door");
  peer->send("D1 before\nD2 half");
  peer->expect("A1 0\n");
  peer->reset();
  EXPECT_TRUE(pump_until([&] { return !connection("door").status(); }, 300ms));
  EXPECT_EQ(server->connection_count(), 0U);
  auto again = open("door", "0 0 " + std::string("1"));
  EXPECT_TRUE(connection("door").status());
}

TEST_F(ServerNetwork, lines_and_FIN_in_one_segment) {
  start();
  auto peer = open("door");
  peer->send("D1 last words\n");
  peer->end();
  EXPECT_TRUE(pump_until([&] { return server->connection_count() == 0; }, 300ms));
  std::string_view line;
  ASSERT_TRUE(connection("door").try_readline(line));
  EXPECT_EQ(line, "last words");
}

TEST_F(ServerNetwork, a_half_open_connection_is_taken_over_and_its_late_lines_go_nowhere) {
  ServerOptions talkative = options();
  talkative.verbose = true;
  start(talkative);
  auto old = connect();
  const std::string epoch = old->open("door");
  old->send("D1 a\n");
  old->expect("A1 0\n");
  auto young = open("door", "0 0 " + epoch);
  EXPECT_EQ(young->go_ack(), "1");
  old->send("D2 late\n");
  old->expect("BYE superseded\n");
  old->expect_end();
  young->send("D2 b\n");
  young->expect("A2 0\n");
  std::string_view line;
  ASSERT_TRUE(connection("door").try_readline(line));
  EXPECT_EQ(line, "a");
  ASSERT_TRUE(connection("door").try_readline(line));
  EXPECT_EQ(line, "b");
  EXPECT_FALSE(connection("door").try_readline(line));
  EXPECT_EQ(connection("door").nconns(), 2U);
  EXPECT_TRUE(logged("superseded by a newer connection"));
}

TEST_F(ServerNetwork, a_peer_that_sends_one_byte_now_and_then_lives_as_long_as_its_lines_are_complete_in_time) {
  start();
  auto peer = open("door");
  peer->trickle("D1 a\nA0 1\nD2 b\nA0 2\nD3 c\n", 60ms);  // more than three timeouts altogether
  EXPECT_TRUE(connection("door").status());
  std::string_view line;
  ASSERT_TRUE(connection("door").try_readline(line));
  EXPECT_EQ(line, "a");
  // A line that takes longer than the timeout is no life.
  peer->send("D4 ");
  const auto began = std::chrono::steady_clock::now();
  while (connection("door").status() && std::chrono::steady_clock::now() - began < 5s) peer->trickle("x", 50ms);
  const auto took = std::chrono::steady_clock::now() - began;
  EXPECT_GE(took, 300ms);
  EXPECT_LE(took, 1000ms);
}

TEST_F(ServerNetwork, garbage_before_and_after_the_handshake) {
  start();
  auto stranger = connect();
  stranger->send(std::string("\x16\x03\x01\x02\x00\xff\n", 7));
  stranger->expect_end();
  EXPECT_TRUE(logged("neither a protocol-2 greeting nor an expected id"));
  auto peer = open("door");
  peer->send("D1 good\n\x01\x02\x03\n");
  peer->expect("BYE syntax\n");
  peer->expect_end();
  std::string_view line;
  ASSERT_TRUE(connection("door").try_readline(line));
  EXPECT_EQ(line, "good");
}

TEST_F(ServerNetwork, a_line_of_the_maximum_length_and_one_byte_more) {
  start();
  auto peer = open("door");
  const std::string longest(1024, 'x');
  peer->send("D1 " + longest + "\n");
  peer->expect("A1 0\n");
  std::string_view line;
  ASSERT_TRUE(connection("door").try_readline(line));
  EXPECT_EQ(line, longest);
  EXPECT_EQ(connection("door").max_line(), 1024U);
  EXPECT_EQ(connection("door").try_write(longest), WriteStatus::ok);
  EXPECT_EQ(peer->line(), "D1 " + longest);
  EXPECT_EQ(connection("door").try_write(longest + "x"), WriteStatus::too_long);
  peer->send("D2 " + longest + "x\n");
  EXPECT_EQ(peer->line_but_status(), "BYE syntax");
  peer->expect_end();
}

TEST_F(ServerNetwork, two_hundred_silent_connections_while_a_real_client_connects_at_once) {
  ServerOptions few = options();
  few.max_unidentified = 100;
  start(few);
  std::vector<std::unique_ptr<ScriptedPeer>> silent;
  for (int i = 0; i < 200; ++i) silent.push_back(connect());
  const auto began = std::chrono::steady_clock::now();
  auto peer = open("door");
  peer->send("D1 at once\n");
  peer->expect("A1 0\n");
  EXPECT_LT(std::chrono::steady_clock::now() - began, 200ms);
  EXPECT_LE(server->connection_count(), 101U);
  // After one timeout they are gone; the client is not.
  EXPECT_TRUE(pump_until(
      [&] {
        peer->send("A0 1\n");
        return server->connection_count() == 1;
      },
      2s));
  EXPECT_TRUE(connection("door").status());
}

TEST_F(ServerNetwork, silence_is_an_outage_after_one_to_one_and_a_quarter_timeouts) {
  start();
  auto peer = open("door");
  const auto began = std::chrono::steady_clock::now();
  peer->expect_end();
  const auto took = std::chrono::steady_clock::now() - began;
  EXPECT_GE(took, std::chrono::milliseconds(timeout_ms - 20));
  EXPECT_LE(took, std::chrono::milliseconds(timeout_ms * 5 / 4 + 100));
  EXPECT_FALSE(connection("door").status());
}

TEST_F(ServerNetwork, a_peer_that_reads_nothing_is_closed_when_its_socket_is_full_for_one_timeout) {
  ServerOptions big = options();
  big.max_line = 32 * 1024;
  big.outbox_lines = 1024;
  big.outbox_bytes = 64 * 1024 * 1024;
  start(big);
  // A raw socket that is never read: a ScriptedPeer would.
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int small = 4096;
  ::setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(server->port());
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::connect(socket, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
  const auto say = [&](const std::string& text) { ::send(socket, text.data(), text.size(), MSG_NOSIGNAL); };
  say("TL2 door w=1024 n=32768 t=2000\n");
  char hi[128] = {};
  ASSERT_TRUE(pump_until([&] { return ::recv(socket, hi, sizeof hi - 1, MSG_DONTWAIT) > 0; }));
  const std::string generation = std::string(hi).substr(3, std::string(hi).find(' ', 3) - 3);
  say("GO " + generation + " - 0 -\n");
  ASSERT_TRUE(pump_until([&] { return server->find("door").has_value(); }));
  while (connection("door").try_write(std::string(30'000, 'x')) == WriteStatus::ok) {
  }
  const auto began = std::chrono::steady_clock::now();
  EXPECT_TRUE(pump_until([&] {
    if (connection("door").status()) say("A0 0\n");
    pump(20ms);
    return !connection("door").status();
  }));
  const auto took = std::chrono::steady_clock::now() - began;
  EXPECT_GE(took, std::chrono::milliseconds(timeout_ms - 20));
  EXPECT_LE(took, 3s);
  EXPECT_TRUE(logged("took no bytes"));
  ::close(socket);
}

TEST_F(ServerNetwork, out_of_descriptors_it_pauses_and_goes_on) {
  start();
  auto first = open("door");
  rlimit saved{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &saved), 0);
  auto second = connect();  // in the backlog; not accepted yet
  const int next_free = ::dup(0);
  ::close(next_free);
  // UBSan opens a pipe when it sees a class for the first time, which it could not do below.
  EXPECT_NE(std::error_code(EMFILE, std::generic_category()).message(), "");
  rlimit low = saved;
  low.rlim_cur = static_cast<rlim_t>(next_free);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  EXPECT_TRUE(pump_until([&] { return logged("cannot accept a connection"); }));
  first->send("D1 meanwhile\n");
  first->expect("A1 0\n");
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &saved), 0);
  second->open("lamp");
  EXPECT_LE(logs.size(), 20U) << "the log is flooded";
}

// ---- the end

TEST_F(ServerNetwork, close_all_closes_everything_and_stops_listening) {
  start();
  auto peer = open("door");
  auto silent = connect();
  pump(10ms);
  EXPECT_EQ(connection("door").try_write("kept"), WriteStatus::ok);
  server->close_all();
  EXPECT_EQ(server->connection_count(), 0U);
  EXPECT_FALSE(connection("door").status());
  EXPECT_EQ(connection("door").unacknowledged(), 1U);
  peer->expect_end();
  silent->expect_end();
  EXPECT_FALSE(ScriptedPeer(server->port()).connected());
  server->close_all();
}

TEST_F(ServerNetwork, a_stop_of_an_idle_link) {
  start();
  auto peer = open("door");
  std::optional<StopReport> report;
  server->stop([&](std::error_code error, StopReport result) {
    EXPECT_FALSE(error);
    report = result;
  });
  EXPECT_EQ(peer->line(), "A0 0");
  EXPECT_EQ(peer->line(), "BYE closing");
  peer->expect_end();
  EXPECT_FALSE(report);  // it still reads until the peer closes
  peer->close();
  EXPECT_TRUE(pump_until([&] { return report.has_value(); }));
  EXPECT_EQ(report->unacknowledged + report->unread, 0U);
}

TEST_F(ServerNetwork, a_stop_reports_what_is_left_and_takes_at_most_two_timeouts) {
  start();
  auto peer = open("door");
  peer->send("D1 unread\n");
  peer->expect("A1 0\n");
  EXPECT_EQ(connection("door").try_write("never acknowledged"), WriteStatus::ok);
  std::optional<StopReport> report;
  const auto began = std::chrono::steady_clock::now();
  server->stop([&](std::error_code, StopReport result) { report = result; });
  EXPECT_TRUE(pump_until([&] { return report.has_value(); }));
  EXPECT_LE(std::chrono::steady_clock::now() - began, std::chrono::milliseconds(2 * timeout_ms + 200));
  EXPECT_EQ(report->unacknowledged, 1U);
  EXPECT_EQ(report->unread, 1U);
}

TEST_F(ServerNetwork, stop_may_be_called_again_and_with_nobody_there) {
  start();
  for (int i = 0; i < 3; ++i) {
    bool done = false;
    server->stop([&](std::error_code, StopReport) { done = true; });
    EXPECT_TRUE(pump_until([&] { return done; }, 1s)) << i;
  }
}

TEST_F(ServerNetwork, a_stopped_server_leaves_its_executor_without_work) {
  start();
  auto peer = open("door");
  server->stop([](std::error_code, StopReport) {});
  pump(20ms);
  peer->close();
  io.restart();
  EXPECT_NO_FATAL_FAILURE(io.run_for(3s));
  EXPECT_TRUE(io.stopped());
}

TEST_F(ServerNetwork, the_port_is_free_at_once_when_the_server_is_gone) {
  start();
  const std::uint16_t port = server->port();
  auto peer = open("door");
  server.reset();
  ServerOptions same = options();
  same.port = port;
  start(same);
  auto again = open("door");
}

TEST_F(ServerNetwork, on_link_tells_every_change) {
  std::string changes;
  ServerOptions told = options();
  told.on_link = [&](const Connection& link, bool up) {
    changes += (up ? "+" : "-") + std::string(link.id());
    EXPECT_EQ(link.status(), up);
  };
  start(told);
  auto peer = open("door");
  peer->close();
  EXPECT_TRUE(pump_until([&] { return changes == "+door-door"; })) << changes;
}

}  // namespace
}  // namespace tautline::test
