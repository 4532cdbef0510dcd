#include "bus/serial_line.hpp"

#include <string>

#include <gtest/gtest.h>

namespace tautline::sim {
namespace {

constexpr std::uint32_t always = 1'000'000;
constexpr Nanoseconds byte_ns = ns_per_ms;  // ten bits at 10,000 baud
constexpr SerialSettings slow{.baud = 10'000, .transmit_bytes = 8, .receive_bytes = 4};

std::string read(SerialLine& line, Side side) {
  char bytes[64];
  return {bytes, line.uart(side).read(bytes, sizeof bytes)};
}

TEST(SerialLine, takes_ten_bits_for_a_byte_and_wakes_who_gets_it) {
  SerialLine line(slow);
  EXPECT_EQ(line.uart(Side::board).write("ab", 2), 2U);
  EXPECT_EQ(line.next_ns(), byte_ns);
  EXPECT_FALSE(line.advance(byte_ns - 1).any());
  const Wakes first = line.advance(byte_ns);
  EXPECT_TRUE(first.bridge);
  EXPECT_FALSE(first.board);
  EXPECT_EQ(read(line, Side::bridge), "a");
  EXPECT_TRUE(line.advance(2 * byte_ns).board) << "its transmitter is empty";
  EXPECT_EQ(read(line, Side::bridge), "b");
  EXPECT_EQ(line.next_ns(), never_ns);
}

TEST(SerialLine, carries_both_ways_at_once) {
  SerialLine line(slow);
  line.uart(Side::board).write("to bridge", 2);
  line.uart(Side::bridge).write("TO BOARD", 2);
  line.advance(2 * byte_ns);
  EXPECT_EQ(read(line, Side::bridge), "to");
  EXPECT_EQ(read(line, Side::board), "TO");
}

TEST(SerialLine, takes_what_the_transmitter_has_room_for) {
  SerialLine line(slow);
  EXPECT_EQ(line.uart(Side::board).write("0123456789", 10), 8U);
  EXPECT_EQ(line.uart(Side::board).write("x", 1), 0U);
  line.advance(byte_ns);
  EXPECT_EQ(line.uart(Side::board).write("89", 2), 1U);
}

TEST(SerialLine, loses_what_the_receiver_has_no_room_for) {
  SerialLine line(slow);
  line.uart(Side::board).write("012345", 6);
  line.advance(6 * byte_ns);
  EXPECT_EQ(read(line, Side::bridge), "0123");
  EXPECT_EQ(line.counters().lost, 2U);
}

TEST(SerialLine, drops_changes_and_adds_bytes_by_chance) {
  Random random(1);
  SerialLine line(slow, &random, {.drop_ppm = always});
  line.uart(Side::board).write("a", 1);
  line.advance(byte_ns);
  EXPECT_EQ(read(line, Side::bridge), "");

  line.set_faults({.flip_ppm = always});
  line.uart(Side::board).write("a", 1);
  line.advance(2 * byte_ns);
  const std::string flipped = read(line, Side::bridge);
  ASSERT_EQ(flipped.size(), 1U);
  EXPECT_EQ(__builtin_popcount(static_cast<unsigned>(flipped[0] ^ 'a') & 0xFFU), 1);

  line.set_faults({.insert_ppm = always});
  line.uart(Side::board).write("a", 1);
  line.advance(3 * byte_ns);
  const std::string more = read(line, Side::bridge);
  ASSERT_EQ(more.size(), 2U);
  EXPECT_EQ(more[0], 'a');
  EXPECT_EQ(line.counters().faults, 3U);
}

TEST(SerialLine, forgets_what_a_side_that_is_reset_had_to_send_and_has_received) {
  SerialLine line(slow);
  line.uart(Side::board).write("abc", 3);
  line.uart(Side::bridge).write("x", 1);
  line.advance(byte_ns);
  line.reset(Side::board);
  EXPECT_EQ(read(line, Side::board), "");
  EXPECT_EQ(read(line, Side::bridge), "a");
  line.advance(10 * byte_ns);
  const std::string half = read(line, Side::bridge);
  ASSERT_EQ(half.size(), 1U);
  EXPECT_NE(half, "b") << "the byte on the line was cut";
}

}  // namespace
}  // namespace tautline::sim
