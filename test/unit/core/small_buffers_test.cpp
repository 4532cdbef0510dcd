// Queue and line buffer with the 16-bit positions of microcontrollers, at their limits.

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <tautline/core/framing.hpp>
#include <tautline/core/line_queue.hpp>

namespace tautline {
namespace {

static_assert(sizeof(BufferIndex) == 2);

TEST(SmallBuffers, a_queue_leaves_storage_beyond_64_kilobytes_alone) {
  std::vector<char> storage(70000, '#');
  LineQueue queue(storage.data(), storage.size());
  EXPECT_EQ(queue.capacity_bytes(), max_buffer_bytes);
  EXPECT_FALSE(queue.push(std::string(max_buffer_bytes - LineQueue::header_bytes + 1, 'x')));
  ASSERT_TRUE(queue.push(std::string(max_buffer_bytes - LineQueue::header_bytes, 'x')));
  EXPECT_FALSE(queue.push(""));
  EXPECT_EQ(std::string(storage.begin() + max_buffer_bytes, storage.end()),
            std::string(storage.size() - max_buffer_bytes, '#'));
}

TEST(SmallBuffers, a_queue_keeps_all_lines_in_order_while_it_wraps) {
  std::vector<char> storage(max_buffer_bytes);
  LineQueue queue(storage.data(), storage.size());
  std::deque<std::string> expected;
  unsigned pushed = 0;
  for (unsigned round = 0; round < 300; ++round) {
    std::string line(round * 977 % 9000, static_cast<char>('a' + round % 26));
    while (!queue.push(line)) {
      ASSERT_FALSE(expected.empty());
      ASSERT_EQ(queue.front(), expected.front());
      queue.pop_front();
      expected.pop_front();
    }
    expected.push_back(std::move(line));
    queue.seek(queue.size() - 1);
    ASSERT_EQ(queue.at_cursor(), expected.back());
    ++pushed;
  }
  EXPECT_EQ(pushed, 300U);
  for (; !queue.empty(); queue.pop_front(), expected.pop_front()) ASSERT_EQ(queue.front(), expected.front());
  EXPECT_TRUE(expected.empty());
}

TEST(SmallBuffers, a_line_buffer_is_filled_to_its_last_byte) {
  std::vector<char> storage(70000);
  LineBuffer buffer(storage.data(), storage.size());
  ASSERT_EQ(buffer.free_bytes(), max_buffer_bytes);
  const std::string text = "first\n" + std::string(max_buffer_bytes - 7, 'x') + "\n";
  text.copy(buffer.free_space(), text.size());
  buffer.commit(text.size());
  EXPECT_EQ(buffer.free_bytes(), 0U);
  std::string_view line;
  ASSERT_TRUE(buffer.next(line));
  EXPECT_EQ(line, "first");
  ASSERT_TRUE(buffer.next(line));
  EXPECT_EQ(line.size(), max_buffer_bytes - 7);
  EXPECT_FALSE(buffer.next(line));
  buffer.compact();
  EXPECT_EQ(buffer.free_bytes(), max_buffer_bytes);
}

}  // namespace
}  // namespace tautline
