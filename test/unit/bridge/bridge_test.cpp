#include "tautline/bridge/bridge.hpp"

#include <string>

#include <gtest/gtest.h>

#include "bridge_rig.hpp"

namespace tautline::bridge::test {
namespace {

std::string letters(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += static_cast<char>('a' + i % 26);
  return text;
}

// ---- the connection -------------------------------------------------------------------------------

TEST(Bridge, connects_where_the_board_wants) {
  Rig rig;
  rig.port.transport.status = ConnectStatus::resolving;
  rig.link.connect("house", 8123);
  EXPECT_EQ(rig.link.progress(), ConnectStatus::resolving);
  rig.turn();
  EXPECT_EQ(rig.port.transport.host, "house");
  EXPECT_EQ(rig.port.transport.port, 8123);
  rig.port.transport.status = ConnectStatus::connecting;
  rig.turn();
  EXPECT_EQ(rig.link.progress(), ConnectStatus::connecting);
  EXPECT_FALSE(rig.bridge->is_connected());
  rig.port.transport.status = ConnectStatus::connected;
  rig.turn();
  EXPECT_EQ(rig.link.progress(), ConnectStatus::connected);
  EXPECT_TRUE(rig.bridge->is_connected());
}

TEST(Bridge, tells_why_an_attempt_failed) {
  for (const ConnectStatus status : {ConnectStatus::refused, ConnectStatus::unreachable, ConnectStatus::unresolved}) {
    Rig rig;
    rig.port.transport.status = status;
    rig.link.connect("house", 8123);
    rig.turn();
    EXPECT_EQ(rig.link.progress(), status);
  }
}

TEST(Bridge, carries_bytes_both_ways) {
  Rig rig;
  rig.connect();
  EXPECT_EQ(rig.write("to the server"), 13U);
  EXPECT_EQ(rig.port.transport.from_client, "to the server");
  rig.port.transport.to_client = "to the board";
  rig.turn();
  EXPECT_EQ(rig.read(), "to the board");
}

TEST(Bridge, carries_more_bytes_than_all_buffers_together) {
  Rig rig;
  rig.connect();
  const std::string text = letters(20'000);
  rig.port.transport.to_client = text;
  rig.turn();
  EXPECT_EQ(rig.read(20'000), text);
  for (std::size_t at = 0; at < text.size();) at += rig.write(std::string_view(text).substr(at));
  EXPECT_EQ(rig.port.transport.from_client, text);
}

TEST(Bridge, reads_no_more_from_the_server_than_the_board_takes) {
  Rig rig;
  rig.connect();
  rig.port.transport.to_client = letters(20'000);
  rig.turn();
  EXPECT_GE(rig.port.transport.to_client.size(), 20'000U - 1200);
}

TEST(Bridge, lets_the_board_send_what_it_has_room_for) {
  Rig rig;
  rig.connect();
  rig.port.transport.takes = 0;
  std::size_t written = 0;
  for (int writes = 0; writes < 20; ++writes) written += rig.write(letters(100));
  EXPECT_EQ(written, 512U);
  rig.port.transport.takes = 300;
  rig.turn();
  written = 0;
  for (int writes = 0; writes < 20; ++writes) written += rig.write(letters(100));
  EXPECT_EQ(written, 300U);
}

TEST(Bridge, ends_a_connection_that_the_board_sent_too_much_on) {
  Rig rig;
  rig.connect();
  rig.port.transport.takes = 0;
  for (int records = 0; records < 6; ++records) {
    ASSERT_TRUE(RecordWriter::write(rig.ends.board.stream, RecordType::data, "\x01", letters(100)));
    rig.turn();
  }
  EXPECT_EQ(rig.read(), "(closed)");
}

TEST(Bridge, tells_that_the_server_has_closed_after_its_last_bytes) {
  Rig rig;
  rig.connect();
  rig.port.transport.to_client = letters(1500);
  rig.port.transport.fin = true;
  rig.turn();
  EXPECT_EQ(rig.read(), letters(1500) + "(closed)");
  EXPECT_TRUE(rig.link.write("x", 1).closed);
  rig.link.close();
  rig.turn();
  EXPECT_EQ(rig.port.transport.closes, 1);
}

TEST(Bridge, tells_that_the_server_is_gone) {
  Rig rig;
  rig.connect();
  rig.port.transport.rst = true;
  rig.write("anybody?");
  EXPECT_EQ(rig.read(), "(closed)");
}

TEST(Bridge, closes_when_the_board_does_after_its_last_words) {
  Rig rig;
  rig.connect();
  rig.link.write("BYE", 3);
  rig.link.close();
  rig.turn();
  EXPECT_EQ(rig.port.transport.from_client, "BYE");
  EXPECT_FALSE(rig.port.transport.connected);
  EXPECT_FALSE(rig.bridge->is_connected());
}

TEST(Bridge, gives_a_new_connection_nothing_of_the_one_before) {
  Rig rig;
  rig.connect();
  rig.port.transport.to_client = "old";
  rig.turn();
  rig.port.transport.takes = 0;
  rig.link.write("never sent", 10);
  rig.connect();
  EXPECT_EQ(rig.port.transport.from_client, "");
  rig.port.transport.takes = SIZE_MAX;
  rig.port.transport.to_client = "new";
  rig.turn();
  EXPECT_EQ(rig.read(), "new");
  EXPECT_EQ(rig.write(letters(150)), 150U);
  EXPECT_EQ(rig.port.transport.from_client, letters(150));
  EXPECT_EQ(rig.port.transport.connects, 2);
}

TEST(Bridge, tries_the_next_address) {
  Rig rig;
  rig.port.transport.status = ConnectStatus::connecting;
  rig.port.transport.more_addresses = 1;
  rig.link.connect("house", 8123);
  rig.turn();
  EXPECT_TRUE(rig.link.next_address());
  rig.turn();
  EXPECT_EQ(rig.port.transport.more_addresses, 0);
  EXPECT_EQ(rig.link.progress(), ConnectStatus::connecting);
  EXPECT_TRUE(rig.link.next_address());
  rig.turn();
  EXPECT_EQ(rig.link.progress(), ConnectStatus::unreachable);
}

// ---- the network ----------------------------------------------------------------------------------

TEST(Bridge, connects_to_the_network_that_the_board_names_and_tells_how_it_is) {
  Rig rig;
  rig.link.connect_wifi(false);
  rig.turn();
  EXPECT_EQ(rig.port.wifi.calls, std::vector<std::string>{"net/secret"});
  EXPECT_FALSE(rig.link.wifi_is_up());
  rig.port.wifi.up = true;
  rig.turn();
  EXPECT_TRUE(rig.link.wifi_is_up());
  rig.port.wifi.up = false;
  rig.turn();
  EXPECT_FALSE(rig.link.wifi_is_up());
  rig.port.wifi.up = true;
  rig.turn();
  EXPECT_TRUE(rig.link.wifi_is_up());
  EXPECT_EQ(rig.bridge->report().wifi_connects, 2U);
}

TEST(Bridge, uses_the_network_that_it_remembers_if_the_board_prefers_that) {
  Rig rig;
  rig.port.wifi.remembers = true;
  rig.link.connect_wifi(true);
  rig.turn();
  EXPECT_EQ(rig.port.wifi.calls, std::vector<std::string>{"stored"});
}

TEST(Bridge, uses_the_board_s_network_if_it_remembers_none) {
  Rig rig;
  rig.link.connect_wifi(true);
  rig.turn();
  EXPECT_EQ(rig.port.wifi.calls, std::vector<std::string>{"net/secret"});
}

TEST(Bridge, makes_the_network_anew_when_the_board_asks_again) {
  Rig rig;
  rig.link.connect_wifi(false);
  rig.port.wifi.up = true;
  rig.turn();
  rig.link.disconnect_wifi();
  EXPECT_FALSE(rig.link.wifi_is_up());
  rig.turn();
  rig.link.connect_wifi(false);
  rig.turn();
  EXPECT_EQ(rig.port.wifi.calls, (std::vector<std::string>{"net/secret", "disconnect", "net/secret"}));
  // Within one turn only the last wish arrives.
  rig.port.wifi.up = true;
  rig.turn();
  rig.link.disconnect_wifi();
  rig.link.connect_wifi(false);
  rig.turn();
  EXPECT_EQ(rig.port.wifi.calls.size(), 5U);
}

TEST(Bridge, leaves_its_network_as_it_is_when_the_board_restarts) {
  Rig rig;
  rig.link.connect_wifi(false);
  rig.turn();
  rig.port.wifi.up = true;
  rig.turn();
  rig.ends.board.stream.start(99, rig.now());
  rig.turn();
  EXPECT_EQ(rig.port.wifi.calls, std::vector<std::string>{"net/secret"});
  EXPECT_TRUE(rig.link.wifi_is_up());
}

TEST(Bridge, takes_names_of_full_length) {
  const std::string ssid = letters(40);
  const std::string pw = letters(70);
  Rig rig({ssid.c_str(), pw.c_str(), 0});
  rig.link.connect_wifi(false);
  rig.turn();
  EXPECT_EQ(rig.port.wifi.calls, std::vector<std::string>{letters(32) + "/" + letters(64)}) << "cut";
}

// ---- the other end --------------------------------------------------------------------------------

TEST(Bridge, closes_the_connection_when_the_board_falls_silent) {
  Rig rig;
  rig.connect();
  rig.ends.arrives = [](unsigned, const StreamScript&, std::string_view) { return false; };
  rig.pass(5000);
  EXPECT_FALSE(rig.bridge->has_board());
  EXPECT_FALSE(rig.port.transport.connected);
}

TEST(Bridge, closes_the_connection_when_the_board_restarts) {
  Rig rig;
  rig.connect();
  rig.ends.board.stream.start(99, rig.now());
  rig.turn();
  EXPECT_FALSE(rig.port.transport.connected);
  EXPECT_EQ(rig.port.transport.closes, 1);
}

TEST(Bridge, ignores_records_that_make_no_sense) {
  Rig rig;
  ByteStream& board = rig.ends.board.stream;
  for (unsigned type = 0; type < 256; ++type) {
    if (type == 'w' || type == 'D') continue;
    const auto any = static_cast<RecordType>(type);
    RecordWriter::write(board, any, "");
    RecordWriter::write(board, any, "\x01");
    RecordWriter::write(board, any, "\x01\xFFx");
    rig.turn();
  }
  EXPECT_TRUE(rig.port.wifi.calls.empty());
  EXPECT_LE(rig.port.transport.connects, 1) << "a server without a name";
  rig.link.close();
  rig.connect();
  EXPECT_EQ(rig.port.transport.host, "house");
}

TEST(Bridge, sends_nothing_on_that_is_for_another_connection) {
  Rig rig;
  rig.connect();
  RecordWriter::write(rig.ends.board.stream, RecordType::data, "\x07", "for another");
  rig.turn();
  EXPECT_EQ(rig.write("for this one"), 12U);
  EXPECT_EQ(rig.port.transport.from_client, "for this one");
}

TEST(Bridge, opens_nothing_with_a_name_that_is_too_long) {
  Rig rig;
  RecordWriter::write(rig.ends.board.stream, RecordType::open, std::string("\x01\xBB\x1F", 3), letters(129));
  rig.turn();
  EXPECT_EQ(rig.port.transport.connects, 0);
}

// ---- reports, watchdog, deadline ------------------------------------------------------------------

TEST(Bridge, reports_as_often_as_the_board_wants) {
  Rig rig({"net", "secret", 1000}, {.free_bytes = [] { return 4711U; }});
  BridgeReport report;
  rig.connect();
  rig.pass(990);
  EXPECT_FALSE(rig.link.take_report(report));
  rig.pass(20);
  ASSERT_TRUE(rig.link.take_report(report));
  EXPECT_EQ(report.connects, 1U);
  EXPECT_EQ(report.free_bytes, 4711U);
  EXPECT_FALSE(rig.link.take_report(report));
  rig.pass(2000);
  ASSERT_TRUE(rig.link.take_report(report));
  EXPECT_EQ(report.uptime_s, 3U);
}

TEST(Bridge, reports_nothing_that_nobody_wants) {
  Rig rig;
  BridgeReport report;
  rig.pass(3000);
  EXPECT_FALSE(rig.link.take_report(report));
}

TEST(Bridge, says_if_nobody_knows_its_memory) {
  Rig rig({"net", "secret", 100});
  BridgeReport report;
  rig.pass(200);
  ASSERT_TRUE(rig.link.take_report(report));
  EXPECT_EQ(report.free_bytes, 0xFFFFFFFFU);
}

TEST(Bridge, starts_the_watchdog_with_the_first_session_and_feeds_it_as_long_as_time_passes) {
  Rig rig({"net", "secret", 0}, {.wdog = true});
  EXPECT_EQ(rig.port.watchdog.starts, 1);
  EXPECT_EQ(rig.port.watchdog.timeout_ms, watchdog_ms);
  const int fed = rig.port.watchdog.feeds;
  rig.bridge->poll(rig.now());
  EXPECT_EQ(rig.port.watchdog.feeds, fed);
  rig.bridge->poll(rig.now() + 1);
  EXPECT_EQ(rig.port.watchdog.feeds, fed + 1);
  rig.ends.board.stream.start(99, rig.now());
  rig.turn();
  EXPECT_EQ(rig.port.watchdog.starts, 1);
}

TEST(Bridge, has_no_watchdog_unless_asked) {
  Rig rig;
  EXPECT_EQ(rig.port.watchdog.starts + rig.port.watchdog.feeds, 0);
}

TEST(Bridge, looks_again_soon_while_it_waits_for_network_or_server) {
  Rig rig;
  const auto wait = [&] { return static_cast<std::int32_t>(rig.deadline - rig.now()); };
  rig.pass(30);
  EXPECT_GT(wait(), 500);
  rig.port.transport.status = ConnectStatus::connecting;
  rig.link.connect("house", 8123);
  rig.turn();
  EXPECT_LE(wait(), 10);
  rig.port.transport.status = ConnectStatus::connected;
  rig.turn();
  rig.pass(30);
  EXPECT_GT(wait(), 500);
  rig.link.connect_wifi(false);
  rig.turn();
  EXPECT_LE(wait(), 10);
}

}  // namespace
}  // namespace tautline::bridge::test
