#include <rapidcheck.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <tautline/core/line_queue.hpp>

namespace tautline {
namespace {

/// The queue as it should be: a deque and an index.
struct Model {
  std::deque<std::pair<std::string, std::uint8_t>> lines;
  std::uint32_t cursor = 0;
};

void expect_alike(LineQueue& queue, const Model& model) {
  RC_ASSERT(queue.size() == model.lines.size());
  RC_ASSERT(queue.empty() == model.lines.empty());
  RC_ASSERT(queue.cursor() == model.cursor);
  if (!model.lines.empty()) {
    RC_ASSERT(queue.front() == model.lines.front().first);
    RC_ASSERT(queue.front_tag() == model.lines.front().second);
  }
  if (model.cursor < model.lines.size()) {
    RC_ASSERT(queue.at_cursor() == model.lines[model.cursor].first);
    RC_ASSERT(queue.cursor_tag() == model.lines[model.cursor].second);
  }
}

RC_GTEST_PROP(LineQueue, behaves_like_a_deque_with_an_index, ()) {
  constexpr std::size_t longest = 40;
  auto capacity = *rc::gen::inRange<std::size_t>(1, 300);
  const auto actions = *rc::gen::scale(6.0, rc::gen::arbitrary<std::vector<std::uint16_t>>());
  auto storage = std::make_unique<std::vector<char>>(capacity);
  LineQueue queue(storage->data(), capacity);
  Model model;
  std::uint32_t pushed = 0;
  for (const std::uint16_t action : actions) {
    const unsigned argument = action / 8U;
    switch (action % 8U) {
      case 0:
      case 1:
      case 2: {
        const std::string line(argument % (longest + 1), static_cast<char>('a' + pushed % 26));
        const auto tag = static_cast<std::uint8_t>(pushed++);
        const bool fits = queue.fits(line.size());
        RC_ASSERT(queue.push(line, tag) == fits);
        if (fits) model.lines.emplace_back(line, tag);
        break;
      }
      case 3:
      case 4:
        if (model.lines.empty()) break;
        queue.pop_front();
        model.lines.pop_front();
        if (model.cursor > 0) --model.cursor;
        break;
      case 5:
        model.cursor = argument % static_cast<std::uint32_t>(model.lines.size() + 1);
        queue.seek(model.cursor);
        break;
      case 6:
        if (model.cursor == model.lines.size()) break;
        queue.seek(++model.cursor);
        break;
      default: {
        if (argument % 16 == 0) {
          queue.clear();
          model = Model();
          break;
        }
        std::size_t needed = 0;
        for (const auto& line : model.lines) needed += line.first.size() + LineQueue::header_bytes;
        capacity = needed + argument % 100;
        auto other = std::make_unique<std::vector<char>>(capacity);
        RC_ASSERT(queue.move_to(other->data(), capacity) == storage->data());
        storage = std::move(other);
      }
    }
    expect_alike(queue, model);
  }
  queue.seek(0);
  for (const auto& line : model.lines) {
    RC_ASSERT(queue.at_cursor() == line.first);
    queue.seek(queue.cursor() + 1);
  }
}

RC_GTEST_PROP(LineQueue, bytes_for_is_enough_for_any_history, ()) {
  const auto lines = *rc::gen::inRange<std::size_t>(1, 8);
  const auto max_line = *rc::gen::inRange<std::size_t>(0, 20);
  const auto actions = *rc::gen::scale(6.0, rc::gen::arbitrary<std::vector<std::uint8_t>>());
  std::vector<char> storage(LineQueue::bytes_for(lines, max_line));
  LineQueue queue(storage.data(), storage.size());
  for (const std::uint8_t action : actions) {
    if (action % 3 == 0 && !queue.empty()) queue.pop_front();
    if (queue.size() < lines) RC_ASSERT(queue.push(std::string(action % (max_line + 1), 'x')));
  }
}

}  // namespace
}  // namespace tautline
