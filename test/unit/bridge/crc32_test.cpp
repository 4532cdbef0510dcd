#include "tautline/bridge/crc32.hpp"

#include <string>

#include <gtest/gtest.h>

#include "packets.hpp"

namespace tautline::bridge::test {
namespace {

TEST(Crc32, has_the_published_check_value) {
  EXPECT_EQ(crc32("123456789"), 0xCBF43926U);
}

TEST(Crc32, of_nothing_is_zero) {
  EXPECT_EQ(crc32(""), 0U);
}

TEST(Crc32, of_single_bytes_and_zeros_is_that_of_zlib) {
  EXPECT_EQ(crc32("a"), 0xE8B7BE43U);
  EXPECT_EQ(crc32(std::string(4, '\0')), 0x2144DF1CU);
  EXPECT_EQ(crc32(std::string(4, '\xFF')), 0xFFFFFFFFU);
}

TEST(Crc32, by_table_is_that_bit_by_bit) {
  std::string bytes;
  for (unsigned i = 0; i < 300; ++i) {
    EXPECT_EQ(crc32(bytes), slow_crc32(bytes));
    bytes += static_cast<char>(i * 37U);
  }
}

}  // namespace
}  // namespace tautline::bridge::test
