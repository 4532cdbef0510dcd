// Our client with an existing server of protocol 1.

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <asio/io_context.hpp>
#include <gtest/gtest.h>

#include "client_posix/scripted_server.hpp"
#include "numbered.hpp"
#include "server_1.hpp"
#include "tautline/posix/async_client.hpp"

namespace tautline::test {
namespace {

class InteropClient : public ::testing::Test {
 public:
  static constexpr std::int64_t timeout_ms = 300;
  static constexpr int patience_ms = 30'000;

  void start_client(std::uint16_t port, std::uint32_t client_timeout_ms = timeout_ms) {
    posix::AsyncClientConfig config;
    config.my_id = "door";
    config.server = "127.0.0.1";
    config.port = port;
    config.timeout_ms = client_timeout_ms;
    config.protocol = Dialect::protocol_1;
    client = std::make_unique<posix::AsyncClient>(io.get_executor(), config);
  }
  void write(const std::string& text, bool qos = true) {
    EXPECT_EQ(client->try_write(text, qos).status, WriteStatus::ok);
  }

  void pump() {
    io.restart();
    io.run_for(std::chrono::milliseconds(1));
    if (server) server->step(now_ms());
    std::string_view line;
    while (client->try_readline(line)) received.emplace_back(line);
  }
  template <typename Condition>
  bool pump_until(Condition condition, int limit_ms = patience_ms) {
    const std::int64_t limit = now_ms() + limit_ms;
    while (!condition()) {
      if (now_ms() >= limit) return false;
      pump();
    }
    return true;
  }
  void pump_for(std::int64_t ms) {
    const std::int64_t end = now_ms() + ms;
    pump_until([&] { return now_ms() >= end; });
  }

  /// The client, and a server whose first messages are acknowledged in both directions.
  void open(std::size_t most_in_flight, std::int64_t server_timeout_ms = timeout_ms) {
    server = std::make_unique<Server1>(server_timeout_ms, most_in_flight);
    start_client(server->port());
    write(numbered("client", 0));
    server->talk().write(numbered("server", 0));
    ASSERT_TRUE(pump_until([&] { return client->unacknowledged() == 0 && server->talk().unacknowledged() == 0; }));
  }
  void expect_all_arrives(unsigned from_client, unsigned from_server) {
    EXPECT_TRUE(pump_until([&] { return client->unacknowledged() == 0 && server->talk().unacknowledged() == 0; }));
    pump_for(2 * timeout_ms);  // time for what should not come
    expect_all_once_in_order("client", from_client, server->talk().received);
    expect_all_once_in_order("server", from_server, received);
  }

