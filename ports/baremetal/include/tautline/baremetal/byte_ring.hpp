#pragma once

#include <cstddef>
#include <cstdint>

namespace tautline::board {

/// Bytes between an interrupt handler and the main loop, which hold each other back as long as they use it.
template <std::uint16_t size>
class ByteRing {
  static_assert((size & (size - 1)) == 0, "positions wrap by a mask");

 public:
  /// Is there nothing to take?
  bool empty() const { return begin_ == end_; }
  /// Is there no room?
  bool full() const { return static_cast<std::uint16_t>(end_ - begin_) == size; }
  /// Not when full.
  void put(char byte) {
    bytes_[end_ & (size - 1)] = byte;
    end_ = static_cast<std::uint16_t>(end_ + 1);
  }
  /// Not when empty.
  char take() {
    const char byte = bytes_[begin_ & (size - 1)];
    begin_ = static_cast<std::uint16_t>(begin_ + 1);
    return byte;
  }

 private:
  char bytes_[size] = {};
  std::uint16_t begin_ = 0;  ///< modulo 2^16, as end_
  std::uint16_t end_ = 0;
};

}  // namespace tautline::board
