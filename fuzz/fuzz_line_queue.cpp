// LineQueue against a deque with an index. Input: capacity, then actions with an argument each.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>

#include "fuzz_support.hpp"
#include "tautline/core/line_queue.hpp"

namespace tautline {
namespace {

struct Model {
  std::deque<std::pair<std::string, std::uint8_t>> lines;
  std::uint32_t cursor = 0;
};

void require_alike(const LineQueue& queue, const Model& model) {
  FUZZ_REQUIRE(queue.size() == model.lines.size());
  FUZZ_REQUIRE(queue.cursor() == model.cursor);
  if (!model.lines.empty()) {
    FUZZ_REQUIRE(queue.front() == model.lines.front().first);
    FUZZ_REQUIRE(queue.front_tag() == model.lines.front().second);
  }
  if (model.cursor < model.lines.size()) {
    FUZZ_REQUIRE(queue.at_cursor() == model.lines[model.cursor].first);
    FUZZ_REQUIRE(queue.cursor_tag() == model.lines[model.cursor].second);
  }
}

void run(fuzz::Bytes bytes) {
  std::size_t capacity = bytes.byte();
  auto storage = std::make_unique<char[]>(capacity);
  LineQueue queue(storage.get(), capacity);
  Model model;
  std::uint8_t pushed = 0;
  while (!bytes.empty()) {
    const unsigned action = bytes.byte();
    const unsigned argument = bytes.byte();
    switch (action % 6) {
      case 0:
      case 1: {
        const std::string line(argument % 64, static_cast<char>(pushed));
        const bool fits = queue.fits(line.size());
        FUZZ_REQUIRE(queue.push(line, pushed) == fits);
        if (fits) model.lines.emplace_back(line, pushed);
        ++pushed;
        break;
      }
      case 2:
        if (model.lines.empty()) break;
        queue.pop_front();
        model.lines.pop_front();
        if (model.cursor > 0) --model.cursor;
        break;
      case 3:
        model.cursor = argument % static_cast<std::uint32_t>(model.lines.size() + 1);
        queue.seek(model.cursor);
        break;
      case 4: {
        std::size_t needed = 0;
        for (const auto& line : model.lines) needed += line.first.size() + LineQueue::header_bytes;
        capacity = needed + argument;
        auto other = std::make_unique<char[]>(capacity);
        FUZZ_REQUIRE(queue.move_to(other.get(), capacity) == storage.get());
        storage = std::move(other);
        break;
      }
      default:
        if (argument != 0) break;
        queue.clear();
        model = Model();
    }
    require_alike(queue, model);
  }
}

}  // namespace
}  // namespace tautline

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tautline::run(tautline::fuzz::Bytes(data, size));
  return 0;
}
