#pragma once

#include <cstdint>

namespace tautline::sim {

/// The only source of randomness of a run (SplitMix64: one seed, one sequence, on every machine).
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    state_ += 0x9E3779B97F4A7C15U;
    return mix(state_);
  }
  /// Uniform in [0, bound); bound must not be 0.
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }
  /// Uniform in [low, high].
  std::uint64_t between(std::uint64_t low, std::uint64_t high) { return low + below(high - low + 1); }
  /// Each octave of [low, high] is as likely as any other: small and large values are both met often.
  std::uint64_t spread(std::uint64_t low, std::uint64_t high) {
    unsigned octaves = 0;
    while (((low + 1) << (octaves + 1)) <= high + 1) ++octaves;
    const std::uint64_t floor = ((low + 1) << below(octaves + 1)) - 1;
    const std::uint64_t ceiling = 2 * floor + 1;
    return between(floor, ceiling < high ? ceiling : high);
  }
  bool permille(std::uint32_t p) { return p != 0 && below(1000) < p; }

  static std::uint64_t mix(std::uint64_t z) {
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31U);
  }

 private:
  std::uint64_t state_;
};

}  // namespace tautline::sim
