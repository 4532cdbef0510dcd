#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "tautline/core/serial.hpp"

namespace tautline::detail {

/// Where the lines of one inbox or outbox are in their table, oldest first: runs of rows and line numbers that go up
/// together.
class RowQueue {
 public:
  struct Run {
    std::int64_t row = 0;
    std::uint32_t seq = 0;
    std::uint32_t count = 0;
  };

  std::uint32_t size() const { return size_; }

  void push(std::int64_t row, std::uint32_t seq) {
    ++size_;
    if (head_ < runs_.size()) {
      Run& last = runs_.back();
      if (last.row + last.count == row && last.seq + last.count == seq) {
        ++last.count;
        return;
      }
    }
    runs_.push_back({row, seq, 1});
  }

  /// Removes up to `count` lines from the front; `removed(first_row, last_row)` is called for each run.
  template <typename Removed>
  void pop(std::uint32_t count, Removed removed) {
    while (count > 0 && size_ > 0) count -= pop_some(count, removed);
    tidy();
  }

  /// Removes the lines at the front that are before `seq`.
  template <typename Removed>
  void pop_before(std::uint32_t seq, Removed removed) {
    while (size_ > 0 && before(runs_[head_].seq, seq)) pop_some(seq - runs_[head_].seq, removed);
    tidy();
  }

 private:
  template <typename Removed>
  std::uint32_t pop_some(std::uint32_t most, Removed removed) {
    Run& run = runs_[head_];
    const std::uint32_t count = std::min(most, run.count);
    removed(run.row, run.row + count - 1);
    run.row += count;
    run.seq += count;
    run.count -= count;
    size_ -= count;
    if (run.count == 0) ++head_;
    return count;
  }

  void tidy() {
    if (size_ == 0) {
      if (runs_.capacity() > kept_runs) runs_ = {};
      runs_.clear();
      head_ = 0;
    } else if (head_ > kept_runs && head_ > runs_.size() / 2) {
      runs_.erase(runs_.begin(), runs_.begin() + static_cast<std::ptrdiff_t>(head_));
      head_ = 0;
    }
  }

  static constexpr std::size_t kept_runs = 16;  // an empty queue keeps room for so many: 256 bytes

  std::vector<Run> runs_;
  std::size_t head_ = 0;
  std::uint32_t size_ = 0;
};

}  // namespace tautline::detail
