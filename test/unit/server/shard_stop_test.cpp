// The ways a connection ends: the peer closes, resets or says BYE; close_all; the orderly stop of the document.

#include <string>

#include <gtest/gtest.h>

#include "shard_script.hpp"

namespace tautline::test {
namespace {

using Host = ShardScript;

// ---- the peer ends it, in each state

void end_or_reset(Host& host, int peer, bool reset) {
  if (reset) {
    host.reset(peer);
  } else {
    host.end(peer);
  }
}

TEST(ShardEnd, a_peer_that_closes_or_resets_in_any_state_leaves_nothing_behind) {
  for (const bool reset : {false, true}) {
    for (const std::string said :
         {"", "TL2 do", "TL2 door\n", "TL2 door\nGO 101 - 0 -\n", "TL2 door\nGO 101 - 0 -\nD1 a\nD2 b", "TL2 nobody\n",
          "TL9\n", "lamp\n", "lamp\n00a"}) {
      Host host;
      const int peer = host.connect();
      if (!said.empty()) host.send(peer, said);
      end_or_reset(host, peer, reset);
      EXPECT_TRUE(host.is_closed(peer)) << said;
      EXPECT_EQ(host.shard.connection_count(), 0U) << said;
      EXPECT_FALSE(host.shard.has_deadline()) << said;
      if (host.changes.find("+door") != std::string::npos) {
        EXPECT_EQ(host.changes, "+door-door(peer_closed)");
      }
    }
  }
}

TEST(ShardEnd, lines_before_the_end_are_read_and_told) {
  Host host;
  const int peer = host.open("door");
  host.arrivals = 0;
  host.socket(peer).unread = "D1 last words\n";
  host.end(peer);
  EXPECT_TRUE(host.is_closed(peer));
  EXPECT_EQ(host.arrivals, 1U);
  EXPECT_EQ(host.read("door"), "last words");
}

TEST(ShardEnd, lines_that_share_a_read_with_BYE_or_garbage_are_told) {
  for (const std::string end : {"BYE closing\n", "garbage\n"}) {
    Host host;
    const int peer = host.open("door");
    host.arrivals = 0;
    host.send(peer, "D1 last words\n" + end);
    EXPECT_EQ(host.arrivals, 1U) << end;
    EXPECT_EQ(host.read("door"), "last words") << end;
  }
}

TEST(ShardEnd, the_lines_of_a_read_that_ended_in_garbage_are_acknowledged_in_the_next_GO) {
  Host host;
  const int peer = host.open("door");
  host.send(peer, "D1 a\nD2 b\ngarbage\n");
  host.end(peer);
  const int again = host.connect();
  host.send(again, "TL2 door\n");
  host.take(again);
  host.send(again, "GO 102 0 0 101\n");
  EXPECT_EQ(host.take(again), "GO 102 2 0\n");
}

TEST(ShardEnd, BYE_of_the_peer_ends_the_link_with_its_reason) {
  Host host;
  const int peer = host.open("door");
  host.send(peer, "BYE closing good night\n");
  EXPECT_TRUE(host.is_closed(peer));
  EXPECT_EQ(host.changes, "+door-door(closing)");
  EXPECT_TRUE(host.logged("closing good night")) << host.log_text();
}

TEST(ShardEnd, a_reset_found_while_sending_ends_the_link) {
  Host host;
  const int peer = host.open("door");
  host.socket(peer).reset = true;
  host.write("door", "into the void");
  EXPECT_TRUE(host.is_closed(peer));
  EXPECT_EQ(host.changes, "+door-door(peer_closed)");
  EXPECT_EQ(host.link("door").outbox.size(), 1U);
}

// ---- close_all

TEST(ShardEnd, close_all_says_goodbye_and_leaves_no_socket_open) {
  Host host;
  const int two = host.open("door");
  const int one = host.connect();
  host.send(one, "lamp\n");
  const int silent = host.connect();
  const int hello = host.connect();
  host.send(hello, "TL2 door\n");
  host.take(hello);
  host.take(one);
  host.write("door", "kept");
  host.take(two);
  host.close_all();
  EXPECT_EQ(host.open_sockets(), 0U);
  EXPECT_EQ(host.take(two), "BYE closing\n");
  EXPECT_EQ(host.take(hello), "BYE closing\n");
  EXPECT_EQ(host.take(one), "");
  EXPECT_EQ(host.take(silent), "");
  EXPECT_FALSE(host.shard.has_deadline());
  EXPECT_EQ(host.link("door").outbox.size(), 1U);
  // The links stay: clients may come back.
  const int again = host.open("door", "0 0 101");
  EXPECT_FALSE(host.is_closed(again));
}

TEST(ShardEnd, close_all_with_sockets_that_take_nothing) {
  Host host;
  const int peer = host.open("door");
  host.limit_room(peer, 3);
  host.write("door", "half of it");
  host.close_all();
  EXPECT_EQ(host.open_sockets(), 0U);
}

TEST(ShardEnd, a_destroyed_shard_closes_its_sockets) {
  Host network;
  {
    Shard shard(
        Host::small_options(), network, network, [](void*) { return std::uint32_t{1}; }, nullptr, 0);
    network.sockets.resize(2);
    shard.accepted(0, 0);
    shard.accepted(1, 0);
  }
  EXPECT_EQ(network.open_sockets(), 0U);
}

// ---- the orderly stop

TEST(ShardStop, an_idle_link_ends_with_its_last_acknowledgement_and_BYE) {
  Host host;
  const int peer = host.open("door");
  host.begin_stop();
  EXPECT_EQ(host.take(peer), "A0 0\nBYE closing\n");
  EXPECT_TRUE(host.is_ended(peer));
  EXPECT_FALSE(host.shard.stopped());
  host.end(peer);
  EXPECT_TRUE(host.shard.stopped());
  EXPECT_EQ(host.shard.stop_report().unacknowledged + host.shard.stop_report().unread, 0U);
}

TEST(ShardStop, without_connections_it_is_done_at_once) {
  Host host;
  host.begin_stop();
  EXPECT_TRUE(host.shard.stopped());
}

TEST(ShardStop, those_who_did_not_say_who_they_are_and_half_done_handshakes_are_closed) {
  Host host;
  const int silent = host.connect();
  const int hello = host.connect();
  host.send(hello, "TL2 door\n");
  host.take(hello);
  host.begin_stop();
  EXPECT_TRUE(host.is_closed(silent));
  EXPECT_EQ(host.take(hello), "BYE closing\n");
  host.end(hello);
  EXPECT_TRUE(host.shard.stopped());
}

TEST(ShardStop, new_connections_are_refused) {
  Host host;
  host.open("door");
  host.begin_stop();
  const int peer = host.connect();
  EXPECT_TRUE(host.is_closed(peer));
  EXPECT_TRUE(host.logged("stopping"));
}

TEST(ShardStop, it_waits_until_the_application_has_read_its_inbox) {
  Host host;
  const int peer = host.open("door");
  host.send(peer, "D1 a\nD2 b\n");
  EXPECT_EQ(host.take(peer), "A2 0\n");
  host.begin_stop();
  EXPECT_EQ(host.take(peer), "");
  EXPECT_EQ(host.read("door"), "a");
  EXPECT_EQ(host.take(peer), "");
  EXPECT_EQ(host.read("door"), "b");  // it has it now; it need not ask for another
  EXPECT_EQ(host.take(peer), "A2 0\nBYE closing\n");
  host.end(peer);
  EXPECT_TRUE(host.shard.stopped());
  EXPECT_EQ(host.shard.stop_report().unread, 0U);
}

TEST(ShardStop, credit_that_the_reading_earns_is_in_the_last_acknowledgement) {
  Host host;
  const int peer = host.open("door");
  for (int i = 1; i <= 8; ++i) host.send(peer, "D" + std::to_string(i) + " x\n");
  host.take(peer);
  host.begin_stop();
  while (host.read("door")) {
  }
  const std::string last = host.take(peer);
  EXPECT_NE(last.find("A8 0\nBYE closing\n"), std::string::npos) << last;
}

TEST(ShardStop, it_accepts_no_more_lines_and_acknowledges_none) {
  Host host;
  const int peer = host.open("door");
  host.write("door", "outstanding");
  host.take(peer);
  host.begin_stop();
  host.send(peer, "D1 too late\nU too late\n");
  EXPECT_EQ(host.take(peer), "");
  EXPECT_FALSE(host.read("door"));
  host.send(peer, "A1 1\n");
  const std::string last = host.take(peer);
  EXPECT_EQ(last.find("A1 "), std::string::npos) << last;
  EXPECT_NE(last.find("A0 1\nBYE closing\n"), std::string::npos) << last;
  EXPECT_EQ(host.write("door", "x").status, WriteStatus::closed);
}

TEST(ShardStop, it_waits_for_outstanding_acknowledgements) {
  Host host;
  const int peer = host.open("door");
  host.write("door", "a");
  host.write("door", "b");
  host.begin_stop();
  EXPECT_EQ(host.take(peer), "D1 a\nD2 b\n");
  host.send(peer, "A1 0\n");
  EXPECT_EQ(host.take(peer), "");
  host.send(peer, "A2 0\n");
  EXPECT_EQ(host.take(peer), "A0 2\nBYE closing\n");
}

TEST(ShardStop, but_no_longer_than_one_timeout_and_reports_what_is_left) {
  Host host;
  const int peer = host.open("door");
  host.send(peer, "D1 unread\n");
  host.write("door", "a");
  host.write("lamp", "never connected");
  host.begin_stop();
  for (int i = 0; i < 9; ++i) {
    host.advance(100);
    host.send(peer, "A0 1\n");
  }
  EXPECT_EQ(host.take(peer).find("BYE"), std::string::npos);
  host.advance(110);
  const std::string last = host.take(peer);
  EXPECT_NE(last.find("BYE closing\n"), std::string::npos) << last;
  host.end(peer);
  EXPECT_TRUE(host.shard.stopped());
  EXPECT_EQ(host.shard.stop_report().unacknowledged, 2U);
  EXPECT_EQ(host.shard.stop_report().unread, 1U);
}

TEST(ShardStop, a_peer_that_does_not_close_is_closed_after_one_timeout_more) {
  Host host;
  const int peer = host.open("door");
  host.begin_stop();
  host.advance(Host::timeout_ms - 1);
  EXPECT_FALSE(host.shard.stopped());
  host.send(peer, "A0 0\nstill talking\n");  // read and thrown away
  host.advance(2);
  EXPECT_TRUE(host.is_closed(peer));
  EXPECT_TRUE(host.shard.stopped());
}

TEST(ShardStop, a_peer_that_takes_no_bytes_does_not_hold_it_up) {
  Host host;
  const int peer = host.open("door");
  host.limit_room(peer, 0);
  host.begin_stop();
  host.advance(2 * Host::timeout_ms + 2);
  EXPECT_TRUE(host.is_closed(peer));
  EXPECT_TRUE(host.shard.stopped());
}

TEST(ShardStop, a_peer_of_protocol_1_is_heard_until_it_has_acknowledged) {
  Host host;
  const int peer = host.connect();
  host.send(peer, "door\n");
  host.send(peer, "\n");
  host.advance(200);
  host.write("door", "a");
  host.take(peer);
  host.begin_stop();
  EXPECT_FALSE(host.is_closed(peer) || host.is_ended(peer));
  host.send(peer, "00too late\n00\n");
  const std::string last = host.take(peer);
  EXPECT_EQ(last.find("00\n"), std::string::npos) << "acknowledged a line that is not kept: " << last;
  EXPECT_TRUE(host.is_ended(peer));
  host.end(peer);
  EXPECT_TRUE(host.shard.stopped());
  EXPECT_EQ(host.shard.stop_report().unacknowledged, 0U);
  EXPECT_FALSE(host.read("door"));
}

TEST(ShardStop, a_peer_of_protocol_1_gets_FIN_and_not_RST_so_that_its_last_acknowledgements_arrive) {
  Host host;
  const int peer = host.connect();
  host.send(peer, "door\n");
  host.send(peer, "00a\n");
  EXPECT_EQ(host.read("door"), "a");
  host.take(peer);
  host.begin_stop();
  EXPECT_EQ(host.take(peer).find("BYE"), std::string::npos);
  EXPECT_TRUE(host.is_ended(peer));
  EXPECT_FALSE(host.is_closed(peer));
  host.end(peer);
  EXPECT_TRUE(host.shard.stopped());
}

TEST(ShardStop, a_peer_of_protocol_1_that_was_not_read_for_lack_of_room_is_heard) {
  Host host;
  const int peer = host.connect();
  host.send(peer, "door\n");
  host.send(peer, "\n");
  host.advance(200);
  host.write("door", "a");
  std::string burst;
  for (const char* number : {"00", "01", "02", "03", "04", "05", "06", "07", "08"})
    burst += std::string(number) + "x\n";
  host.send(peer, burst + "00\n");
  EXPECT_EQ(host.link("door").inbox.size(), 8U);
  host.begin_stop();
  for (int i = 0; i < 8; ++i) EXPECT_TRUE(host.read("door"));
  EXPECT_TRUE(host.is_ended(peer) || host.is_closed(peer));
  host.end(peer);
  EXPECT_TRUE(host.shard.stopped());
  EXPECT_EQ(host.shard.stop_report().unacknowledged, 0U);
}

TEST(ShardStop, close_all_cuts_it_short) {
  Host host;
  host.open("door");
  host.write("door", "a");
  host.begin_stop();
  host.close_all();
  EXPECT_TRUE(host.shard.stopped());
  EXPECT_EQ(host.open_sockets(), 0U);
}

TEST(ShardStop, the_report_counts_clients_that_did_not_hear_the_end) {
  Host host;
  const int door = host.open("door");
  const int lamp = host.open("lamp");
  host.reset(lamp);  // what it did not hear acknowledged it will send again
  host.begin_stop();
  EXPECT_EQ(host.take(door), "A0 0\nBYE closing\n");
  EXPECT_EQ(host.shard.stop_report().not_parted, 2U);
  host.end(door);
  EXPECT_TRUE(host.shard.stopped());
  EXPECT_EQ(host.shard.stop_report().not_parted, 1U);
}

}  // namespace
}  // namespace tautline::test
