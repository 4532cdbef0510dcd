#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <tautline/core/framing.hpp>

namespace tautline {
namespace {

/// A LineBuffer of `size` bytes that is fed text.
struct Buffer {
  explicit Buffer(std::size_t size) : storage(size), lines(storage.data(), size) {}

  void receive(std::string_view bytes) {
    ASSERT_LE(bytes.size(), lines.free_bytes());
    std::memcpy(lines.free_space(), bytes.data(), bytes.size());
    lines.commit(bytes.size());
  }

  std::vector<std::string> take_all() {
    std::vector<std::string> taken;
    std::string_view line;
    while (lines.next(line)) taken.emplace_back(line);
    return taken;
  }

  std::vector<char> storage;
  LineBuffer lines;
};

using Lines = std::vector<std::string>;

TEST(TakeLine, takes_one_line_and_leaves_the_rest) {
  std::string_view bytes = "A1 0\nD1 x";
  std::string_view line;
  ASSERT_TRUE(take_line(bytes, line));
  EXPECT_EQ(line, "A1 0");
  EXPECT_EQ(bytes, "D1 x");
  EXPECT_FALSE(take_line(bytes, line));
  EXPECT_EQ(bytes, "D1 x");
}

TEST(TakeLine, nothing_in_nothing) {
  std::string_view bytes;
  std::string_view line;
  EXPECT_FALSE(take_line(bytes, line));
}

TEST(TakeLine, a_lone_newline_is_an_empty_line) {
  std::string_view bytes = "\n";
  std::string_view line = "old";
  ASSERT_TRUE(take_line(bytes, line));
  EXPECT_EQ(line, "");
  EXPECT_EQ(bytes, "");
}

TEST(LineBuffer, splits_several_lines_of_one_read) {
  Buffer buffer(64);
  buffer.receive("one\n\ntwo\n");
  EXPECT_EQ(buffer.take_all(), (Lines{"one", "", "two"}));
  EXPECT_TRUE(buffer.lines.waiting().empty());
}

TEST(LineBuffer, a_line_without_newline_waits_for_the_rest) {
  Buffer buffer(64);
  buffer.receive("D1 temp");
  EXPECT_EQ(buffer.take_all(), Lines{});
  EXPECT_EQ(buffer.lines.waiting(), "D1 temp");
  buffer.receive(" 21.5\nA");
  EXPECT_EQ(buffer.take_all(), (Lines{"D1 temp 21.5"}));
  EXPECT_EQ(buffer.lines.waiting(), "A");
}

TEST(LineBuffer, newline_is_a_terminator_and_never_stripped_from_the_front) {
  Buffer buffer(64);
  buffer.receive("keepalive");
  EXPECT_EQ(buffer.take_all(), Lines{});
  buffer.receive("\n");
  EXPECT_EQ(buffer.take_all(), (Lines{"keepalive"}));
  buffer.receive("\n");
  EXPECT_EQ(buffer.take_all(), (Lines{""}));
}

TEST(LineBuffer, keeps_carriage_returns_and_nul_for_the_parser) {
  Buffer buffer(64);
  buffer.receive(std::string_view("a\r\nb\0c\n", 7));
  EXPECT_EQ(buffer.take_all(), (Lines{"a\r", std::string("b\0c", 3)}));
}

TEST(LineBuffer, compact_moves_the_waiting_line_to_the_front_and_makes_room) {
  Buffer buffer(8);
  buffer.receive("one\ntwo-");
  EXPECT_EQ(buffer.lines.free_bytes(), 0U);
  EXPECT_EQ(buffer.take_all(), (Lines{"one"}));
  buffer.lines.compact();
  EXPECT_EQ(buffer.lines.free_bytes(), 4U);
  EXPECT_EQ(buffer.lines.waiting(), "two-");
  buffer.receive("end\n");
  EXPECT_EQ(buffer.take_all(), (Lines{"two-end"}));
}

TEST(LineBuffer, compact_after_everything_was_taken_gives_the_whole_storage_back) {
  Buffer buffer(4);
  buffer.receive("one\n");
  EXPECT_EQ(buffer.take_all(), (Lines{"one"}));
  buffer.lines.compact();
  EXPECT_EQ(buffer.lines.free_bytes(), 4U);
  EXPECT_EQ(buffer.lines.free_space(), buffer.storage.data());
}

TEST(LineBuffer, overlong_is_told_only_beyond_the_limit) {
  Buffer buffer(16);
  buffer.receive("12345");
  EXPECT_FALSE(buffer.lines.overlong(5));
  EXPECT_TRUE(buffer.lines.overlong(4));
}

TEST(LineBuffer, overlong_counts_the_waiting_line_only) {
  Buffer buffer(16);
  buffer.receive("123456789\n12");
  EXPECT_EQ(buffer.take_all().size(), 1U);
  EXPECT_FALSE(buffer.lines.overlong(2));
  EXPECT_TRUE(buffer.lines.overlong(1));
}

TEST(LineBuffer, reset_forgets_the_partial_line_of_the_old_connection) {
  Buffer buffer(16);
  buffer.receive("D1 hal");
  buffer.lines.reset();
  buffer.receive("HI 1 2\n");
  EXPECT_EQ(buffer.take_all(), (Lines{"HI 1 2"}));
}

}  // namespace
}  // namespace tautline
