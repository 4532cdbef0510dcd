#include <cstdint>

#include <gtest/gtest.h>
#include <tautline/core/backoff.hpp>

namespace tautline {
namespace {

constexpr std::uint32_t shortest_draw = 0;  // as a random number it draws the half

/// Twice the shortest delay: the whole of that step.
std::uint32_t whole_ms(Backoff& backoff) {
  return 2 * backoff.next_ms(shortest_draw);
}

TEST(Backoff, doubles_from_100_ms_to_4_s_and_stays_there) {
  Backoff backoff;
  for (const std::uint32_t expected : {100U, 200U, 400U, 800U, 1600U, 3200U, 4000U, 4000U, 4000U}) {
    EXPECT_EQ(whole_ms(backoff), expected);
  }
}

TEST(Backoff, each_delay_lies_between_half_and_whole_and_reaches_both) {
  std::uint32_t shortest = ~0U;
  std::uint32_t longest = 0;
  for (std::uint32_t random = 0; random < 1000; ++random) {
    Backoff backoff;
    const std::uint32_t delay = backoff.next_ms(random);
    shortest = delay < shortest ? delay : shortest;
    longest = delay > longest ? delay : longest;
  }
  EXPECT_EQ(shortest, 50U);
  EXPECT_EQ(longest, 100U);
}

TEST(Backoff, the_largest_random_number_stays_within_the_bounds) {
  Backoff backoff;
  backoff.slow_down();
  const std::uint32_t delay = backoff.next_ms(0xFFFFFFFF);
  EXPECT_GE(delay, 2000U);
  EXPECT_LE(delay, 4000U);
}

TEST(Backoff, slow_down_goes_to_the_longest_delay_at_once) {
  Backoff backoff;
  backoff.slow_down();
  EXPECT_EQ(whole_ms(backoff), 4000U);
}

TEST(Backoff, reset_begins_again) {
  Backoff backoff;
  for (int i = 0; i < 5; ++i) backoff.next_ms(shortest_draw);
  backoff.reset();
  EXPECT_EQ(whole_ms(backoff), 100U);
}

}  // namespace
}  // namespace tautline
