// Bounds: backpressure, full queues, qos=False lines, sockets that take little or nothing.

#include <string>

#include <gtest/gtest.h>

#include "shard_script.hpp"

namespace tautline::test {
namespace {

using Host = ShardScript;

constexpr WriteOptions plain{.qos = false, .wait = false};

std::string data(int from, int to) {
  std::string lines;
  for (int i = from; i <= to; ++i) lines += "D" + std::to_string(i) + " line " + std::to_string(i) + "\n";
  return lines;
}

// ---- backpressure (window 4, inbox 8)

TEST(ShardFlow, acknowledgements_stop_where_the_inbox_has_no_room_for_another_window) {
  Host host;
  const int peer = host.open("door");
  host.send(peer, data(1, 4));
  EXPECT_EQ(host.take(peer), "A4 0\n");
  host.send(peer, data(5, 8));
  EXPECT_EQ(host.take(peer), "");  // ack = consumed 0 + capacity 8 - window 4
  EXPECT_EQ(host.read("door"), "line 1");
  EXPECT_EQ(host.take(peer), "");  // handed out is not taken
  EXPECT_EQ(host.read("door"), "line 2");
  EXPECT_EQ(host.take(peer), "A5 0\n");
  host.accept("door");
  EXPECT_EQ(host.take(peer), "A6 0\n");
}

TEST(ShardFlow, a_client_that_sends_beyond_its_credit_loses_nothing) {
  Host host;
  const int peer = host.open("door");
  host.send(peer, data(1, 12));
  host.take(peer);
  EXPECT_EQ(host.link("door").inbox.size(), 4U);
  for (int i = 1; i <= 4; ++i) EXPECT_EQ(host.read("door"), "line " + std::to_string(i));
  EXPECT_FALSE(host.read("door"));
  host.send(peer, "A0 12\n");
  EXPECT_EQ(host.take(peer), "R5\n");
  host.send(peer, data(5, 8));
  EXPECT_EQ(host.take(peer), "A8 0\n");
  host.send(peer, data(9, 12));
  for (int i = 5; i <= 12; ++i) EXPECT_EQ(host.read("door"), "line " + std::to_string(i));
}

TEST(ShardFlow, status_lines_still_flow_while_the_application_does_not_read) {
  Host host;
  const int peer = host.open("door");
  host.send(peer, data(1, 4));
  host.send(peer, data(5, 8));
  host.take(peer);
  for (int i = 0; i < 20; ++i) {
    host.advance(250);
    EXPECT_EQ(host.take(peer), "A4 0\n");
    host.send(peer, "A0 8\n");
    EXPECT_EQ(host.take(peer), "");  // no R for what there is no room for
  }
  EXPECT_FALSE(host.is_closed(peer));
}

TEST(ShardFlow, GO_carries_no_more_credit_than_A) {
  Host host;
  const int first = host.open("door");
  host.send(first, data(1, 4));
  host.send(first, data(5, 8));
  host.reset(first);
  const int second = host.connect();
  host.send(second, "TL2 door w=4 n=64 t=1000\n");
  host.take(second);
  host.send(second, "GO 102 0 4 101\n");
  EXPECT_EQ(host.take(second), "GO 102 4 0\n");
  host.send(second, data(5, 8));
  EXPECT_EQ(host.take(second), "");
  for (int i = 1; i <= 8; ++i) EXPECT_EQ(host.read("door"), "line " + std::to_string(i));
  EXPECT_FALSE(host.read("door"));
}

TEST(ShardFlow, credit_earned_during_an_outage_is_in_the_next_GO) {
  Host host;
  const int first = host.open("door");
  host.send(first, data(1, 4));
  host.send(first, data(5, 8));
  host.reset(first);
  for (int i = 1; i <= 5; ++i) host.read("door");
  const int second = host.connect();
  host.send(second, "TL2 door w=4 n=64 t=1000\n");
  host.take(second);
  host.send(second, "GO 102 0 4 101\n");
  EXPECT_EQ(host.take(second), "GO 102 8 0\n");
}

TEST(ShardFlow, a_new_life_of_the_client_finds_the_inbox_full_of_the_old_one) {
  Host host;
  const int first = host.open("door");
  host.send(first, data(1, 4));
  host.send(first, data(5, 8));
  host.reset(first);
  const int second = host.open("door");
  host.send(second, "D1 new\nD2 newer\n");
  EXPECT_EQ(host.take(second), "");
  EXPECT_EQ(host.link("door").inbox.size(), 8U);
  for (int i = 1; i <= 8; ++i) EXPECT_EQ(host.read("door"), "line " + std::to_string(i));
  EXPECT_FALSE(host.read("door"));
  host.send(second, "A0 2\n");
  EXPECT_EQ(host.take(second), "R1\n");
  host.send(second, "D1 new\nD2 newer\n");
  EXPECT_EQ(host.read("door"), "new");
  EXPECT_EQ(host.read("door"), "newer");
}

// ---- outbox

TEST(ShardFlow, a_full_outbox_blocks_by_lines_and_by_bytes) {
  Host host;
  for (int i = 0; i < 16; ++i) EXPECT_EQ(host.write("door", "x").status, WriteStatus::ok);
  EXPECT_EQ(host.write("door", "x").status, WriteStatus::would_block);
  const std::string big(64, 'b');
  for (int i = 0; i < 16; ++i) EXPECT_EQ(host.write("lamp", big).status, WriteStatus::ok);
  EXPECT_EQ(host.link("lamp").outbox.bytes(), 1024U);
  EXPECT_EQ(host.write("lamp", "b").status, WriteStatus::would_block);
}

TEST(ShardFlow, acknowledged_lines_make_room) {
  Host host;
  const int peer = host.open("door");
  for (int i = 0; i < 16; ++i) host.write("door", "x");
  host.send(peer, "A3 0\n");
  EXPECT_EQ(host.write("door", "y").status, WriteStatus::ok);
}

TEST(ShardFlow, lines_that_break_the_rules_are_refused) {
  Host host;
  EXPECT_EQ(host.write("door", std::string(64, 'x')).status, WriteStatus::ok);
  EXPECT_EQ(host.write("door", std::string(64, 'x') + "\n").status, WriteStatus::ok);
  EXPECT_EQ(host.write("door", std::string(65, 'x')).status, WriteStatus::too_long);
  EXPECT_EQ(host.write("door", "two\nlines").status, WriteStatus::bad_line);
  EXPECT_EQ(host.write("door", "cr\r").status, WriteStatus::bad_line);
  EXPECT_EQ(host.write("door", std::string("nul\0", 4)).status, WriteStatus::bad_line);
  EXPECT_EQ(host.write("door", "").status, WriteStatus::ok);  // protocol 2 carries it
}

TEST(ShardFlow, the_clients_limit_holds_once_it_is_known) {
  Host host;
  EXPECT_EQ(host.shard.max_payload(host.link("door")), 64U);
  const int peer = host.open("door", "- 0 -", "w=4 n=32 t=1000");
  EXPECT_EQ(host.shard.max_payload(host.link("door")), 32U);
  EXPECT_EQ(host.write("door", std::string(33, 'x')).status, WriteStatus::too_long);
  host.reset(peer);
  EXPECT_EQ(host.write("door", std::string(33, 'x')).status, WriteStatus::too_long);
}

TEST(ShardFlow, a_queued_line_that_the_client_cannot_take_ends_the_connection_with_one_BYE_size) {
  Host host;
  host.write("door", std::string(60, 'x'));
  const int peer = host.connect();
  host.send(peer, "TL2 door w=4 n=32 t=1000\n");
  host.take(peer);
  host.send(peer, "GO 101 - 0 -\n");
  EXPECT_EQ(host.take(peer), "GO 101 0 0\nBYE size\n");
  EXPECT_TRUE(host.is_ended(peer));
  EXPECT_TRUE(host.logged("32 bytes")) << host.log_text();
  EXPECT_EQ(host.link("door").outbox.size(), 1U);
}

// ---- qos=False

TEST(ShardFlow, a_plain_line_blocks_while_the_link_is_down) {
  Host host;
  EXPECT_EQ(host.write("door", "x", plain).status, WriteStatus::would_block);
  const int peer = host.open("door");
  EXPECT_EQ(host.write("door", "x", plain).status, WriteStatus::ok);
  EXPECT_EQ(host.take(peer), "U x\n");
  host.reset(peer);
  EXPECT_EQ(host.write("door", "x", plain).status, WriteStatus::would_block);
}

TEST(ShardFlow, a_plain_line_is_delivered_and_not_acknowledged) {
  Host host;
  const int peer = host.open("door");
  host.send(peer, "U now\nU \n");
  EXPECT_EQ(host.take(peer), "");
  EXPECT_EQ(host.read("door"), "now");
  EXPECT_EQ(host.read("door"), "");
}

TEST(ShardFlow, plain_lines_take_no_slot_that_the_window_promises_and_are_counted_when_dropped) {
  Host host;
  const int peer = host.open("door");
  for (int i = 0; i < 10; ++i) host.send(peer, "U u\n");
  EXPECT_EQ(host.link("door").inbox.size(), 4U);  // 8 slots, 4 promised
  EXPECT_EQ(host.shard.dropped(host.link("door")).plain, 6U);
  host.send(peer, data(1, 4));
  EXPECT_EQ(host.link("door").inbox.size(), 8U);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(host.read("door"), "u");
  for (int i = 1; i <= 4; ++i) EXPECT_EQ(host.read("door"), "line " + std::to_string(i));
}

TEST(ShardFlow, plain_lines_wait_for_the_socket_only_within_a_bound_and_die_with_the_connection) {
  Host host;
  const int peer = host.open("door");
  host.limit_room(peer, 0);
  int accepted = 0;
  while (accepted < 10'000 && host.write("door", std::string(60, 'u'), plain).status == WriteStatus::ok) ++accepted;
  EXPECT_GT(accepted, 100);
  EXPECT_LT(accepted, 10'000);
  host.reset(peer);
  const int again = host.open("door", "0 0 101");
  host.advance(100);
  EXPECT_EQ(host.take(again), "");
}

// ---- sockets that take little

TEST(ShardFlow, lines_sent_in_pieces_arrive_whole_and_in_order) {
  for (std::size_t room = 1; room < 12; ++room) {
    Host host;
    const int peer = host.open("door");
    host.limit_room(peer, 0);
    host.write("door", "first");
    host.write("door", "second");
    host.write("door", "plain", plain);
    host.send(peer, "D1 a\n");
    std::string received;
    for (int i = 0; i < 100; ++i) {
      host.make_room(peer, room);
      received += host.take(peer);
    }
    // The first line was begun when the others came; qos=False lines may overtake.
    EXPECT_EQ(received, "D1 first\nU plain\nA1 1\nD2 second\n") << room;
    EXPECT_FALSE(host.is_closed(peer));
  }
}

TEST(ShardFlow, a_peer_that_takes_no_bytes_for_one_timeout_is_closed) {
  Host host;
  const int peer = host.open("door");
  host.limit_room(peer, 3);
  host.write("door", "does not fit");
  for (int i = 0; i < 9; ++i) {
    host.advance(100);
    host.send(peer, "A0 0\n");  // it lives, it only takes nothing
  }
  EXPECT_FALSE(host.is_closed(peer));
  host.advance(110);
  EXPECT_TRUE(host.is_closed(peer));
  EXPECT_TRUE(host.logged("took no bytes")) << host.log_text();
  EXPECT_EQ(host.changes, "+door-door(blocked)");
  EXPECT_EQ(host.link("door").outbox.size(), 1U);
}

TEST(ShardFlow, a_peer_that_takes_a_byte_now_and_then_is_not_blocked) {
  Host host;
  const int peer = host.open("door");
  host.limit_room(peer, 0);
  host.write("door", "slowly but surely");
  for (int i = 0; i < 20; ++i) {
    host.advance(400);
    host.send(peer, "A0 0\n");
    host.make_room(peer, 1);
  }
  EXPECT_FALSE(host.is_closed(peer)) << host.log_text();
}

TEST(ShardFlow, a_burst_larger_than_the_read_buffer_is_read_to_its_end) {
  ShardOptions options = Host::small_options();
  options.receive = {1024, 1024, Host::timeout_ms};
  options.inbox_lines = 4096;
  Host host(options);
  const int peer = host.open("door");
  std::string burst;
  for (int i = 1; i <= 1024; ++i) burst += "D" + std::to_string(i) + " " + std::string(500, 'x') + "\n";
  host.send(peer, burst);
  EXPECT_EQ(host.link("door").inbox.size(), 1024U);
  const std::string last = host.take(peer);
  EXPECT_EQ(last.substr(last.rfind('A')), "A1024 0\n");
}

TEST(ShardFlow, output_larger_than_the_write_buffer_is_sent_to_its_end) {
  ShardOptions options = Host::small_options();
  options.receive = {4, 1024, Host::timeout_ms};
  options.outbox_lines = 1024;
  options.outbox_bytes = 1024 * 1024;
  Host host(options);
  const int peer = host.open("door", "- 0 -", "w=1024 n=1024 t=1000");
  for (int i = 0; i < 1024; ++i) host.shard.write(host.link("door"), std::string(1000, 'x'));
  host.settle();
  const std::string received = host.take(peer);
  EXPECT_EQ(received.substr(received.rfind('D'), 6), "D1024 ");
}

// ---- lines of the wrong size or kind

TEST(ShardFlow, a_line_of_the_maximum_length_arrives_and_one_byte_more_ends_the_connection) {
  for (const std::string prefix : {"D1 ", "U "}) {
    Host host;
    const int good = host.open("door");
    host.send(good, prefix + std::string(64, 'x') + "\r\n");
    EXPECT_EQ(host.read("door"), std::string(64, 'x'));
    const int bad = host.open("lamp");
    host.send(bad, prefix + std::string(65, 'x') + "\n");
    EXPECT_EQ(host.take(bad), "BYE syntax\n");
    EXPECT_FALSE(host.read("lamp"));
    EXPECT_TRUE(host.logged("'lamp'"));
  }
}

TEST(ShardFlow, an_endless_line_is_cut_off_before_it_is_complete) {
  Host host;
  const int peer = host.open("door");
  host.send(peer, "D1 " + std::string(200, 'x'));
  EXPECT_EQ(host.take(peer), "BYE syntax\n");
  EXPECT_TRUE(host.is_ended(peer));
}

TEST(ShardFlow, garbage_ends_the_connection_and_keeps_what_came_before_it) {
  for (const std::string garbage : {"D", "D01 x", "A1", "A9 9", "R7", "HELLO", "GO 101 - 0 -", "\x80\xff", "D2 a\rb"}) {
    Host host;
    const int peer = host.open("door");
    host.send(peer, "D1 good\n" + garbage + "\nD2 after\n");
    const std::string answer = host.take(peer);
    EXPECT_NE(answer.find("BYE syntax\n"), std::string::npos) << garbage << ": " << answer;
    EXPECT_TRUE(host.logged("syntax")) << host.log_text();
    EXPECT_EQ(host.read("door"), "good") << garbage;
    EXPECT_FALSE(host.read("door")) << garbage;
    const int again = host.connect();
    host.send(again, "TL2 door\n");
    host.take(again);
    host.send(again, "GO 102 0 0 101\n");
    EXPECT_EQ(host.take(again), "GO 102 1 0\n") << garbage;
  }
}

}  // namespace
}  // namespace tautline::test
