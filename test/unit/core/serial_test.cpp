#include <cstdint>

#include <gtest/gtest.h>
#include <tautline/core/serial.hpp>

namespace tautline {
namespace {

constexpr std::uint32_t last = 0xFFFFFFFF;

TEST(Serial, distance_is_signed_and_survives_the_wrap) {
  EXPECT_EQ(distance(5, 3), 2);
  EXPECT_EQ(distance(3, 5), -2);
  EXPECT_EQ(distance(0, last), 1);
  EXPECT_EQ(distance(last, 0), -1);
}

TEST(Serial, zero_comes_after_the_largest_number) {
  EXPECT_TRUE(after(0, last));
  EXPECT_TRUE(before(last, 0));
  EXPECT_TRUE(at_or_before(last, 0));
  EXPECT_FALSE(before(0, last));
}

TEST(Serial, a_number_is_neither_before_nor_after_itself) {
  for (const std::uint32_t x : {0U, 1U, 0x7FFFFFFFU, 0x80000000U, last}) {
    EXPECT_FALSE(before(x, x));
    EXPECT_FALSE(after(x, x));
    EXPECT_TRUE(at_or_before(x, x));
  }
}

TEST(Serial, order_holds_up_to_a_distance_of_2_to_the_31_less_one) {
  EXPECT_TRUE(before(10, 10 + 0x7FFFFFFFU));
  EXPECT_FALSE(before(10, 10 + 0x80000001U));
}

TEST(Serial, within_is_closed_at_both_ends) {
  EXPECT_FALSE(within(4, 5, 7));
  EXPECT_TRUE(within(5, 5, 7));
  EXPECT_TRUE(within(7, 5, 7));
  EXPECT_FALSE(within(8, 5, 7));
  EXPECT_TRUE(within(5, 5, 5));
  EXPECT_FALSE(within(6, 5, 5));
}

TEST(Serial, within_spans_the_wrap) {
  EXPECT_TRUE(within(last, last - 1, 1));
  EXPECT_TRUE(within(0, last - 1, 1));
  EXPECT_TRUE(within(1, last - 1, 1));
  EXPECT_FALSE(within(2, last - 1, 1));
  EXPECT_FALSE(within(last - 2, last - 1, 1));
}

TEST(Serial, later_and_earlier_span_the_wrap) {
  EXPECT_EQ(later(last, 2), 2U);
  EXPECT_EQ(later(2, last), 2U);
  EXPECT_EQ(earlier(last, 2), last);
  EXPECT_EQ(earlier(2, last), last);
}

}  // namespace
}  // namespace tautline