  asio::io_context io{1};
  std::unique_ptr<Server1> server;
  std::unique_ptr<posix::AsyncClient> client;
  std::vector<std::string> received;  ///< by the client's application
};

TEST_F(InteropClient, a_session_byte_for_byte) {
  ScriptedServer script;
  start_client(script.port(), 20'000);  // a keepalive only every 5 s: none in between
  std::string all;
  const auto hears = [&](const std::string& bytes) {
    const bool heard = pump_until([&] { return script.heard().size() >= bytes.size(); });
    EXPECT_TRUE(heard);
    const std::string said = script.heard();
    EXPECT_EQ(said, bytes);
    EXPECT_TRUE(script.hears(said));
  };
  write("temp 21.5");
  write("temp 21.6");
  write("temp 21.7");
  hears("door\n");
  pump_for(100);
  hears("");  // nothing that could share a segment with the id
  script.say("\n");
  hears("00temp 21.5\n");  // the first message goes alone
  script.say("00\n");
  hears("01temp 21.6\n02temp 21.7\n");
  script.say("00light on\n");
  hears("00\n");
  script.say("01light off\n01light off\n");  // again: acknowledged, not delivered
  hears("01\n");
  script.say("01\n02\n");
  write("temp 21.8", false);
  hears("03temp 21.8\n");
  script.say("02on\n03off\n");
  hears("02\n03\n");
  pump_for(50);
  hears("");
  EXPECT_EQ(client->unacknowledged(), 1U);  // without qos, and not acknowledged yet
  EXPECT_EQ(received, (std::vector<std::string>{"light on", "light off", "on", "off"}));
}

class InteropClientOutages : public InteropClient, public ::testing::WithParamInterface<std::size_t> {};

// Cut connections and half-open ones, at random, while lines flow both ways: more than two rounds of numbers. The
// server accepts five connections a second, and none while the old one seems alive.
TEST_P(InteropClientOutages, lose_and_double_nothing) {
  Dice dice("*lose_and_double_nothing*");
  open(GetParam());
  unsigned from_client = 1, from_server = 1, outages = 0;
  constexpr unsigned most_lines = 5000, wanted_outages = 6;
  std::size_t next_outage_at = 100;
  const bool done = pump_until([&] {
    if (client->unacknowledged() < 40) write(numbered("client", from_client++));
    if (server->talk().unacknowledged() < 40) server->talk().write(numbered("server", from_server++));
    const std::size_t arrived = std::min(received.size(), server->talk().received.size());
    if (server->is_up() && arrived >= next_outage_at && outages < wanted_outages) {
      next_outage_at += 80 + dice.below(60);
      ++outages;
      if (dice.below(2) == 0) {
        server->cut();
      } else {
        server->vanish();
      }
    }
    return from_client >= most_lines || (outages == wanted_outages && server->is_up() && client->status());
  });
  EXPECT_TRUE(done) << outages << " outages, " << from_client << " and " << from_server << " lines";
  expect_all_arrives(from_client, from_server);
  EXPECT_GE(client->connects(), wanted_outages + 1);
  EXPECT_GT(std::min(from_client, from_server), 2U * 255) << "two rounds of numbers";
  EXPECT_EQ(server->dropped_bytes(), 0U) << "the client said more than its id before the server spoke";
  std::printf("%u lines to the server, %u to the client, %u connections, %u refused\n", from_client, from_server,
              client->connects(), server->refused());
}

INSTANTIATE_TEST_SUITE_P(InFlight, InteropClientOutages, ::testing::Values(1, 8), ::testing::PrintToStringParamName());

TEST_F(InteropClient, a_server_that_refuses_while_the_old_connection_seems_alive_is_tried_until_it_accepts) {
  open(1, 4 * timeout_ms);
  server->vanish();
  // The client's side ends at once, the server does not see it.
  client->close();
  start_client(server->port());
  write("of the new process");
  EXPECT_TRUE(pump_until([&] { return client->unacknowledged() == 0; }));
  EXPECT_EQ(server->talk().received, (std::vector<std::string>{numbered("client", 0), "of the new process"}));
  EXPECT_GE(server->refused(), 1U);
}

// The map of an existing server takes new lines for old ones after a lost burst of lines without qos. The client keeps
// to numbers that this cannot happen to.
TEST_F(InteropClient, a_lost_burst_of_lines_without_qos_swallows_no_later_line) {
  open(1);
  unsigned from_client = 1;
  for (int round = 0; round < 4; ++round) {
    for (int i = 0; i < 60; ++i) {
      EXPECT_TRUE(pump_until([&] { return client->unacknowledged() < 20; }));
      write(numbered("client", from_client++));
    }
    EXPECT_TRUE(pump_until([&] { return client->unacknowledged() == 0; }));
    server->vanish();
    for (int i = 0; i < 20; ++i) {
      if (client->status()) client->try_write("plain", false);
      pump();
    }
    EXPECT_TRUE(pump_until([&] { return !client->status(); }));
    EXPECT_TRUE(pump_until([&] { return client->status(); }));
  }
  EXPECT_TRUE(pump_until([&] { return client->unacknowledged() == 0; }));
  std::vector<std::string> with_qos;
  for (const std::string& line : server->talk().received) {
    if (line != "plain") with_qos.push_back(line);
  }
  expect_all_once_in_order("client", from_client, with_qos);
}

TEST_F(InteropClient, a_server_that_was_restarted_is_heard_from_its_first_line_on) {
  open(4);
  unsigned from_server = 1;
  std::vector<std::string> at_servers;
  for (int life = 0; life < 3; ++life) {
    for (int i = 0; i < 50; ++i) {
      write(numbered("client", static_cast<unsigned>(life * 50 + i + 1)));
      server->talk().write(numbered("server", from_server++));
      EXPECT_TRUE(pump_until([&] { return client->unacknowledged() < 20; }));
    }
    EXPECT_TRUE(pump_until([&] { return client->unacknowledged() == 0 && server->talk().unacknowledged() == 0; }));
    const auto& lines = server->talk().received;
    at_servers.insert(at_servers.end(), lines.begin(), lines.end());
    server->restart();
  }
  EXPECT_TRUE(pump_until([&] { return server->is_up() && client->status(); }));
  expect_all_once_in_order("client", 151, at_servers);
  expect_all_once_in_order("server", from_server, received);
}

// ---- what protocol 1 cannot give: docs/protocol-1.md

TEST_F(InteropClient, limit_the_first_line_to_a_server_is_doubled_there_if_its_acknowledgement_is_lost) {
  ScriptedServer script;
  start_client(script.port());
  write("temp 21.5");
  Talk1 original(timeout_ms, 1);
  for (int connection = 0; connection < 2; ++connection) {
    EXPECT_TRUE(pump_until([&] { return script.hears("door\n"); }));
    script.say("\n");
    EXPECT_TRUE(pump_until([&] { return script.heard() == "00temp 21.5\n"; }));
    EXPECT_EQ(original.hear("00temp 21.5"), "00\n");
    script.reset();  // the acknowledgement does not arrive
    EXPECT_TRUE(pump_until([&] { return !client->status(); }));
  }
  EXPECT_EQ(original.received, (std::vector<std::string>{"temp 21.5", "temp 21.5"}));
}

TEST_F(InteropClient, limit_a_restart_of_the_server_during_an_outage_doubles_what_was_not_heard_acknowledged) {
  open(1);
  server->go_mute();
  write(numbered("client", 1));
  EXPECT_TRUE(pump_until([&] { return server->talk().received.size() == 2; }));
  std::vector<std::string> at_servers = server->talk().received;
  server->restart();
  EXPECT_TRUE(pump_until([&] { return client->unacknowledged() == 0; }));
  const auto& second = server->talk().received;
  at_servers.insert(at_servers.end(), second.begin(), second.end());
  EXPECT_EQ(at_servers,
            (std::vector<std::string>{numbered("client", 0), numbered("client", 1), numbered("client", 1)}));
}

}  // namespace
}  // namespace tautline::test
