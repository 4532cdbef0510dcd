#include <string>

#include <gtest/gtest.h>

#include "joined.hpp"
#include "packets.hpp"
#include "tautline/bridge/byte_stream.hpp"

namespace tautline::bridge::test {
namespace {

constexpr std::uint32_t peer = StreamScript::peer;

TEST(StreamSession, says_sync_again_and_again_until_somebody_is_heard) {
  StreamScript script;
  for (int times = 0; times < 3; ++times) {
    EXPECT_EQ(script.said(), "sync");
    EXPECT_EQ(script.said(), "-");
    EXPECT_EQ(script.stream.deadline_ms(script.now), script.now + 200);
    script.pass(199);
    EXPECT_EQ(script.said(), "-");
    script.pass(1);
  }
}

TEST(StreamSession, tells_the_token_that_it_heard) {
  StreamScript script;
  EXPECT_EQ(number(script.packet(), 5, 4), 0U);
  script.hear(sync_packet(peer, 0));
  EXPECT_FALSE(script.stream.is_up());
  EXPECT_EQ(number(script.packet(), 5, 4), peer);
}

TEST(StreamSession, is_up_when_its_own_token_comes_back) {
  StreamScript script;
  script.packet();
  script.hear(sync_packet(peer, script.token));
  EXPECT_TRUE(script.stream.is_up());
  EXPECT_EQ(script.stream.sessions(), 1U);
  EXPECT_EQ(script.said(), "sync up");  // the other end does not know yet
  EXPECT_EQ(script.said(), "data 0 ack 0 room 512");
  EXPECT_EQ(script.said(), "-");
}

TEST(StreamSession, does_not_answer_an_end_that_is_up) {
  StreamScript script;
  script.packet();
  script.hear(sync_packet(peer, script.token, true));
  EXPECT_EQ(script.said(), "sync up");
  EXPECT_EQ(script.said(), "data 0 ack 0 room 512");
  script.hear(sync_packet(peer, script.token, true));
  EXPECT_EQ(script.said(), "-");
}

TEST(StreamSession, is_not_up_by_the_token_of_another) {
  StreamScript script;
  script.packet();
  script.hear(sync_packet(peer, script.token + 1, true));
  EXPECT_FALSE(script.stream.is_up());
}

TEST(StreamSession, of_another_version_or_without_a_token_is_none) {
  StreamScript script;
  script.packet();
  std::string other = sync_packet(peer, script.token);
  other[9] = 2;
  script.hear(other);
  script.hear(sync_packet(0, script.token));
  script.hear(sync_packet(peer, script.token) + "x");
  EXPECT_FALSE(script.stream.is_up());
  EXPECT_EQ(script.said(), "-");
}

TEST(StreamSession, takes_and_gives_no_bytes_before_it_is_up) {
  StreamScript script;
  EXPECT_EQ(script.stream.writable(), 0U);
  EXPECT_EQ(script.stream.write("hello"), 0U);
  script.packet();
  script.hear(data_packet(0, "hello", 0, 512));
  EXPECT_EQ(script.stream.readable_bytes(), 0U);
  EXPECT_EQ(script.said(true), "sync");
}

// Which of the first packets are lost: every combination.
TEST(StreamSession, begins_whichever_packets_are_lost) {
  for (unsigned lost = 0; lost < 1024; ++lost) {
    Joined ends;
    ends.arrives = [lost](unsigned packet, const StreamScript&, std::string_view) {
      return packet >= 10 || (lost >> packet & 1U) == 0;
    };
    ends.pass(2500);
    ASSERT_TRUE(ends.both_up()) << "lost: " << lost;
    ends.board.stream.write("ping");
    ends.bridge.stream.write("pong");
    ends.pass(300);
    ASSERT_EQ(ends.bridge.read(), "ping") << "lost: " << lost;
    ASSERT_EQ(ends.board.read(), "pong") << "lost: " << lost;
    ASSERT_EQ(ends.board.stream.sessions(), 1U);
    ASSERT_EQ(ends.bridge.stream.sessions(), 1U);
  }
}

TEST(StreamSession, begins_with_three_packets_and_the_room_of_each) {
  Joined ends;
  ends.settle();
  EXPECT_TRUE(ends.both_up());
  EXPECT_LE(ends.packets, 7U);
}

TEST(StreamSession, that_one_end_begins_anew_ends_at_the_other) {
  Joined ends;
  ends.settle();
  ends.board.stream.write("old");
  ends.board.stream.start(99, ends.board.now);
  EXPECT_FALSE(ends.board.stream.is_up());
  EXPECT_TRUE(ends.bridge.stream.is_up());
  ends.settle();
  EXPECT_TRUE(ends.both_up());
  EXPECT_EQ(ends.board.stream.sessions(), 2U);
  EXPECT_EQ(ends.bridge.stream.sessions(), 2U);
  EXPECT_EQ(ends.bridge.read(), "");
  ends.board.stream.write("new");
  ends.settle();
  EXPECT_EQ(ends.bridge.read(), "new");
}

TEST(StreamSession, begins_anew_whichever_packets_are_lost) {
  for (unsigned lost = 0; lost < 1024; ++lost) {
    Joined ends;
    ends.settle();
    ends.board.stream.write("old");
    ends.bridge.stream.write("old");
    const unsigned begin = ends.packets;
    ends.arrives = [lost, begin](unsigned packet, const StreamScript&, std::string_view) {
      return packet - begin >= 10 || (lost >> (packet - begin) & 1U) == 0;
    };
    ends.board.stream.start(99, ends.board.now);
    ends.pass(2500);
    ASSERT_TRUE(ends.both_up()) << "lost: " << lost;
    ends.board.read();
    ends.bridge.read();
    ends.board.stream.write("ping");
    ends.pass(300);
    ASSERT_EQ(ends.bridge.read(), "ping") << "lost: " << lost;
    ASSERT_EQ(ends.bridge.stream.sessions(), 2U);
  }
}

TEST(StreamSession, begins_when_both_ends_restart_at_the_same_time) {
  Joined ends;
  ends.settle();
  ends.board.stream.start(11, ends.board.now);
  ends.bridge.stream.start(12, ends.bridge.now);
  ends.settle();
  EXPECT_TRUE(ends.both_up());
  EXPECT_EQ(ends.board.stream.sessions(), 2U);
  EXPECT_EQ(ends.bridge.stream.sessions(), 2U);
}

TEST(StreamSession, survives_two_restarts_before_the_other_end_heard_of_the_first) {
  Joined ends;
  ends.settle();
  ends.board.stream.start(11, ends.board.now);
  const std::string first = ends.board.packet();
  ends.board.stream.start(12, ends.board.now);
  const std::string second = ends.board.packet();
  EXPECT_NE(number(first, 1, 4), number(second, 1, 4));
  ends.bridge.hear(first);
  ends.bridge.hear(second);
  ends.settle();
  EXPECT_TRUE(ends.both_up());
}

// The answer to the first restart comes when the second one has happened.
TEST(StreamSession, is_not_begun_by_what_was_said_to_the_session_before) {
  Joined ends;
  ends.board.packet();
  ends.bridge.hear(sync_packet(0xAA, 0));
  const std::uint32_t old = ends.board.token;
  ends.board.stream.start(11, ends.board.now);
  ends.board.packet();
  ASSERT_NE(ends.board.token, old);
  ends.board.hear(sync_packet(peer, old));
  EXPECT_FALSE(ends.board.stream.is_up());
}

TEST(StreamSession, of_an_end_that_restarts_with_the_token_it_had_ends) {
  StreamScript script;
  script.come_up();
  script.hear(sync_packet(peer, 0));
  EXPECT_FALSE(script.stream.is_up());
  script.packet();
  script.hear(sync_packet(peer, script.token));
  EXPECT_TRUE(script.stream.is_up());
  EXPECT_EQ(script.stream.sessions(), 2U);
}

TEST(StreamSession, begins_with_all_bytes_of_the_one_before_void) {
  StreamScript script;
  script.come_up();
  script.stream.write("written, and never acknowledged");
  script.packet();
  script.hear(data_packet(0, "received, and never read", 0, 512));
  script.hear(sync_packet(peer + 1, 0));
  EXPECT_EQ(script.stream.writable(), 0U);
  EXPECT_EQ(script.stream.readable_bytes(), 0U);
  script.packet();
  script.hear(sync_packet(peer + 1, script.token, true));
  EXPECT_EQ(script.stream.writable(), 512U);
  EXPECT_EQ(script.said(), "data 0 ack 0 room 512");
  EXPECT_EQ(script.said(), "-");
}

TEST(StreamSession, gives_a_sign_of_life_each_quarter_of_the_silence) {
  StreamScript script;
  script.come_up();
  ASSERT_EQ(script.said(), "-");
  for (int quarters = 0; quarters < 3; ++quarters) {
    EXPECT_EQ(script.stream.deadline_ms(script.now), script.now + 1000);
    script.pass(999);
    EXPECT_EQ(script.said(), "-");
    script.pass(1);
    EXPECT_EQ(script.said(), "data 0 ack 0 room 512");
  }
}

TEST(StreamSession, ends_when_nothing_was_heard_for_so_long) {
  StreamScript script;
  script.come_up();
  script.pass(3999);
  EXPECT_FALSE(script.stream.poll(script.now));
  script.said();
  EXPECT_EQ(script.stream.deadline_ms(script.now), script.now + 1);
  script.pass(1);
  EXPECT_FALSE(script.stream.fell_silent());
  EXPECT_TRUE(script.stream.poll(script.now));
  EXPECT_FALSE(script.stream.is_up());
  EXPECT_TRUE(script.stream.fell_silent());
  EXPECT_FALSE(script.stream.poll(script.now));
  EXPECT_EQ(script.said(), "sync");
}

TEST(StreamSession, did_not_fall_silent_if_the_other_end_began_anew) {
  StreamScript script;
  script.come_up();
  script.hear(sync_packet(peer + 1, 0));
  EXPECT_FALSE(script.stream.is_up());
  EXPECT_FALSE(script.stream.fell_silent());
}

TEST(StreamSession, goes_on_as_long_as_anything_is_heard) {
  StreamScript script;
  script.come_up();
  for (int times = 0; times < 5; ++times) {
    script.pass(3999);
    script.hear(data_packet(0, "", 0, 512));
    EXPECT_FALSE(script.stream.poll(script.now));
  }
}

TEST(StreamSession, stays_for_hours_with_nothing_to_say) {
  Joined ends;
  ends.pass(10'000'000);
  EXPECT_TRUE(ends.both_up());
  EXPECT_EQ(ends.board.stream.sessions(), 1U);
  EXPECT_LE(ends.packets, 25'000U);
}

}  // namespace
}  // namespace tautline::bridge::test
