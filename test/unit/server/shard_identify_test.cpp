// Who is it? What a connection may say before its link is up, and what happens to those that don't.

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "shard_script.hpp"

namespace tautline::test {
namespace {

using Host = ShardScript;

ShardOptions changed(void (*change)(ShardOptions&)) {
  ShardOptions options = Host::small_options();
  change(options);
  return options;
}

// ---- options

TEST(ShardOptions, good_ones_have_no_problem) {
  EXPECT_EQ(check_options(ShardOptions{}), "");
  EXPECT_EQ(check_options(Host::small_options()), "");
}

TEST(ShardOptions, each_bad_one_is_named) {
  const std::vector<std::pair<void (*)(ShardOptions&), std::string>> cases = {
      {[](ShardOptions& o) { o.receive.window = 0; }, "window"},
      {[](ShardOptions& o) { o.receive.window = 1025; }, "window"},
      {[](ShardOptions& o) { o.receive.max_payload = 31; }, "max_line"},
      {[](ShardOptions& o) { o.receive.max_payload = 40'000; }, "max_line"},
      {[](ShardOptions& o) { o.receive.timeout_ms = 39; }, "timeout"},
      {[](ShardOptions& o) { o.inbox_lines = 7; }, "inbox_lines"},
      {[](ShardOptions& o) { o.outbox_lines = 0; }, "outbox"},
      {[](ShardOptions& o) { o.outbox_bytes = 63; }, "outbox"},
      {[](ShardOptions& o) { o.expected = {"two words"}; }, "two words"},
      {[](ShardOptions& o) { o.expected = {""}; }, "''"},
      {[](ShardOptions& o) { o.expected = {"TL2"}; }, "greeting"},
      {[](ShardOptions& o) { o.max_unidentified = 0; }, "max_unidentified"},
      {[](ShardOptions& o) { o.max_connections = 0; }, "max_connections"},
      {[](ShardOptions& o) { o.max_links = 0; }, "max_links"},
  };
  for (const auto& [change, word] : cases) {
    const std::string problem = check_options(changed(change));
    EXPECT_NE(problem.find(word), std::string::npos) << "for " << word << ": " << problem;
  }
}

// ---- protocol 2

TEST(ShardIdentify, a_hello_is_answered_with_the_next_generation_and_the_sid) {
  Host host;
  const int peer = host.connect();
  EXPECT_EQ(host.take(peer), "");  // the server never speaks first
  host.send(peer, "TL2 door w=1 n=128\n");
  EXPECT_EQ(host.take(peer), "HI 101 7001 w=4 n=64 t=1000\n");
}

TEST(ShardIdentify, blank_lines_may_come_first) {
  Host host;
  const int peer = host.connect();
  host.send(peer, "\n\r\n\n");
  EXPECT_EQ(host.take(peer), "");
  host.send(peer, "\nTL2 door\r\n");
  EXPECT_EQ(host.take(peer), "HI 101 7001 w=4 n=64 t=1000\n");
}

TEST(ShardIdentify, a_hello_in_single_bytes) {
  Host host;
  const int peer = host.connect();
  for (const char c : std::string("TL2 door\n")) host.send(peer, std::string(1, c));
  EXPECT_EQ(host.take(peer), "HI 101 7001 w=4 n=64 t=1000\n");
  for (const char c : std::string("GO 101 - 0 -\n")) host.send(peer, std::string(1, c));
  EXPECT_EQ(host.take(peer), "GO 101 0 0\n");
  EXPECT_EQ(host.changes, "+door");
}

TEST(ShardIdentify, an_unexpected_id_is_told_so_and_logged) {
  Host host;
  const int peer = host.connect();
  host.send(peer, "TL2 window\n");
  EXPECT_EQ(host.take(peer), "BYE id\n");
  EXPECT_TRUE(host.is_ended(peer));
  EXPECT_FALSE(host.is_closed(peer));  // until the peer has read it
  host.end(peer);
  EXPECT_TRUE(host.is_closed(peer));
  EXPECT_TRUE(host.logged("'window'")) << host.log_text();
  EXPECT_EQ(host.shard.link_count(), 0U);
}

TEST(ShardIdentify, a_refused_peer_that_does_not_close_is_closed_after_one_timeout) {
  Host host;
  const int peer = host.connect();
  host.send(peer, "TL2 window\n");
  host.advance(Host::timeout_ms);
  EXPECT_TRUE(host.is_closed(peer));
}

TEST(ShardIdentify, unexpected_ids_may_be_admitted) {
  Host host(changed([](ShardOptions& o) { o.admit_unexpected = true; }));
  const int peer = host.open("window");
  host.send(peer, "D1 a\n");
  EXPECT_EQ(host.take(peer), "A1 0\n");
}

TEST(ShardIdentify, an_id_that_looks_like_a_greeting_is_refused_as_an_id) {
  Host host(changed([](ShardOptions& o) { o.admit_unexpected = true; }));
  const int peer = host.connect();
  host.send(peer, "TL2 TL3\n");
  EXPECT_EQ(host.take(peer), "BYE id\n");
}

TEST(ShardIdentify, another_version_and_a_broken_hello_are_told_the_version) {
  for (const std::string hello :
       {"TL9 door", "TL2", "TL2 ", "TL2 door  w=1", "TL2 door w", "TL2 two words!", "TL20 door"}) {
    Host host;
    const int peer = host.connect();
    host.send(peer, hello + "\n");
    EXPECT_EQ(host.take(peer), "BYE version\n") << hello;
    EXPECT_TRUE(host.is_ended(peer));
    EXPECT_TRUE(host.logged("refused")) << host.log_text();
  }
}

TEST(ShardIdentify, a_first_line_that_is_too_long_closes_without_an_answer) {
  Host host;
  const int with_end = host.connect();
  host.send(with_end, std::string(129, 'x') + "\n");
  EXPECT_TRUE(host.is_closed(with_end));
  const int without_end = host.connect();
  host.send(without_end, std::string(100, 'x'));
  EXPECT_FALSE(host.is_closed(without_end));
  host.send(without_end, std::string(29, 'x'));
  EXPECT_TRUE(host.is_closed(without_end));
  EXPECT_EQ(host.take(with_end) + host.take(without_end), "");
}

TEST(ShardIdentify, a_first_line_of_the_longest_length_is_read) {
  Host host;
  const int peer = host.connect();
  std::string hello = "TL2 door ";
  hello += "future=" + std::string(128 - hello.size() - 7, 'x');
  ASSERT_EQ(hello.size(), 128U);
  host.send(peer, hello + "\n");
  EXPECT_EQ(host.take(peer).substr(0, 2), "HI");
}

TEST(ShardIdentify, garbage_is_closed_and_logged_in_printable_form) {
  Host host;
  const int peer = host.connect();
  host.send(peer, std::string("\x01\xff\0GET / HTTP/1.1\r\n\r\n", 21));
  EXPECT_TRUE(host.is_closed(peer));
  EXPECT_EQ(host.take(peer), "");
  EXPECT_TRUE(host.logged("???GET / HTTP/1.1?")) << host.log_text();
}

TEST(ShardIdentify, one_timeout_to_say_who_it_is_not_prolonged_by_blank_lines) {
  Host host;
  const int peer = host.connect();
  for (int i = 0; i < 9; ++i) {
    host.advance(100);
    host.send(peer, "\n");
  }
  host.advance(99);
  EXPECT_FALSE(host.is_closed(peer));
  host.advance(1);
  EXPECT_TRUE(host.is_closed(peer));
  EXPECT_TRUE(host.logged("did not say who it is")) << host.log_text();
}

TEST(ShardIdentify, one_timeout_for_the_whole_handshake) {
  Host host;
  const int peer = host.connect();
  host.advance(900);
  host.send(peer, "TL2 door\n");
  EXPECT_NE(host.take(peer), "");
  host.advance(99);
  EXPECT_FALSE(host.is_closed(peer));
  host.advance(1);
  EXPECT_TRUE(host.is_closed(peer));
  EXPECT_EQ(host.changes, "");
}

TEST(ShardIdentify, before_GO_only_blank_lines_BYE_and_GO_are_allowed) {
  Host host;
  const int peer = host.connect();
  host.send(peer, "TL2 door\n\n\r\n");
  host.take(peer);
  host.send(peer, "D1 early\n");
  EXPECT_EQ(host.take(peer), "BYE syntax\n");
  const int other = host.connect();
  host.send(other, "TL2 door\nBYE closing\n");
  EXPECT_TRUE(host.is_closed(other));
  EXPECT_FALSE(host.read("door"));
}

TEST(ShardIdentify, a_hello_on_an_open_connection_is_a_syntax_error) {
  Host host;
  const int peer = host.open("door");
  host.send(peer, "TL2 door\n");
  EXPECT_EQ(host.take(peer), "BYE syntax\n");
  EXPECT_EQ(host.changes, "+door-door(syntax)");
}

// ---- limits

TEST(ShardIdentify, the_oldest_unidentified_connection_makes_room) {
  Host host(changed([](ShardOptions& o) { o.max_unidentified = 3; }));
  const int open = host.open("door");
  const int first = host.connect(), second = host.connect(), third = host.connect();
  host.end(second);  // gives its place up
  const int fourth = host.connect();
  EXPECT_FALSE(host.is_closed(first));
  const int fifth = host.connect();
  EXPECT_TRUE(host.is_closed(first));
  EXPECT_FALSE(host.is_closed(third) || host.is_closed(fourth) || host.is_closed(fifth) || host.is_closed(open));
  EXPECT_TRUE(host.logged("max_unidentified")) << host.log_text();
}

TEST(ShardIdentify, many_silent_connections_keep_no_client_out) {
  Host host(changed([](ShardOptions& o) { o.max_unidentified = 10; }));
  for (int i = 0; i < 200; ++i) host.connect();
  EXPECT_EQ(host.open_sockets(), 10U);
  const int peer = host.open("door");
  for (int i = 0; i < 200; ++i) host.connect();
  host.send(peer, "D1 a\n");
  EXPECT_EQ(host.take(peer), "A1 0\n");
}

TEST(ShardIdentify, max_connections_refuses_without_a_word) {
  Host host(changed([](ShardOptions& o) { o.max_connections = 1; }));
  const int peer = host.open("door");
  const int refused = host.connect();
  EXPECT_TRUE(host.is_closed(refused));
  EXPECT_EQ(host.take(refused), "");
  host.end(peer);
  const int next = host.connect();
  EXPECT_FALSE(host.is_closed(next));
}

TEST(ShardIdentify, max_links_is_told_as_busy) {
  Host host(changed([](ShardOptions& o) {
    o.admit_unexpected = true;
    o.max_links = 1;
  }));
  host.open("door");
  const int peer = host.connect();
  host.send(peer, "TL2 another\n");
  EXPECT_EQ(host.take(peer), "BYE busy\n");
  EXPECT_TRUE(host.logged("max_links")) << host.log_text();
}

TEST(ShardIdentify, hellos_with_made_up_ids_use_up_no_records) {
  Host host(changed([](ShardOptions& o) {
    o.admit_unexpected = true;
    o.max_links = 2;
  }));
  for (int i = 0; i < 10; ++i) {
    const int flood = host.connect();
    host.send(flood, "TL2 made-up-" + std::to_string(i) + "\n");
    EXPECT_EQ(host.take(flood).substr(0, 3), "HI ");
  }
  EXPECT_EQ(host.shard.link_count(), 0U);
  host.open("real");
  EXPECT_EQ(host.shard.link_count(), 1U);
}

TEST(ShardIdentify, of_two_first_connections_of_an_admitted_id_one_becomes_its_record) {
  Host host(changed([](ShardOptions& o) { o.admit_unexpected = true; }));
  const int first = host.connect();
  const int second = host.connect();
  host.send(first, "TL2 real\n");
  host.send(second, "TL2 real\n");
  host.take(first);
  host.take(second);
  host.send(second, "GO 101 - 0 -\n");
  EXPECT_EQ(host.take(second), "GO 101 0 0\n");
  host.send(first, "GO 101 - 0 -\n");
  EXPECT_EQ(host.take(first), "BYE superseded\n");
  host.send(second, "D1 still here\n");
  EXPECT_EQ(host.take(second), "A1 0\n");
  EXPECT_EQ(host.read("real"), "still here");
}

TEST(ShardIdentify, an_admitted_id_whose_epoch_is_ahead_of_the_servers_clock_gets_in_at_the_second_attempt) {
  // As after a restart of the server within a second: the client's epoch is the generation that comes next.
  Host host(changed([](ShardOptions& o) { o.admit_unexpected = true; }));
  const int first = host.connect();
  host.send(first, "TL2 real\n");
  EXPECT_EQ(host.take(first).substr(0, 7), "HI 101 ");
  host.send(first, "GO 101 - 0 500\n");
  EXPECT_EQ(host.take(first), "BYE superseded\n");
  const int second = host.connect();
  host.send(second, "TL2 real\n");
  EXPECT_EQ(host.take(second).substr(0, 7), "HI 501 ");
  host.send(second, "GO 501 - 0 500\n");
  EXPECT_EQ(host.take(second), "GO 501 0 0\n");
}

TEST(ShardIdentify, empty_lines_may_stand_before_a_greeting_but_not_fill_a_read) {
  Host host;
  const int patient = host.connect();
  host.send(patient, std::string(max_handshake_bytes, '\n') + "TL2 door\n");
  EXPECT_EQ(host.take(patient).substr(0, 3), "HI ");
  const int flood = host.connect();
  host.send(flood, std::string(max_handshake_bytes + 1, '\n') + "TL2 door\n");
  EXPECT_TRUE(host.is_closed(flood));
  EXPECT_EQ(host.take(flood), "");
  EXPECT_TRUE(host.logged("empty lines instead of a greeting")) << host.log_text();
}

TEST(ShardIdentify, a_flood_of_hellos_writes_nothing_and_disturbs_nobody) {
  Host host;
  const int peer = host.open("door");
  const std::string changes = host.changes;
  for (int i = 0; i < 100; ++i) {
    const int flood = host.connect();
    host.send(flood, "TL2 door\n");
    EXPECT_EQ(host.take(flood), "HI 102 7001 w=4 n=64 t=1000\n");  // the same generation each time
  }
  EXPECT_EQ(host.changes, changes);
  EXPECT_EQ(host.link("door").numbers.generation, 101U);
  host.send(peer, "D1 still here\n");
  EXPECT_EQ(host.take(peer), "A1 0\n");
  EXPECT_EQ(host.read("door"), "still here");
}

// ---- bytes that share a segment

TEST(ShardIdentify, bytes_behind_the_hello_are_kept) {
  Host host;
  const int peer = host.connect();
  host.send(peer, "\nTL2 door\n\nGO 101 ");
  EXPECT_EQ(host.take(peer), "HI 101 7001 w=4 n=64 t=1000\n");
  host.send(peer, "- 0 -\nD1 a\n");
  EXPECT_EQ(host.take(peer), "GO 101 0 0\nA1 0\n");
}

TEST(ShardIdentify, a_connection_that_is_reused_remembers_nothing) {
  Host host;
  const int peer = host.connect();
  host.send(peer, "half a li");
  host.end(peer);
  const int next = host.connect();
  host.send(next, "ne\n");
  EXPECT_TRUE(host.is_closed(next));
  const int good = host.connect();
  host.send(good, "TL2 door\n");
  EXPECT_EQ(host.take(good), "HI 101 7001 w=4 n=64 t=1000\n");
}

}  // namespace
}  // namespace tautline::test
