#pragma once

#include <cstdint>

namespace tautline {

/// A fixed set of bits, indexed modulo its size, so that a window of running numbers slides over it without shifting.
/// Trivially copyable; all clear when value-initialised.
template <unsigned size>
struct Bitmap {
  static_assert(size % 32 == 0 && (size & (size - 1)) == 0, "the index wraps by masking");

  bool test(std::uint32_t index) const { return (words[word_of(index)] & bit_of(index)) != 0; }
  void set(std::uint32_t index) { words[word_of(index)] |= bit_of(index); }
  void clear(std::uint32_t index) { words[word_of(index)] &= ~bit_of(index); }

  std::uint32_t words[size / 32] = {};

 private:
  static constexpr std::uint32_t word_of(std::uint32_t index) { return (index & (size - 1)) / 32; }
  static constexpr std::uint32_t bit_of(std::uint32_t index) { return std::uint32_t{1} << (index % 32); }
};

}  // namespace tautline
