// Handshake and takeover, and what one batch of lines costs.

#include <string>

#include <gtest/gtest.h>

#include "shard_script.hpp"

namespace tautline::test {
namespace {

using Host = ShardScript;

// ---- lines

TEST(ShardLink, lines_of_one_read_are_acknowledged_once_in_one_send) {
  Host host;
  const int peer = host.open("door");
  host.arrivals = 0;
  host.send(peer, "D1 a\nD2 b\nD3 c\n");
  EXPECT_EQ(host.socket(peer).sends, 1U);
  EXPECT_EQ(host.take(peer), "A3 0\n");
  EXPECT_EQ(host.arrivals, 1U);
  EXPECT_EQ(host.read("door"), "a");
  EXPECT_EQ(host.read("door"), "b");
  EXPECT_EQ(host.read("door"), "c");
  EXPECT_FALSE(host.read("door"));
}

TEST(ShardLink, lines_written_in_one_turn_leave_in_one_send) {
  Host host;
  const int peer = host.open("door");
  Link& door = host.link("door");
  for (const char* line : {"a", "b\n", "c"}) EXPECT_EQ(host.shard.write(door, line).status, WriteStatus::ok);
  EXPECT_EQ(host.take(peer), "");
  host.settle();
  EXPECT_EQ(host.socket(peer).sends, 1U);
  EXPECT_EQ(host.take(peer), "D1 a\nD2 b\nD3 c\n");
}

TEST(ShardLink, the_acknowledgement_and_new_lines_share_a_send) {
  Host host;
  const int peer = host.open("door");
  host.on_arrived = [&](Link& link) { host.shard.write(link, "answer"); };
  host.send(peer, "D1 question\n");
  EXPECT_EQ(host.socket(peer).sends, 1U);
  EXPECT_EQ(host.take(peer), "A1 0\nD1 answer\n");
}

TEST(ShardLink, a_line_in_pieces_is_one_line) {
  Host host;
  const int peer = host.open("door");
  host.send(peer, "D1 te");
  EXPECT_EQ(host.take(peer), "");
  host.send(peer, "mp 21.5\nD2 ");
  EXPECT_EQ(host.take(peer), "A1 0\n");
  host.send(peer, "\n");
  EXPECT_EQ(host.take(peer), "A2 0\n");
  EXPECT_EQ(host.read("door"), "temp 21.5");
  EXPECT_EQ(host.read("door"), "");
}

TEST(ShardLink, an_acknowledgement_releases_lines_and_says_so_once) {
  Host host;
  const int peer = host.open("door");
  const auto first = host.write("door", "a"), second = host.write("door", "b"), third = host.write("door", "c");
  unsigned told = 0;
  host.on_acknowledged = [&](Link&) { ++told; };
  host.send(peer, "A2 0\n");
  EXPECT_EQ(told, 1U);
  EXPECT_TRUE(host.link("door").is_acknowledged(first.seq));
  EXPECT_TRUE(host.link("door").is_acknowledged(second.seq));
  EXPECT_FALSE(host.link("door").is_acknowledged(third.seq));
  EXPECT_EQ(host.link("door").outbox.size(), 1U);
}

TEST(ShardLink, a_gap_is_reported_once) {
  Host host;
  const int peer = host.open("door");
  host.send(peer, "D2 b\nD3 c\n");
  EXPECT_EQ(host.take(peer), "R1\n");
  host.send(peer, "D1 a\nD2 b\nD3 c\n");
  EXPECT_EQ(host.take(peer), "A3 0\n");
}

TEST(ShardLink, the_client_asks_for_a_repetition) {
  Host host;
  const int peer = host.open("door");
  host.write("door", "a");
  host.write("door", "b");
  host.take(peer);
  host.send(peer, "R1\n");
  EXPECT_EQ(host.take(peer), "D1 a\nD2 b\n");
}

TEST(ShardLink, the_peers_window_is_kept) {
  Host host;
  const int peer = host.open("door", "- 0 -", "w=2 n=64 t=1000");
  for (const char* line : {"a", "b", "c"}) host.write("door", line);
  EXPECT_EQ(host.take(peer), "D1 a\nD2 b\n");
  host.send(peer, "A1 0\n");
  EXPECT_EQ(host.take(peer), "D3 c\n");
}

// An acknowledgement resumes the application, which reads the old lines; then a new line of the same read comes.
// Counted by the size of the inbox, nothing new would have come: the reader was not woken, the line not acknowledged.
TEST(ShardLink, a_line_is_told_even_if_the_application_read_others_in_the_same_batch) {
  Host host;
  const int peer = host.open("door");
  host.write("door", "wait for me");
  host.send(peer, "D1 old\n");
  host.take(peer);
  host.arrivals = 0;
  host.on_acknowledged = [&](Link& link) {
    std::string_view line;
    while (host.shard.next_line(link, line)) {
    }
  };
  host.send(peer, "A1 1\nD2 new\n");
  EXPECT_EQ(host.arrivals, 1U);
  EXPECT_EQ(host.take(peer), "A2 1\n");
  EXPECT_EQ(host.read("door"), "new");
}

TEST(ShardLink, a_line_taken_on_arrival_needs_no_inbox) {
  Host host;
  std::string taken;
  host.on_taken = [&](Link&, std::string_view line) {
    taken += std::string(line) + "|";
    return true;
  };
  const int peer = host.open("door");
  std::string burst;
  for (int i = 1; i <= 4; ++i) burst += "D" + std::to_string(i) + " x\n";
  host.send(peer, burst);
  EXPECT_EQ(host.take(peer), "A4 0\n");
  EXPECT_EQ(taken, "x|x|x|x|");
  EXPECT_TRUE(host.link("door").inbox.empty());
}

// ---- handshake and takeover

TEST(ShardLink, a_reconnecting_client_goes_on_where_it_was) {
  Host host;
  const int first = host.open("door");
  host.send(first, "D1 a\nD2 b\n");
  host.write("door", "x");
  host.take(first);
  host.reset(first);
  EXPECT_EQ(host.changes, "+door-door(peer_closed)");
  host.write("door", "y");
  const int second = host.connect();
  host.send(second, "TL2 door w=4 n=64 t=1000\n");
  EXPECT_EQ(host.take(second), "HI 102 7001 w=4 n=64 t=1000\n");
  host.send(second, "GO 102 1 0 101\n");
  EXPECT_EQ(host.take(second), "GO 102 2 1\nD2 y\n");  // its x is acknowledged; our ack says a and b are safe
  EXPECT_EQ(host.link("door").connects, 2U);
}

TEST(ShardLink, a_rebooted_client_starts_a_new_epoch) {
  Host host;
  const int first = host.open("door");
  host.send(first, "D1 a\n");
  host.write("door", "x");
  host.reset(first);
  const int second = host.connect();
  host.send(second, "TL2 door w=4 n=64 t=1000\n");
  host.take(second);
  host.send(second, "GO 102 - 0 -\n");
  EXPECT_EQ(host.take(second), "GO 102 0 0\nD1 x\n");
  host.send(second, "D1 of the new life\n");
  EXPECT_EQ(host.read("door"), "a");
  EXPECT_EQ(host.read("door"), "of the new life");
}

TEST(ShardLink, a_half_open_connection_is_superseded_and_its_late_lines_are_neither_stored_nor_acknowledged) {
  Host host;
  const int old = host.open("door");
  host.send(old, "D1 a\n");
  host.take(old);
  const int young = host.open("door", "0 0 101");
  EXPECT_EQ(host.take(old), "BYE superseded\n");
  EXPECT_TRUE(host.is_ended(old));
  EXPECT_EQ(host.changes, "+door-door(superseded)+door");
  EXPECT_TRUE(host.logged("'door'") && host.logged("superseded by a newer connection")) << host.log_text();
  host.send(old, "D2 late\nD3 later\n");
  EXPECT_EQ(host.take(old), "");
  EXPECT_EQ(host.link("door").numbers.rx, 1U);
  host.send(young, "D2 b\n");
  EXPECT_EQ(host.take(young), "A2 0\n");
  EXPECT_EQ(host.read("door"), "a");
  EXPECT_EQ(host.read("door"), "b");
  EXPECT_FALSE(host.read("door"));
  host.end(old);
  EXPECT_TRUE(host.is_closed(old));
  EXPECT_EQ(host.changes, "+door-door(superseded)+door");
}

TEST(ShardLink, a_takeover_of_a_connection_that_is_alive_is_a_warning_about_a_shared_id) {
  Host host;
  host.open("door");
  host.advance(Host::timeout_ms - 1);
  host.open("door", "0 0 101");
  EXPECT_FALSE(host.logged("two devices share the id")) << "the old one was silent: an outage";
  host.open("door", "0 0 101");
  EXPECT_TRUE(host.logged("two devices share the id")) << host.log_text();
}

TEST(ShardLink, lines_that_wait_unread_when_the_takeover_happens_are_thrown_away) {
  Host host;
  const int old = host.open("door");
  const int young = host.connect();
  host.send(young, "TL2 door w=4 n=64 t=1000\n");
  host.take(young);
  // Both are in one batch; the newer one is read first.
  host.socket(old).unread = "D1 late\n";
  host.socket(young).unread = "GO 102 - 0 -\n";
  host.shard.readable(*host.socket(young).conn, false, host.now_ms);
  host.shard.readable(*host.socket(old).conn, false, host.now_ms);
  host.shard.end_batch(host.now_ms);
  host.settle();
  EXPECT_EQ(host.take(old), "BYE superseded\n");
  EXPECT_EQ(host.take(young), "GO 102 0 0\n");
  EXPECT_FALSE(host.read("door"));
}

TEST(ShardLink, of_two_handshakes_with_the_same_generation_one_wins) {
  Host host;
  const int one = host.connect(), two = host.connect();
  host.send(one, "TL2 door\n");
  host.send(two, "TL2 door\n");
  host.take(one);
  host.take(two);
  host.send(two, "GO 101 - 0 -\n");
  EXPECT_EQ(host.take(two), "GO 101 0 0\n");
  host.send(one, "GO 101 - 0 -\n");
  EXPECT_EQ(host.take(one), "BYE superseded\n");
  EXPECT_EQ(host.changes, "+door");
  host.send(two, "D1 a\n");
  EXPECT_EQ(host.take(two), "A1 0\n");
}

TEST(ShardLink, an_epoch_from_the_future_moves_the_generation_and_ends_the_live_connection_with_one_BYE) {
  Host host;
  const int live = host.open("door");
  const int peer = host.connect();
  host.send(peer, "TL2 door\n");
  host.take(peer);
  host.send(peer, "GO 102 - 0 500\n");
  EXPECT_EQ(host.take(peer), "BYE superseded\n");
  EXPECT_EQ(host.link("door").numbers.generation, 500U);
  // The store would refuse whatever the live connection does now.
  host.advance(300);
  EXPECT_EQ(host.take(live), "BYE superseded\n");
  EXPECT_FALSE(host.logged("longer than")) << host.log_text();
  const int again = host.connect();
  host.send(again, "TL2 door\n");
  EXPECT_EQ(host.take(again), "HI 501 7001 w=4 n=64 t=1000\n");
  host.send(again, "GO 501 - 0 500\n");
  EXPECT_EQ(host.take(again), "GO 501 0 0\n");
}

TEST(ShardLink, an_ack_of_lines_never_written_gets_a_new_sid) {
  Host host;
  const int peer = host.connect();
  host.send(peer, "TL2 door\n");
  EXPECT_EQ(host.take(peer), "HI 101 7001 w=4 n=64 t=1000\n");
  host.send(peer, "GO 101 5 0 100\n");
  EXPECT_EQ(host.take(peer), "BYE sid\n");
  const int again = host.connect();
  host.send(again, "TL2 door\n");
  EXPECT_EQ(host.take(again), "HI 102 7002 w=4 n=64 t=1000\n");
  host.send(again, "GO 102 - 0 100\n");
  EXPECT_EQ(host.take(again), "GO 102 0 0\n");
}

TEST(ShardLink, numbers_wrap) {
  Host host;
  LinkNumbers& numbers = host.link("door").numbers;
  numbers.generation = 0xFFFFFFFE;
  numbers.base = numbers.next = 0xFFFFFFFF;
  const int peer = host.connect();
  host.send(peer, "TL2 door w=4 n=64 t=1000\n");
  EXPECT_EQ(host.take(peer).substr(0, 14), "HI 4294967295 ");
  host.send(peer, "GO 4294967295 - 4294967294 -\n");
  EXPECT_EQ(host.take(peer), "GO 4294967295 4294967294 4294967294\n");
  host.send(peer, "D4294967295 a\nD0 b\nD1 c\n");
  EXPECT_EQ(host.take(peer), "A1 4294967294\n");
  for (const char* line : {"x", "y", "z"}) host.write("door", line);
  EXPECT_EQ(host.take(peer), "D4294967295 x\nD0 y\nD1 z\n");
  host.send(peer, "A0 1\n");
  EXPECT_EQ(host.link("door").outbox.size(), 1U);
  EXPECT_EQ(host.read("door"), "a");
  EXPECT_EQ(host.read("door"), "b");
  EXPECT_EQ(host.read("door"), "c");
  host.reset(peer);
  const int again = host.connect();
  host.send(again, "TL2 door w=4 n=64 t=1000\n");
  EXPECT_EQ(host.take(again).substr(0, 5), "HI 0 ");
  host.send(again, "GO 0 0 4294967294 4294967295\n");
  EXPECT_EQ(host.take(again), "GO 0 1 0\nD1 z\n");
}

TEST(ShardLink, a_line_written_when_the_link_comes_up_leaves_behind_the_GO) {
  for (const bool qos : {true, false}) {
    Host host;
    host.on_up = [&](Link& link) { host.shard.write(link, "welcome", {.qos = qos, .wait = false}); };
    const int peer = host.connect();
    host.send(peer, "TL2 door w=4 n=64 t=1000\n");
    host.take(peer);
    host.send(peer, "GO 101 - 0 -\n");
    EXPECT_EQ(host.take(peer), qos ? "GO 101 0 0\nD1 welcome\n" : "GO 101 0 0\nU welcome\n");
  }
}

TEST(ShardLink, the_application_may_close_all_whenever_it_is_called) {
  // Up, down, arrived, acknowledged; and down in a takeover. (ASan sees what goes wrong.)
  for (int when = 0; when < 4; ++when) {
    Host host;
    const auto close = [&](Link&) { host.shard.close_all(host.now_ms); };
    const int peer = when == 0 ? 0 : host.open("door");
    if (when == 0) {
      host.on_up = close;
      host.connect();
      host.send(peer, "TL2 door\nGO 101 - 0 -\nD1 a\n");
    } else if (when == 1) {
      host.on_down = close;
      const int young = host.connect();
      host.send(young, "TL2 door\nGO 102 - 0 -\nD1 a\n");
    } else if (when == 2) {
      host.on_arrived = close;
      host.send(peer, "D1 a\nD2 b\nD3 ");
    } else {
      host.write("door", "x");
      host.on_acknowledged = close;
      host.send(peer, "A1 0\nD1 a\n");
    }
    EXPECT_EQ(host.open_sockets(), 0U) << when;
    EXPECT_EQ(host.shard.connection_count(), 0U) << when;
    EXPECT_EQ(host.link("door").conn, nullptr) << when;
    host.on_up = host.on_down = host.on_arrived = host.on_acknowledged = nullptr;
    host.advance(5000);
    const int next = host.connect();
    host.send(next, "TL2 door\n");
    EXPECT_EQ(host.take(next).substr(0, 3), "HI ") << when;
  }
}

// ---- life and silence

TEST(ShardLink, a_status_line_every_quarter_of_the_peers_timeout) {
  Host host;
  const int peer = host.open("door", "- 0 -", "w=4 n=64 t=400");
  unsigned statuses = 0;
  for (int i = 0; i < 40; ++i) {
    host.advance(50);
    if (i % 5 == 0) host.send(peer, "A0 0\n");
    statuses += host.take(peer) == "A0 0\n";
  }
  EXPECT_EQ(statuses, 20U);
}

TEST(ShardLink, silence_ends_the_link_after_one_timeout_and_before_a_quarter_more) {
  for (std::uint32_t last_line = 0; last_line < 500; last_line += 7) {
    Host host;
    const int peer = host.open("door");
    host.advance(last_line);
    host.send(peer, "A0 0\n");
    host.advance(Host::timeout_ms - 1);
    EXPECT_FALSE(host.is_closed(peer)) << last_line;
    host.advance(Host::timeout_ms / 4);
    EXPECT_TRUE(host.is_closed(peer)) << last_line;
    EXPECT_EQ(host.changes, "+door-door(silent)");
    EXPECT_TRUE(host.logged("nothing heard")) << host.log_text();
  }
}

TEST(ShardLink, any_complete_line_is_life_and_an_incomplete_one_is_not) {
  Host host;
  const int peer = host.open("door");
  const int drip = host.open("lamp");
  for (int i = 0; i < 20; ++i) {
    host.advance(200);
    host.send(peer, "\n");
    if (!host.is_closed(drip)) host.send(drip, "x");
  }
  EXPECT_FALSE(host.is_closed(peer));
  EXPECT_TRUE(host.is_closed(drip));
}

TEST(ShardLink, one_byte_at_a_time_is_enough_if_lines_are_complete_in_time) {
  Host host;
  const int peer = host.open("door");
  std::string script;
  for (int i = 1; i <= 20; ++i) script += "D" + std::to_string(i) + " v\n";
  for (const char c : script) {
    host.advance(150);
    host.send(peer, std::string(1, c));
    host.read("door");
  }
  EXPECT_FALSE(host.is_closed(peer)) << host.log_text();
  EXPECT_EQ(host.link("door").numbers.ack, 20U);
}

TEST(ShardLink, a_server_that_slept_reads_what_is_waiting_before_it_judges_silence) {
  Host host;
  const int peer = host.open("door");
  host.socket(peer).unread = "D1 while you slept\n";
  host.sleep_through(10 * Host::timeout_ms);
  EXPECT_FALSE(host.is_closed(peer)) << host.log_text();
  EXPECT_EQ(host.read("door"), "while you slept");
}

TEST(ShardLink, a_server_that_slept_and_finds_nothing_closes) {
  Host host;
  const int peer = host.open("door");
  host.sleep_through(10 * Host::timeout_ms);
  EXPECT_TRUE(host.is_closed(peer));
}

TEST(ShardLink, after_weeks_without_any_connection_time_still_passes) {
  Host host;
  host.now_ms += (1U << 31U) + 1000;
  const int peer = host.open("door");
  host.advance(Host::timeout_ms / 4);
  EXPECT_EQ(host.take(peer), "A0 0\n");
  host.advance(Host::timeout_ms);
  EXPECT_TRUE(host.is_closed(peer));
}

TEST(ShardLink, the_clock_may_wrap) {
  Host host(Host::small_options(), 0U - 2 * Host::timeout_ms);
  const int peer = host.open("door");
  for (int i = 0; i < 20; ++i) {
    host.advance(240);
    host.send(peer, "A0 0\n");
  }
  EXPECT_FALSE(host.is_closed(peer));
  host.advance(Host::timeout_ms + 1);
  EXPECT_TRUE(host.is_closed(peer));
}

TEST(ShardLink, a_client_that_reads_nothing_for_ten_timeouts_is_named_in_the_log_once) {
  Host host;
  const int peer = host.open("door");
  host.write("door", "read me");
  for (int i = 0; i < 60; ++i) {
    host.advance(500);
    host.send(peer, "A0 0\n");
    if (i < 18) {
      EXPECT_FALSE(host.logged("peer does not read")) << i;
    }
  }
  unsigned told = 0;
  for (const std::string& line : host.logs) told += line.find("peer does not read") != std::string::npos;
  EXPECT_EQ(told, 1U);
  EXPECT_TRUE(host.logged("'door'"));
  EXPECT_FALSE(host.is_closed(peer));
}

}  // namespace
}  // namespace tautline::test
