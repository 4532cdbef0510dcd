#include "tautline/server/heap_queue.hpp"

#include <algorithm>

namespace tautline {
namespace {

constexpr std::size_t first_bytes = 1024;
constexpr std::size_t growth = 4;

}  // namespace

HeapQueue::~HeapQueue() {
  if (block_ == nullptr) return;
  delete[] block_->queue.storage();
  delete block_;
}

void HeapQueue::grow(std::size_t line_bytes) {
  const std::size_t record = line_bytes + LineQueue::header_bytes;
  const std::size_t present = block_->queue.capacity_bytes();
  const std::size_t bytes = std::max({present * growth, present + 2 * record, first_bytes});
  char* const outgrown = block_->queue.move_to(new char[bytes], bytes);
  if (outgrown != nullptr) block_->retired.emplace_back(outgrown);
}

void HeapQueue::push(std::string_view line, std::uint8_t tag) {
  if (block_ == nullptr) block_ = new Block;
  if (!block_->queue.fits(line.size())) grow(line.size());
  block_->queue.push(line, tag);
  block_->line_bytes += line.size();
}

void HeapQueue::pop_front() {
  block_->line_bytes -= block_->queue.front().size();
  block_->queue.pop_front();
  block_->retired.clear();
  if (!block_->queue.empty()) return;
  delete[] block_->queue.storage();
  delete block_;
  block_ = nullptr;
}

LineQueue& HeapQueue::lines() {
  static LineQueue none;
  return block_ == nullptr ? none : block_->queue;
}

}  // namespace tautline
