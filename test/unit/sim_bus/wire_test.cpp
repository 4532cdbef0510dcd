#include "bus/wire.hpp"

#include <gtest/gtest.h>

namespace tautline::sim {
namespace {

constexpr std::uint32_t always = 1'000'000;

TEST(Wire, is_high_while_nobody_drives_it) {
  Wire wire;
  EXPECT_TRUE(wire.pin(Side::board).read());
  EXPECT_TRUE(wire.pin(Side::bridge).read());
  EXPECT_EQ(wire.next_ns(), never_ns);
}

TEST(Wire, shows_a_change_to_the_other_side_after_its_delay_and_wakes_it) {
  Wire wire(nullptr, {}, 100);
  wire.pin(Side::board).write(false);
  EXPECT_FALSE(wire.pin(Side::board).read());
  EXPECT_TRUE(wire.pin(Side::bridge).read());
  EXPECT_EQ(wire.next_ns(), 100U);
  EXPECT_FALSE(wire.advance(99).any());
  EXPECT_TRUE(wire.pin(Side::bridge).read());
  const Wakes wakes = wire.advance(100);
  EXPECT_TRUE(wakes.bridge);
  EXPECT_FALSE(wakes.board);
  EXPECT_FALSE(wire.pin(Side::bridge).read());
}

TEST(Wire, says_nothing_of_a_write_that_changes_nothing) {
  Wire wire;
  wire.pin(Side::board).write(true);
  EXPECT_EQ(wire.next_ns(), never_ns);
}

TEST(Wire, is_low_while_one_of_two_drives_it_low) {
  Wire wire;
  wire.pin(Side::board).write(false);
  wire.pin(Side::bridge).write(true);
  EXPECT_FALSE(wire.level());
  wire.pin(Side::board).release();
  EXPECT_TRUE(wire.level());
}

TEST(Wire, is_pulled_up_when_its_owner_goes) {
  Wire wire;
  wire.pin(Side::board).write(false);
  wire.advance(ns_per_ms);
  wire.pin(Side::board).release();
  EXPECT_TRUE(wire.advance(2 * ns_per_ms).bridge);
  EXPECT_TRUE(wire.pin(Side::bridge).read());
}

TEST(Wire, with_a_lost_edge_is_misread_until_the_next) {
  Random random(1);
  Wire wire(&random, {.lost_edge_ppm = always});
  wire.pin(Side::board).write(false);
  EXPECT_FALSE(wire.advance(ns_per_ms).any());
  EXPECT_TRUE(wire.pin(Side::bridge).read());
  EXPECT_EQ(wire.lost_edges(), 1U);
  wire.set_faults({});
  wire.pin(Side::board).write(true);
  wire.pin(Side::board).write(false);
  wire.advance(2 * ns_per_ms);
  EXPECT_FALSE(wire.pin(Side::bridge).read());
}

TEST(Wire, with_a_lost_wake_is_read_right) {
  Random random(1);
  Wire wire(&random, {.lost_wake_ppm = always});
  wire.pin(Side::board).write(false);
  EXPECT_FALSE(wire.advance(ns_per_ms).any());
  EXPECT_FALSE(wire.pin(Side::bridge).read());
}

TEST(Wire, that_is_stuck_comes_free_and_tells_both) {
  Wire wire;
  wire.stick(true, 5 * ns_per_ms);
  wire.pin(Side::board).write(false);
  wire.advance(ns_per_ms);
  EXPECT_TRUE(wire.level());
  EXPECT_TRUE(wire.pin(Side::board).read());
  EXPECT_EQ(wire.next_ns(), 5 * ns_per_ms);
  const Wakes wakes = wire.advance(6 * ns_per_ms);
  EXPECT_TRUE(wakes.board && wakes.bridge);
  EXPECT_FALSE(wire.pin(Side::bridge).read());
  EXPECT_FALSE(wire.pin(Side::board).read());
}

TEST(Wire, sticks_by_chance) {
  Random random(1);
  Wire wire(&random, {.stuck_ppm = always, .stuck_ns = {ns_per_s, 2 * ns_per_s}});
  wire.pin(Side::board).write(false);
  wire.advance(ns_per_s - 1);
  EXPECT_TRUE(wire.level());
  wire.advance(2 * ns_per_s);
  EXPECT_FALSE(wire.level());
}

}  // namespace
}  // namespace tautline::sim
