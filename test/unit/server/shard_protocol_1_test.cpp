// Existing devices: protocol 1 through the shard, and the ways between the two protocols.

#include <string>

#include <gtest/gtest.h>

#include "shard_script.hpp"

namespace tautline::test {
namespace {

using Host = ShardScript;

constexpr WriteOptions plain{.qos = false, .wait = false};

/// A device that is up: its id is said, its first keepalive heard, and it has "got out of bed".
int open_1(Host& host, const std::string& client = "door") {
  const int peer = host.connect();
  host.send(peer, client + "\n");
  EXPECT_EQ(host.take(peer), "\n");
  host.send(peer, "\n");
  host.advance(200);
  host.take(peer);
  return peer;
}

std::string message(int number, const std::string& text) {
  constexpr char digits[] = "0123456789abcdef";
  return std::string{digits[(number >> 4) & 15], digits[number & 15]} + text + "\n";
}

TEST(ShardProtocol1, an_expected_id_is_answered_with_a_keepalive_at_once) {
  Host host;
  const int peer = host.connect();
  host.send(peer, "door\n");
  EXPECT_EQ(host.take(peer), "\n");
  EXPECT_EQ(host.changes, "+door");
  EXPECT_EQ(host.link("door").protocol, 1);
}

TEST(ShardProtocol1, an_unexpected_id_is_closed_without_a_word_and_logged) {
  for (const bool admit : {false, true}) {
    ShardOptions options = Host::small_options();
    options.admit_unexpected = admit;  // protocol 1 has no greeting: any line of a stranger would be an id
    Host host(options);
    const int peer = host.connect();
    host.send(peer, "window\n");
    EXPECT_TRUE(host.is_closed(peer));
    EXPECT_EQ(host.take(peer), "");
    EXPECT_TRUE(host.logged("'window'")) << host.log_text();
  }
}

TEST(ShardProtocol1, bytes_behind_the_id_are_kept) {
  Host host;
  const int peer = host.connect();
  host.send(peer, "door\n00first\n01sec");
  EXPECT_EQ(host.take(peer), "00\n\n");
  host.send(peer, "ond\n");
  EXPECT_EQ(host.take(peer), "01\n");
  EXPECT_EQ(host.read("door"), "first");
  EXPECT_EQ(host.read("door"), "second");
}

TEST(ShardProtocol1, messages_wait_until_the_device_is_out_of_bed) {
  Host host;
  const int peer = host.connect();
  host.send(peer, "door\n");
  host.take(peer);
  host.write("door", "hello");
  host.advance(240);
  EXPECT_EQ(host.take(peer), "");
  host.send(peer, "\n");
  host.advance(199);
  EXPECT_EQ(host.take(peer).find("hello"), std::string::npos);
  host.advance(1);
  EXPECT_EQ(host.take(peer), "00hello\n");
  host.send(peer, "00\n");
  EXPECT_TRUE(host.link("door").outbox.empty());
}

TEST(ShardProtocol1, a_duplicate_is_acknowledged_again_and_delivered_once) {
  Host host;
  const int peer = open_1(host);
  host.send(peer, "00a\n");
  host.send(peer, "01b\n");
  host.take(peer);
  host.send(peer, "01b\n");
  EXPECT_EQ(host.take(peer), "01\n");
  EXPECT_EQ(host.read("door"), "a");
  EXPECT_EQ(host.read("door"), "b");
  EXPECT_FALSE(host.read("door"));
}

TEST(ShardProtocol1, an_unacknowledged_line_is_sent_again_after_an_outage_with_its_number) {
  Host host;
  const int peer = open_1(host);
  host.write("door", "first");
  EXPECT_EQ(host.take(peer), "00first\n");
  host.send(peer, "00\n");
  host.write("door", "second");
  EXPECT_EQ(host.take(peer), "01second\n");
  host.reset(peer);
  const int again = open_1(host);
  EXPECT_EQ(host.link("door").outbox.size(), 1U);
  host.advance(Host::timeout_ms / 2);
  host.send(again, "\n");
  host.send(again, "01\n");
  EXPECT_TRUE(host.link("door").outbox.empty());
}

TEST(ShardProtocol1, the_newest_connection_wins) {
  Host host;
  const int old = open_1(host);
  const int young = open_1(host);
  EXPECT_TRUE(host.is_closed(old));
  EXPECT_EQ(host.take(old), "");
  EXPECT_EQ(host.changes, "+door-door(superseded)+door");
  host.send(young, "00a\n");
  EXPECT_EQ(host.take(young), "00\n");
  EXPECT_EQ(host.read("door"), "a");
}

TEST(ShardProtocol1, lines_that_this_protocol_cannot_carry_are_refused) {
  Host host;
  open_1(host);
  EXPECT_EQ(host.write("door", "").status, WriteStatus::empty);
  EXPECT_EQ(host.write("door", "\n").status, WriteStatus::empty);
  EXPECT_EQ(host.write("door", "\xff").status, WriteStatus::not_utf8);
  EXPECT_EQ(host.write("door", std::string(65, 'x')).status, WriteStatus::too_long);
}

TEST(ShardProtocol1, a_full_inbox_stops_the_reading_and_nothing_is_lost) {
  Host host;
  const int peer = open_1(host);
  std::string burst;
  for (int i = 0; i < 20; ++i) burst += message(i, "line " + std::to_string(i));
  host.send(peer, burst);
  EXPECT_EQ(host.link("door").inbox.size(), 8U);
  std::string acks = host.take(peer);
  EXPECT_EQ(acks.find("08\n"), std::string::npos) << acks;
  // More comes meanwhile, and stays in the socket; silence is not judged, keepalives go on.
  host.send(peer, message(20, "line 20"));
  EXPECT_FALSE(host.socket(peer).unread.empty());
  host.advance(5 * Host::timeout_ms);
  EXPECT_FALSE(host.is_closed(peer)) << host.log_text();
  EXPECT_NE(host.take(peer), "");
  for (int i = 0; i <= 20; ++i) EXPECT_EQ(host.read("door"), "line " + std::to_string(i));
  EXPECT_FALSE(host.read("door"));
  acks = host.take(peer);
  EXPECT_NE(acks.find("14\n"), std::string::npos) << acks;
}

TEST(ShardProtocol1, a_reader_is_told_of_the_lines_that_waited_for_room) {
  Host host;
  const int peer = open_1(host);
  std::string burst;
  for (int i = 0; i < 12; ++i) burst += message(i, "x");
  host.send(peer, burst);
  host.arrivals = 0;
  for (int i = 0; i < 8; ++i) EXPECT_TRUE(host.read("door"));
  EXPECT_GT(host.arrivals, 0U);
  for (int i = 8; i < 12; ++i) EXPECT_TRUE(host.read("door"));
}

TEST(ShardProtocol1, a_peer_that_ends_while_it_is_not_read_is_noticed_when_its_lines_are_taken) {
  Host host;
  const int peer = open_1(host);
  std::string burst;
  for (int i = 0; i < 10; ++i) burst += message(i, "x");
  host.send(peer, burst);
  host.send(peer, message(10, "last"));
  host.end(peer);
  EXPECT_FALSE(host.is_closed(peer));
  while (host.read("door")) {
  }
  EXPECT_TRUE(host.is_closed(peer));
  EXPECT_EQ(host.link("door").connects, 1U);
}

TEST(ShardProtocol1, a_full_inbox_survives_a_reconnect) {
  Host host;
  const int peer = open_1(host);
  std::string burst;
  for (int i = 0; i < 10; ++i) burst += message(i, "line " + std::to_string(i));
  host.send(peer, burst);
  host.reset(peer);
  const int again = host.connect();
  host.send(again, "door\n\n" + message(8, "line 8") + message(9, "line 9"));
  for (int i = 0; i < 10; ++i) EXPECT_EQ(host.read("door"), "line " + std::to_string(i));
  EXPECT_FALSE(host.read("door"));
}

TEST(ShardProtocol1, a_plain_line_needs_a_link_and_is_sent_once) {
  Host host;
  EXPECT_EQ(host.write("door", "x", plain).status, WriteStatus::would_block);
  const int peer = open_1(host);
  host.write("door", "first");
  host.send(peer, "00\n");
  host.take(peer);
  EXPECT_EQ(host.write("door", "now", plain).status, WriteStatus::ok);
  EXPECT_EQ(host.take(peer), "01now\n");
  host.reset(peer);
  const int again = open_1(host);
  host.advance(300);
  EXPECT_EQ(host.take(again).find("now"), std::string::npos);
}

TEST(ShardProtocol1, a_line_of_the_maximum_length_arrives_and_one_byte_more_ends_the_connection) {
  Host host;
  const int peer = open_1(host);
  host.send(peer, "00" + std::string(64, 'x') + "\n");
  EXPECT_EQ(host.read("door"), std::string(64, 'x'));
  host.take(peer);
  host.send(peer, "01" + std::string(65, 'x') + "\n");
  EXPECT_TRUE(host.is_closed(peer));
  EXPECT_EQ(host.take(peer), "");  // nothing but protocol 1 ever goes to such a peer
  EXPECT_TRUE(host.logged("max_line")) << host.log_text();
}

TEST(ShardProtocol1, garbage_closes_without_a_word_and_keeps_what_came_before) {
  for (const std::string garbage : {"zz", "0", "0X12", "\xff\xfe"}) {
    Host host;
    const int peer = open_1(host);
    host.arrivals = 0;
    host.send(peer, "00good\n" + garbage + "\n");
    EXPECT_TRUE(host.is_closed(peer)) << garbage;
    EXPECT_EQ(host.take(peer).find("BYE"), std::string::npos);
    EXPECT_EQ(host.arrivals, 1U) << garbage;
    EXPECT_EQ(host.read("door"), "good");
  }
}

TEST(ShardProtocol1, silence_ends_the_link) {
  Host host;
  const int peer = open_1(host);
  host.advance(Host::timeout_ms - 201);
  EXPECT_FALSE(host.is_closed(peer));
  host.advance(Host::timeout_ms / 4);
  EXPECT_TRUE(host.is_closed(peer));
  EXPECT_EQ(host.changes, "+door-door(silent)");
}

// ---- from one protocol to the other

TEST(ShardProtocol1, a_client_of_protocol_2_is_not_served_as_protocol_1) {
  Host host;
  const int peer = host.open("door");
  host.reset(peer);
  const int old = host.connect();
  host.send(old, "door\n");
  EXPECT_TRUE(host.is_closed(old));
  EXPECT_EQ(host.take(old), "");
  EXPECT_TRUE(host.logged("allow_protocol_1")) << host.log_text();
}

TEST(ShardProtocol1, unless_the_operator_allows_it) {
  ShardOptions options = Host::small_options();
  options.allow_protocol_1 = {"door"};
  Host host(options);
  const int peer = host.open("door");
  host.write("door", "queued");
  host.reset(peer);
  const int old = open_1(host);
  EXPECT_FALSE(host.is_closed(old));
  EXPECT_EQ(host.link("door").protocol, 1);
  host.send(old, "00a\n");
  EXPECT_EQ(host.read("door"), "a");
  host.advance(250);
  host.send(old, "00\n");
  EXPECT_TRUE(host.link("door").outbox.empty());
}

TEST(ShardProtocol1, a_device_that_learns_protocol_2_gets_the_lines_that_wait_for_it) {
  Host host;
  const int old = open_1(host);
  host.write("door", "first");
  host.send(old, "00\n");
  host.write("door", "second");
  host.reset(old);
  host.write("door", "third");
  const int peer = host.connect();
  host.send(peer, "TL2 door w=4 n=64 t=1000\n");
  host.take(peer);
  host.send(peer, "GO 101 - 0 -\n");
  EXPECT_EQ(host.take(peer), "GO 101 0 1\nD2 second\nD3 third\n");
  EXPECT_EQ(host.link("door").protocol, 2);
  host.send(peer, "A3 0\n");
  EXPECT_TRUE(host.link("door").outbox.empty());
}

TEST(ShardProtocol1, a_GO_takes_a_live_protocol_1_connection_over) {
  Host host;
  const int old = open_1(host);
  const int peer = host.open("door");
  EXPECT_TRUE(host.is_closed(old));
  EXPECT_EQ(host.take(old), "");
  host.send(peer, "D1 a\n");
  EXPECT_EQ(host.take(peer), "A1 0\n");
  EXPECT_EQ(host.read("door"), "a");
}

TEST(ShardProtocol1, neither_a_hello_nor_a_bad_GO_disturbs_a_live_protocol_1_connection) {
  for (const std::string bad : {"", "GO 77 - 0 -\n", "GO nonsense\n", "GO 101 9 0 -\n"}) {
    Host host;
    const int old = open_1(host);
    host.send(old, "00a\n");
    host.take(old);
    const int peer = host.connect();
    host.send(peer, "TL2 door\n" + bad);
    EXPECT_FALSE(host.is_closed(old)) << bad;
    host.send(old, "00a\n01b\n");
    EXPECT_EQ(host.take(old), "00\n01\n") << bad;
    EXPECT_EQ(host.read("door"), "a");
    EXPECT_EQ(host.read("door"), "b");
    EXPECT_FALSE(host.read("door")) << bad;
  }
}

}  // namespace
}  // namespace tautline::test
