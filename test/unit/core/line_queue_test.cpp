#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <tautline/core/line_queue.hpp>

namespace tautline {
namespace {

struct Queue {
  explicit Queue(std::size_t bytes) : storage(bytes), lines(storage.data(), bytes) {}

  std::string pop() {
    std::string line(lines.front());
    lines.pop_front();
    return line;
  }

  std::vector<char> storage;
  LineQueue lines;
};

constexpr std::size_t record(std::size_t line_bytes) {
  return line_bytes + LineQueue::header_bytes;
}

TEST(LineQueue, first_in_first_out) {
  Queue queue(64);
  EXPECT_TRUE(queue.lines.push("one"));
  EXPECT_TRUE(queue.lines.push("two"));
  EXPECT_EQ(queue.lines.size(), 2U);
  EXPECT_EQ(queue.pop(), "one");
  EXPECT_EQ(queue.pop(), "two");
  EXPECT_TRUE(queue.lines.empty());
}

TEST(LineQueue, without_storage_it_is_empty_and_always_full) {
  LineQueue queue;
  EXPECT_TRUE(queue.empty());
  EXPECT_FALSE(queue.fits(0));
  EXPECT_FALSE(queue.push(""));
}

TEST(LineQueue, carries_empty_lines_and_every_byte) {
  Queue queue(600);
  std::string every_byte;
  for (int byte = 0; byte < 256; ++byte) every_byte.push_back(static_cast<char>(byte));
  ASSERT_TRUE(queue.lines.push(""));
  ASSERT_TRUE(queue.lines.push(every_byte));
  EXPECT_EQ(queue.pop(), "");
  EXPECT_EQ(queue.pop(), every_byte);
}

TEST(LineQueue, keeps_lines_longer_than_64_kilobytes) {
  Queue queue(70100);
  const std::string line(70000, 'x');
  ASSERT_TRUE(queue.lines.push(line));
  EXPECT_EQ(queue.pop(), line);
}

TEST(LineQueue, keeps_the_tag_of_each_line) {
  Queue queue(64);
  ASSERT_TRUE(queue.lines.push("one", 1));
  ASSERT_TRUE(queue.lines.push("two", 255));
  EXPECT_EQ(queue.lines.front_tag(), 1);
  queue.lines.seek(1);
  EXPECT_EQ(queue.lines.cursor_tag(), 255);
  queue.lines.pop_front();
  EXPECT_EQ(queue.lines.front_tag(), 255);
}

TEST(LineQueue, a_full_queue_refuses_and_stays_as_it_was) {
  Queue queue(record(3) * 2);
  ASSERT_TRUE(queue.lines.push("one"));
  ASSERT_TRUE(queue.lines.push("two"));
  EXPECT_FALSE(queue.lines.fits(0));
  EXPECT_FALSE(queue.lines.push("three"));
  EXPECT_EQ(queue.pop(), "one");
  EXPECT_EQ(queue.pop(), "two");
}

TEST(LineQueue, takes_a_line_that_fills_the_storage_exactly) {
  Queue queue(record(10));
  EXPECT_FALSE(queue.lines.push("12345678901"));
  EXPECT_TRUE(queue.lines.push("1234567890"));
  EXPECT_EQ(queue.pop(), "1234567890");
  EXPECT_TRUE(queue.lines.push("1234567890"));
}

TEST(LineQueue, wraps_to_the_front_when_the_end_is_too_short) {
  Queue queue(record(4) * 3 + 2);
  ASSERT_TRUE(queue.lines.push("aaaa"));
  ASSERT_TRUE(queue.lines.push("bbbb"));
  ASSERT_TRUE(queue.lines.push("cccc"));
  EXPECT_FALSE(queue.lines.fits(4));
  EXPECT_EQ(queue.pop(), "aaaa");
  ASSERT_TRUE(queue.lines.push("dddd"));  // at the front; two bytes at the end stay unused
  EXPECT_FALSE(queue.lines.fits(0));
  EXPECT_EQ(queue.pop(), "bbbb");
  EXPECT_EQ(queue.pop(), "cccc");
  EXPECT_EQ(queue.pop(), "dddd");
  EXPECT_TRUE(queue.lines.empty());
}

TEST(LineQueue, a_whole_round_in_a_full_ring_keeps_the_order) {
  Queue queue(record(2) * 3);
  for (char c = 'a'; c <= 'c'; ++c) ASSERT_TRUE(queue.lines.push(std::string(2, c)));
  for (char c = 'd'; c <= 'z'; ++c) {
    EXPECT_EQ(queue.pop(), std::string(2, static_cast<char>(c - 3)));
    ASSERT_TRUE(queue.lines.push(std::string(2, c)));
    EXPECT_FALSE(queue.lines.fits(0));
  }
}

TEST(LineQueue, bytes_for_holds_that_many_lines_whatever_came_before) {
  constexpr std::size_t lines = 4;
  constexpr std::size_t max_line = 9;
  Queue queue(LineQueue::bytes_for(lines, max_line));
  for (std::size_t turn = 0; turn < 1000; ++turn) {
    while (queue.lines.size() < lines) ASSERT_TRUE(queue.lines.push(std::string((turn * 7) % (max_line + 1), 'x')));
    queue.lines.pop_front();
    if (turn % 3 == 0) queue.lines.pop_front();
  }
}

TEST(LineQueue, a_cursor_after_the_last_line_stands_on_the_next_one_pushed) {
  Queue queue(64);
  ASSERT_TRUE(queue.lines.push("one"));
  queue.lines.seek(1);
  EXPECT_EQ(queue.lines.cursor(), queue.lines.size());
  ASSERT_TRUE(queue.lines.push("two"));
  EXPECT_EQ(queue.lines.at_cursor(), "two");
}

TEST(LineQueue, a_cursor_after_the_last_line_follows_a_wrap) {
  Queue queue(record(4) * 2 + 2);
  ASSERT_TRUE(queue.lines.push("aaaa"));
  ASSERT_TRUE(queue.lines.push("bbbb"));
  queue.lines.seek(2);
  queue.lines.pop_front();
  ASSERT_TRUE(queue.lines.push("cccc"));
  EXPECT_EQ(queue.lines.cursor(), 1U);
  EXPECT_EQ(queue.lines.at_cursor(), "cccc");
}

TEST(LineQueue, pop_keeps_the_cursor_on_its_line) {
  Queue queue(64);
  for (const char* line : {"one", "two", "three"}) ASSERT_TRUE(queue.lines.push(line));
  queue.lines.seek(2);
  queue.lines.pop_front();
  EXPECT_EQ(queue.lines.cursor(), 1U);
  EXPECT_EQ(queue.lines.at_cursor(), "three");
}

TEST(LineQueue, pop_moves_a_cursor_that_stands_on_the_front) {
  Queue queue(64);
  for (const char* line : {"one", "two"}) ASSERT_TRUE(queue.lines.push(line));
  queue.lines.pop_front();
  EXPECT_EQ(queue.lines.cursor(), 0U);
  EXPECT_EQ(queue.lines.at_cursor(), "two");
}

TEST(LineQueue, seek_goes_back_and_forth_across_the_wrap) {
  Queue queue(record(4) * 3 + 2);
  for (const char* line : {"aaaa", "bbbb", "cccc"}) ASSERT_TRUE(queue.lines.push(line));
  queue.lines.pop_front();
  ASSERT_TRUE(queue.lines.push("dddd"));
  for (const std::uint32_t index : {2U, 0U, 1U, 2U, 1U, 0U}) {
    queue.lines.seek(index);
    EXPECT_EQ(queue.lines.at_cursor(), std::string(4, static_cast<char>('b' + index)));
  }
}

TEST(LineQueue, clear_forgets_lines_and_cursor) {
  Queue queue(record(3) * 2);
  ASSERT_TRUE(queue.lines.push("one"));
  ASSERT_TRUE(queue.lines.push("two"));
  queue.lines.seek(2);
  queue.lines.clear();
  EXPECT_TRUE(queue.lines.empty());
  EXPECT_EQ(queue.lines.cursor(), 0U);
  ASSERT_TRUE(queue.lines.push("new"));
  EXPECT_EQ(queue.lines.at_cursor(), "new");
}

TEST(LineQueue, move_to_keeps_lines_tags_and_cursor_and_returns_the_old_storage) {
  Queue queue(record(4) * 3 + 2);
  for (const char* line : {"aaaa", "bbbb", "cccc"}) ASSERT_TRUE(queue.lines.push(line));
  queue.lines.pop_front();
  ASSERT_TRUE(queue.lines.push("dddd", 7));
  queue.lines.seek(1);
  std::vector<char> larger(200);
  EXPECT_EQ(queue.lines.move_to(larger.data(), larger.size()), queue.storage.data());
  EXPECT_EQ(queue.lines.storage(), larger.data());
  EXPECT_EQ(queue.lines.capacity_bytes(), larger.size());
  EXPECT_EQ(queue.lines.at_cursor(), "cccc");
  EXPECT_EQ(queue.pop(), "bbbb");
  EXPECT_EQ(queue.pop(), "cccc");
  EXPECT_EQ(queue.lines.front_tag(), 7);
  EXPECT_EQ(queue.pop(), "dddd");
  EXPECT_TRUE(queue.lines.push(std::string(190, 'x')));
}

TEST(LineQueue, move_to_keeps_a_cursor_after_the_last_line) {
  Queue queue(64);
  ASSERT_TRUE(queue.lines.push("one"));
  queue.lines.seek(1);
  std::vector<char> other(64);
  queue.lines.move_to(other.data(), other.size());
  EXPECT_EQ(queue.lines.cursor(), 1U);
  ASSERT_TRUE(queue.lines.push("two"));
  EXPECT_EQ(queue.lines.at_cursor(), "two");
}

TEST(LineQueue, move_to_gives_storage_to_a_queue_that_had_none) {
  LineQueue queue;
  std::vector<char> storage(32);
  EXPECT_EQ(queue.move_to(storage.data(), storage.size()), nullptr);
  EXPECT_TRUE(queue.push("one"));
}

}  // namespace
}  // namespace tautline
