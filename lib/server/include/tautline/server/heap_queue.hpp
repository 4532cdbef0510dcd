#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "tautline/core/line_queue.hpp"

namespace tautline {

/// A LineQueue that takes memory from the heap while it holds lines and none while it is empty: an idle link costs one
/// pointer. It grows in steps; the caller bounds it by lines and bytes.
class HeapQueue {
 public:
  HeapQueue() = default;
  ~HeapQueue();
  HeapQueue(const HeapQueue&) = delete;
  HeapQueue& operator=(const HeapQueue&) = delete;

  bool empty() const { return block_ == nullptr; }
  std::uint32_t size() const { return block_ == nullptr ? 0 : block_->queue.size(); }
  std::size_t bytes() const { return block_ == nullptr ? 0 : block_->line_bytes; }

  void push(std::string_view line, std::uint8_t tag);

  /// Valid until pop_front(), also across push(). The queue must not be empty.
  std::string_view front() const { return block_->queue.front(); }
  std::uint8_t front_tag() const { return block_->queue.front_tag(); }
  void pop_front();

  /// The queue as the protocol sees it; an empty one if there is none.
  LineQueue& lines();

 private:
  struct Block {
    LineQueue queue;
    std::size_t line_bytes = 0;
    std::vector<std::unique_ptr<char[]>> retired;  ///< storage outgrown since the last pop: front() may point into it
  };

  void grow(std::size_t line_bytes);

  Block* block_ = nullptr;
};

}  // namespace tautline
