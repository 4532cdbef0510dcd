#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>

namespace tautline::test {

/// What a bad serial line does to the bytes on it. One thread passes bytes, another one may change how bad it is.
class LineNoise {
 public:
  explicit LineNoise(std::uint32_t seed) : random_(seed) {}

  /// From now on about one byte of `one_in` is changed, lost, or followed by another one; 0: none.
  void damage(unsigned one_in) { damage_one_in_ = one_in; }
  /// Cut, everything is lost.
  void cut(bool cut) { cut_ = cut; }
  /// Bytes that were not passed on as they came.
  unsigned spoilt() const { return spoilt_; }

  /// What comes out of the line when this goes in.
  std::string pass(const char* bytes, std::size_t count) {
    if (cut_) {
      spoilt_ += static_cast<unsigned>(count);
      return {};
    }
    const unsigned one_in = damage_one_in_;
    std::string passed;
    for (std::size_t i = 0; i < count; ++i) {
      if (one_in == 0 || random_() % one_in != 0) {
        passed += bytes[i];
        continue;
      }
      ++spoilt_;
      const auto other = static_cast<char>(random_());
      switch (random_() % 3) {
        case 0: passed += static_cast<char>(bytes[i] ^ (1 << random_() % 8)); break;
        case 1: break;
        default: passed += {bytes[i], other}; break;
      }
    }
    return passed;
  }

 private:
  std::mt19937 random_;
  std::atomic<unsigned> damage_one_in_ = 0;
  std::atomic<unsigned> spoilt_ = 0;
  std::atomic<bool> cut_ = false;
};

}  // namespace tautline::test
