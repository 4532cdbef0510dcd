#include "tautline/core/first_line.hpp"

#include <gtest/gtest.h>

namespace tautline {
namespace {

FirstLine classify(std::string_view line) {
  wire_2::Hello hello;
  return classify_first_line(line, hello);
}

TEST(FirstLine, a_strict_hello_is_protocol_2) {
  wire_2::Hello hello;
  ASSERT_EQ(classify_first_line("TL2 door w=8 n=256 t=9000\r", hello), FirstLine::hello);
  EXPECT_EQ(hello.id, "door");
  EXPECT_EQ(hello.limits.window, 8U);
}

TEST(FirstLine, blank_lines_say_nothing) {
  EXPECT_EQ(classify(""), FirstLine::blank);
  EXPECT_EQ(classify("\r"), FirstLine::blank);
}

TEST(FirstLine, another_version_or_a_malformed_hello_is_told_so) {
  EXPECT_EQ(classify("TL3 door"), FirstLine::other_version);
  EXPECT_EQ(classify("TL2 door w=0"), FirstLine::other_version);
  EXPECT_EQ(classify("TL2"), FirstLine::other_version);
  EXPECT_EQ(classify("TL9"), FirstLine::other_version);
}

TEST(FirstLine, anything_else_may_be_an_id_of_protocol_1) {
  EXPECT_EQ(classify("1"), FirstLine::protocol_1_id);
  EXPECT_EQ(classify("TLx"), FirstLine::protocol_1_id);
  EXPECT_EQ(classify("kitchen sensor"), FirstLine::protocol_1_id);
}

}  // namespace
}  // namespace tautline
