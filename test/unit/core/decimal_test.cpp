#include <cstdint>
#include <string>
#include <string_view>

#include <gtest/gtest.h>
#include <tautline/core/decimal.hpp>

namespace tautline {
namespace {

std::string written(std::uint32_t value) {
  char digits[max_decimal_digits];
  return {digits, put_decimal(digits, value)};
}

std::uint32_t parsed(std::string_view text) {
  std::uint32_t value = 0;
  EXPECT_TRUE(parse_decimal(text, value)) << text;
  return value;
}

bool refused(std::string_view text) {
  std::uint32_t value = 0;
  return !parse_decimal(text, value);
}

TEST(Decimal, reads_the_smallest_and_the_largest_number) {
  EXPECT_EQ(parsed("0"), 0U);
  EXPECT_EQ(parsed("1"), 1U);
  EXPECT_EQ(parsed("10"), 10U);
  EXPECT_EQ(parsed("4294967295"), 4294967295U);
}

TEST(Decimal, refuses_what_does_not_fit_32_bits) {
  EXPECT_TRUE(refused("4294967296"));
  EXPECT_TRUE(refused("4294967300"));
  EXPECT_TRUE(refused("9999999999"));
  EXPECT_TRUE(refused("42949672950"));
  EXPECT_TRUE(refused("18446744073709551617"));  // 2^64 + 1 must not come out as 1
}

TEST(Decimal, refuses_leading_zeros_signs_and_other_spellings) {
  for (const std::string_view text : {"", "00", "01", "-1", "+1", " 1", "1 ", "0x10", "1e3", "1.0", "a", "\n"}) {
    EXPECT_TRUE(refused(text)) << text;
  }
}

TEST(Decimal, refuses_bytes_above_127) {
  EXPECT_TRUE(refused("\xB1\xB2"));
}

TEST(Decimal, take_removes_the_number_and_leaves_the_rest) {
  std::string_view text = "17 light on";
  std::uint32_t value = 0;
  ASSERT_TRUE(take_decimal(text, value));
  EXPECT_EQ(value, 17U);
  EXPECT_EQ(text, " light on");
}

TEST(Decimal, take_stops_after_a_lone_zero) {
  std::string_view text = "0 rest";
  std::uint32_t value = 9;
  ASSERT_TRUE(take_decimal(text, value));
  EXPECT_EQ(value, 0U);
  EXPECT_EQ(text, " rest");
}

TEST(Decimal, does_not_read_past_the_end_of_the_view) {
  const std::string_view digits = "123456";
  EXPECT_EQ(parsed(digits.substr(0, 3)), 123U);
}

TEST(Decimal, writes_without_leading_zeros) {
  EXPECT_EQ(written(0), "0");
  EXPECT_EQ(written(7), "7");
  EXPECT_EQ(written(100), "100");
  EXPECT_EQ(written(4294967295U), "4294967295");
}

}  // namespace
}  // namespace tautline
