#include "tautline/server/heap_queue.hpp"

#include <cstdint>
#include <cstdlib>
#include <deque>
#include <random>
#include <string>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>

// A failure of a random test names its seed; TAUTLINE_SEED=<seed> runs that one alone.

namespace tautline::test {
namespace {

TEST(HeapQueue, empty_it_holds_nothing) {
  HeapQueue queue;
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.size(), 0U);
  EXPECT_EQ(queue.bytes(), 0U);
  EXPECT_TRUE(queue.lines().empty());
}

TEST(HeapQueue, lines_come_out_in_order_with_their_tags) {
  HeapQueue queue;
  queue.push("one", 1);
  queue.push("", 2);
  queue.push("three", 3);
  EXPECT_EQ(queue.bytes(), 8U);
  EXPECT_EQ(queue.front(), "one");
  EXPECT_EQ(queue.front_tag(), 1);
  queue.pop_front();
  EXPECT_EQ(queue.front(), "");
  EXPECT_EQ(queue.front_tag(), 2);
  queue.pop_front();
  EXPECT_EQ(queue.front(), "three");
  queue.pop_front();
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.bytes(), 0U);
}

TEST(HeapQueue, the_front_stays_valid_while_the_queue_grows_many_times) {
  HeapQueue queue;
  queue.push("the line that the application holds", 0);
  const std::string_view held = queue.front();
  for (int i = 0; i < 1000; ++i) queue.push(std::string(static_cast<std::size_t>(i), 'x'), 0);
  EXPECT_EQ(held, "the line that the application holds");
  EXPECT_EQ(queue.front(), held);
}

TEST(HeapQueue, takes_a_line_of_the_greatest_size) {
  HeapQueue queue;
  const std::string big(LineQueue::max_line_bytes, 'b');
  queue.push("small", 0);
  queue.push(big, 0);
  queue.pop_front();
  EXPECT_EQ(queue.front(), big);
}

TEST(HeapQueue, the_cursor_survives_growth) {
  HeapQueue queue;
  for (int i = 0; i < 5; ++i) queue.push("line " + std::to_string(i), 0);
  queue.lines().seek(3);
  for (int i = 0; i < 200; ++i) queue.push(std::string(100, 'x'), 0);
  EXPECT_EQ(queue.lines().cursor(), 3U);
  EXPECT_EQ(queue.lines().at_cursor(), "line 3");
}

void compare_with_model(std::uint64_t seed) {
  SCOPED_TRACE("replay: TAUTLINE_SEED=" + std::to_string(seed) +
               " server_test --gtest_filter=HeapQueue.behaves_like_a_deque_of_strings");
  std::mt19937_64 random(seed);
  HeapQueue queue;
  std::deque<std::pair<std::string, std::uint8_t>> model;
  std::size_t bytes = 0;
  std::string_view held;  // the front, as the application was given it
  for (int step = 0; step < 2000; ++step) {
    // Waves: mostly pushing, then mostly popping.
    const bool push = random() % 100 < ((step / 200) % 2 == 0 ? 70U : 30U);
    if (push) {
      std::string line(random() % (random() % 10 == 0 ? 3000 : 40), static_cast<char>('a' + random() % 26));
      const auto tag = static_cast<std::uint8_t>(random());
      queue.push(line, tag);
      bytes += line.size();
      model.emplace_back(std::move(line), tag);
      if (model.size() == 1) held = queue.front();
    } else if (!model.empty()) {
      bytes -= model.front().first.size();
      model.pop_front();
      queue.pop_front();
      if (!model.empty()) held = queue.front();
    }
    ASSERT_EQ(queue.size(), model.size());
    ASSERT_EQ(queue.bytes(), bytes);
    ASSERT_EQ(queue.empty(), model.empty());
    if (model.empty()) continue;
    ASSERT_EQ(held, model.front().first) << "a view handed out is no longer valid";
    ASSERT_EQ(queue.front(), model.front().first);
    ASSERT_EQ(queue.front_tag(), model.front().second);
    const auto index = static_cast<std::uint32_t>(random() % model.size());
    queue.lines().seek(index);
    ASSERT_EQ(queue.lines().at_cursor(), model[index].first);
    ASSERT_EQ(queue.lines().cursor_tag(), model[index].second);
  }
}

TEST(HeapQueue, behaves_like_a_deque_of_strings) {
  if (const char* const seed = std::getenv("TAUTLINE_SEED")) {
    compare_with_model(std::strtoull(seed, nullptr, 10));
    return;
  }
  for (std::uint64_t seed = 1; seed <= 50 && !HasFailure(); ++seed) compare_with_model(seed);
}

}  // namespace
}  // namespace tautline::test
