#include "tautline/bridge/byte_stream.hpp"

#include <string>

#include <gtest/gtest.h>

#include "joined.hpp"
#include "packets.hpp"

namespace tautline::bridge::test {
namespace {

/// A stream in a session in which nothing was said yet; the test is the other end.
struct Up : StreamScript {
  explicit Up(const StreamTimes& times = {}) : StreamScript(times) {
    come_up();
    EXPECT_EQ(said(), "-");
  }
};

std::string letters(std::size_t count, std::size_t begin = 0) {
  std::string text;
  for (std::size_t i = begin; i < begin + count; ++i) text += static_cast<char>('a' + i % 26);
  return text;
}

TEST(ByteStream, sends_what_was_written) {
  Up script;
  EXPECT_EQ(script.stream.write("hello "), 6U);
  EXPECT_EQ(script.stream.write("world"), 5U);
  EXPECT_EQ(script.said(), "data 0 'hello world' ack 0 room 512");
  EXPECT_EQ(script.said(), "-");
}

TEST(ByteStream, sends_at_most_a_packet_s_payload_at_a_time) {
  Up script;
  script.stream.write(letters(450));
  EXPECT_EQ(script.said(), "data 0 (200) ack 0 room 512");
  EXPECT_EQ(script.said(), "data 200 (200) ack 0 room 512");
  EXPECT_EQ(script.said(), "data 400 (50) ack 0 room 512");
  EXPECT_EQ(script.said(), "-");
}

TEST(ByteStream, takes_what_it_has_room_for_and_more_when_some_is_acknowledged) {
  Up script;
  EXPECT_EQ(script.stream.write(letters(600)), 512U);
  EXPECT_EQ(script.stream.writable(), 0U);
  EXPECT_EQ(script.stream.write("x"), 0U);
  script.said();
  script.hear(data_packet(0, "", 200, 512));
  EXPECT_EQ(script.stream.writable(), 200U);
}

TEST(ByteStream, sends_no_more_than_the_other_end_has_room_for) {
  Up script;
  script.hear(data_packet(0, "", 0, 3));
  script.stream.write("hello");
  EXPECT_EQ(script.said(), "data 0 'hel' ack 0 room 512");
  EXPECT_EQ(script.said(), "-");
  script.hear(data_packet(0, "", 3, 1));
  EXPECT_EQ(script.said(), "data 3 'l' ack 0 room 512");
  EXPECT_EQ(script.said(), "-");
}

TEST(ByteStream, goes_on_where_it_was_when_there_is_more_room_and_no_acknowledgement) {
  Up script;
  script.hear(data_packet(0, "", 0, 3));
  script.stream.write("hello");
  EXPECT_EQ(script.said(), "data 0 'hel' ack 0 room 512");
  script.hear(data_packet(0, "", 0, 5));
  EXPECT_EQ(script.said(), "data 3 'lo' ack 0 room 512");
}

TEST(ByteStream, sends_at_most_one_payload_before_it_knows_the_other_end_s_room) {
  StreamScript script;
  script.packet();
  script.hear(sync_packet(StreamScript::peer, script.token, true));
  script.stream.write(letters(300));
  EXPECT_EQ(script.said(), "sync up");
  EXPECT_EQ(script.said(), "data 0 (200) ack 0 room 512");
  EXPECT_EQ(script.said(), "-");
}

TEST(ByteStream, gives_what_was_received_once_and_in_order) {
  Up script;
  script.hear(data_packet(0, "hel", 0, 512));
  script.hear(data_packet(3, "lo", 0, 512));
  EXPECT_EQ(script.read(), "hello");
  EXPECT_EQ(script.read(), "");
}

TEST(ByteStream, lets_look_at_what_was_received_across_the_end_of_the_buffer) {
  Up script;
  std::uint32_t at = 0;
  for (int packets = 0; packets < 2; ++packets, at += 200) {
    script.hear(data_packet(at, letters(200, at), 0, 512));
    script.read();
  }
  script.hear(data_packet(at, letters(200, at), 0, 512));
  ASSERT_EQ(script.stream.readable_bytes(), 200U);
  EXPECT_EQ(script.stream.readable(), letters(112, at)) << "up to the end of the buffer";
  char bytes[20];
  script.stream.peek(100, bytes, sizeof bytes);
  EXPECT_EQ(std::string(bytes, sizeof bytes), letters(20, at + 100));
  EXPECT_EQ(script.read(), letters(200, at));
}

TEST(ByteStream, acknowledges_a_little_later_or_with_bytes_that_go_anyway) {
  Up script;
  script.hear(data_packet(0, "hello", 0, 512));
  EXPECT_EQ(script.stream.deadline_ms(script.now), script.now + 20);
  EXPECT_EQ(script.said(), "-");
  script.pass(20);
  EXPECT_EQ(script.said(), "data 0 ack 5 room 507");
  script.hear(data_packet(5, "!", 0, 512));
  script.stream.write("yes");
  EXPECT_EQ(script.said(), "data 0 'yes' ack 6 room 506");
  script.pass(20);
  EXPECT_EQ(script.said(), "-");
}

TEST(ByteStream, acknowledges_at_once_when_half_of_its_buffer_came) {
  Up script;
  script.hear(data_packet(0, letters(200), 0, 512));
  EXPECT_EQ(script.said(), "-");
  script.hear(data_packet(200, letters(56), 0, 512));
  EXPECT_EQ(script.said(), "data 0 ack 256 room 256");
}

TEST(ByteStream, asks_once_to_send_again_what_is_missing) {
  Up script;
  script.hear(data_packet(5, "world", 0, 512));
  EXPECT_EQ(script.said(), "data 0 ack 0 room 512 resend");
  script.hear(data_packet(10, "!", 0, 512));
  EXPECT_EQ(script.said(), "-");
  script.hear(data_packet(0, "hello", 0, 512));
  script.hear(data_packet(5, "world", 0, 512));
  EXPECT_EQ(script.read(), "helloworld");
  script.pass(20);
  EXPECT_EQ(script.said(), "data 0 ack 10 room 512");
  script.hear(data_packet(20, "x", 0, 512));
  EXPECT_EQ(script.said(), "data 0 ack 10 room 512 resend") << "another gap";
}

TEST(ByteStream, sees_a_gap_by_a_packet_without_bytes_too) {
  Up script;
  script.hear(data_packet(5, "", 0, 512));
  EXPECT_EQ(script.said(), "data 0 ack 0 room 512 resend");
}

TEST(ByteStream, asks_to_send_again_after_a_damaged_packet) {
  Up script;
  script.stream.damaged();
  EXPECT_EQ(script.said(), "data 0 ack 0 room 512 resend");
  script.hear(data_packet(5, "x", 0, 512));
  EXPECT_EQ(script.said(), "-") << "it was asked already";
}

// The damaged packet had carried nothing; the next lost one would have had to wait for the other end's retry.
TEST(ByteStream, asks_again_after_a_damaged_packet_if_nothing_was_missing) {
  Up script;
  script.stream.damaged();
  script.said();
  script.hear(data_packet(0, "", 0, 512));
  script.hear(data_packet(5, "x", 0, 512));
  EXPECT_EQ(script.said(), "data 0 ack 0 room 512 resend");
}

TEST(ByteStream, does_not_ask_anybody_while_it_is_not_up) {
  StreamScript script;
  script.stream.damaged();
  EXPECT_EQ(script.said(), "sync");
  EXPECT_EQ(script.said(), "-");
  script.hear(sync_packet(StreamScript::peer, script.token, true));
  EXPECT_EQ(script.said(), "sync up");
  EXPECT_EQ(script.said(), "data 0 ack 0 room 512");
}

TEST(ByteStream, goes_back_to_what_is_acknowledged_when_it_is_asked) {
  Up script;
  script.stream.write(letters(450));
  script.said();
  script.said();
  script.said();
  script.hear(data_packet(0, "", 200, 512, resend));
  EXPECT_EQ(script.said(), "data 200 (200) ack 0 room 512");
  EXPECT_EQ(script.said(), "data 400 (50) ack 0 room 512");
  EXPECT_EQ(script.said(), "-");
}

TEST(ByteStream, sends_again_what_is_not_acknowledged_in_time) {
  Up script;
  script.stream.write("the last packet was lost");
  script.said();
  EXPECT_EQ(script.stream.deadline_ms(script.now), script.now + 200);
  script.pass(199);
  EXPECT_EQ(script.said(), "-");
  script.pass(1);
  EXPECT_EQ(script.said(), "data 0 (24) ack 0 room 512");
  script.hear(data_packet(0, "", 24, 512));
  script.pass(200);
  EXPECT_EQ(script.said(), "-");
}

TEST(ByteStream, waits_longer_when_something_was_acknowledged) {
  Up script;
  script.stream.write(letters(250));
  script.said();
  script.said();
  script.pass(150);
  script.hear(data_packet(0, "", 200, 512));
  script.pass(199);
  EXPECT_EQ(script.said(), "-");
  script.pass(1);
  EXPECT_EQ(script.said(), "data 200 (50) ack 0 room 512");
}

TEST(ByteStream, acknowledges_again_what_comes_again) {
  Up script;
  script.hear(data_packet(0, "hello", 0, 512));
  script.pass(20);
  EXPECT_EQ(script.said(), "data 0 ack 5 room 507");  // lost
  script.hear(data_packet(0, "hello", 0, 512));
  EXPECT_EQ(script.said(), "data 0 ack 5 room 507");
  EXPECT_EQ(script.read(), "hello");
}

TEST(ByteStream, is_not_made_to_wait_with_an_acknowledgement_that_is_due) {
  Up script;
  script.hear(data_packet(0, "hello", 0, 512));
  script.hear(data_packet(0, "hello", 0, 512));
  script.hear(data_packet(5, "world", 0, 512));
  EXPECT_EQ(script.said(), "data 0 ack 10 room 502");
}

TEST(ByteStream, does_not_send_again_what_is_acknowledged_after_it_was_asked_to_go_back) {
  Up script;
  script.stream.write(letters(250));
  script.said();
  script.said();
  script.hear(data_packet(0, "", 0, 512, resend));
  script.hear(data_packet(0, "", 250, 512));
  EXPECT_EQ(script.said(), "-");
  script.stream.write("next");
  EXPECT_EQ(script.said(), "data 250 'next' ack 0 room 512");
}

TEST(ByteStream, takes_the_new_end_of_a_packet_that_begins_with_known_bytes) {
  Up script;
  script.hear(data_packet(0, "hello", 0, 512));
  script.hear(data_packet(0, "hello world", 0, 512));
  EXPECT_EQ(script.read(), "hello world");
}

TEST(ByteStream, tells_at_once_that_there_is_room_again) {
  Up script;
  for (std::uint32_t at = 0; at < 512; at += 128) script.hear(data_packet(at, letters(128, at), 0, 512));
  EXPECT_EQ(script.said(), "data 0 ack 512 room 0");
  script.stream.consume(199);
  EXPECT_EQ(script.said(), "-");
  script.stream.consume(1);
  EXPECT_EQ(script.said(), "data 0 ack 512 room 200");
}

TEST(ByteStream, drops_what_it_has_no_room_for) {
  Up script;
  for (std::uint32_t at = 0; at < 400; at += 200) script.hear(data_packet(at, letters(200, at), 0, 512));
  script.hear(data_packet(400, letters(200, 400), 0, 512));  // 88 more than it was told
  EXPECT_EQ(script.said(), "data 0 ack 512 room 0");
  EXPECT_EQ(script.read(), letters(512));
}

TEST(ByteStream, asks_for_room_when_the_news_of_it_may_be_lost) {
  Up script;
  script.hear(data_packet(0, "", 0, 0));
  script.stream.write("hello");
  EXPECT_EQ(script.said(), "-");
  script.pass(200);
  EXPECT_EQ(script.said(), "data 0 ack 0 room 512 probe");
  EXPECT_EQ(script.said(), "-");
  script.pass(200);
  EXPECT_EQ(script.said(), "data 0 ack 0 room 512 probe");
  script.hear(data_packet(0, "", 0, 100));
  EXPECT_EQ(script.said(), "data 0 'hello' ack 0 room 512");
}

TEST(ByteStream, answers_who_asks_for_room) {
  Up script;
  script.hear(data_packet(0, "", 0, 512, probe));
  EXPECT_EQ(script.said(), "data 0 ack 0 room 512");
  EXPECT_EQ(script.said(), "-");
}

TEST(ByteStream, gives_a_packet_whenever_the_line_must_have_one) {
  Up script;
  EXPECT_EQ(script.said(true), "data 0 ack 0 room 512");
  script.hear(data_packet(0, "hello", 0, 512));
  EXPECT_EQ(script.said(true), "data 0 ack 5 room 507");
  script.pass(20);
  EXPECT_EQ(script.said(), "-") << "it is acknowledged";
}

TEST(ByteStream, says_again_all_that_a_packet_said_that_did_not_arrive) {
  Up script;
  script.stream.write(letters(250));
  script.said();
  script.stream.damaged();
  EXPECT_EQ(script.said(), "data 200 (50) ack 0 room 512 resend");
  script.stream.retry();
  EXPECT_EQ(script.said(), "data 200 (50) ack 0 room 512 resend") << "only the last packet was lost";
  script.hear(data_packet(0, "x", 250, 512));
  script.pass(20);
  EXPECT_EQ(script.said(), "data 250 ack 1 room 511");
  script.stream.retry();
  EXPECT_EQ(script.said(), "data 250 ack 1 room 511");
}

TEST(ByteStream, asks_again_for_room_if_the_question_did_not_arrive) {
  Up script;
  script.hear(data_packet(0, "", 0, 0));
  script.stream.write("hello");
  script.pass(200);
  EXPECT_EQ(script.said(), "data 0 ack 0 room 512 probe");
  script.stream.retry();
  EXPECT_EQ(script.said(), "data 0 ack 0 room 512 probe");
}

TEST(ByteStream, does_not_go_back_to_what_was_acknowledged_after_all) {
  Up script;
  script.stream.write("hello");
  script.said();
  script.hear(data_packet(0, "", 5, 512));
  script.stream.retry();
  EXPECT_EQ(script.said(), "data 5 ack 0 room 512");
}

TEST(ByteStream, says_sync_again_if_it_did_not_arrive) {
  StreamScript script;
  EXPECT_EQ(script.said(), "sync");
  script.stream.retry();
  EXPECT_EQ(script.said(), "sync");
  script.come_up();
  script.hear(sync_packet(StreamScript::peer, script.token));  // it has not heard that this end is up
  EXPECT_EQ(script.said(), "sync up");
  script.stream.retry();
  EXPECT_EQ(script.said(), "sync up");
}

TEST(ByteStream, takes_no_acknowledgement_of_what_was_never_written) {
  Up script;
  script.stream.write("hello");
  script.said();
  script.hear(data_packet(0, "x", 6, 512));
  script.hear(data_packet(0, "x", 0xFFFF, 512));
  EXPECT_EQ(script.stream.writable(), 507U);
  EXPECT_EQ(script.read(), "");
}

TEST(ByteStream, ignores_packets_that_make_no_sense) {
  Up script;
  script.hear("");
  script.hear("\x02");
  script.hear(data_packet(0, "", 0, 512).substr(0, 6));
  script.hear(data_packet(0, letters(201), 0, 512));
  script.hear("\x03" + data_packet(0, "hello", 0, 512).substr(1));
  EXPECT_EQ(script.read(), "");
  EXPECT_EQ(script.said(), "-");
}

TEST(ByteStream, carries_more_bytes_than_its_numbers_count_to) {
  Joined ends;
  ends.settle();
  std::size_t written[2] = {};
  std::size_t read[2] = {};
  for (int turns = 0; turns < 2000 && (read[0] < 150'000 || read[1] < 150'000); ++turns) {
    int index = 0;
    for (StreamScript* end : {&ends.board, &ends.bridge}) {
      written[index] += end->stream.write(letters(300, written[index]));
      const std::string got = end->read();
      ASSERT_EQ(got, letters(got.size(), read[index]));
      read[index++] += got.size();
    }
    ends.settle();
    if (turns % 7 == 0) ends.pass(20);
  }
  EXPECT_GE(read[0], 150'000U);
  EXPECT_GE(read[1], 150'000U);
}

TEST(ByteStream, works_with_the_least_buffers) {
  StoredStream<200, 200> board;
  StoredStream<200, 200> bridge;
  std::uint32_t now = 0;
  board.start(1, now);
  bridge.start(2, now);
  std::string got;
  std::size_t written = 0;
  for (int turns = 0; turns < 200 && got.size() < 2000; ++turns, now += 10) {
    if (board.is_up()) written += board.write(letters(200, written));
    for (int packets = 0; packets < 4; ++packets) {
      char packet[max_packet_bytes];
      if (const std::size_t bytes = board.produce(packet, now)) bridge.receive({packet, bytes}, now);
      if (const std::size_t bytes = bridge.produce(packet, now)) board.receive({packet, bytes}, now);
    }
    got += bridge.readable();
    bridge.consume(bridge.readable().size());
  }
  EXPECT_GE(got.size(), 2000U);
  EXPECT_EQ(got, letters(got.size()));
}

}  // namespace
}  // namespace tautline::bridge::test
