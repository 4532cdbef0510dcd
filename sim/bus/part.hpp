#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "src/random.hpp"

/// Deterministic models of what joins a hosted board and its bridge: an I2C bus, wires with a pull-up, a serial line,
/// at the level of bytes and edges, in virtual time. No I/O, no clock: the world owns the time and moves it.
///
///     loop:
///       now = the least of part.next_ns() of all parts, and of the deadlines of the programs
///       wakes |= part.advance(now) for all parts
///       poll the programs whose side is in wakes, or whose deadline has come
///
/// Programs act through the seams (tautline/bridge/seams.hpp) that the parts hand out; what they do begins at the time
/// of the last advance(), so all parts are advanced before a program is polled.
///
/// Faults are drawn from the Random given to a part and may be changed at any time. A part without a Random has none.
namespace tautline::sim {

/// Virtual time since the beginning of the run.
using Nanoseconds = std::uint64_t;
constexpr Nanoseconds never_ns = UINT64_MAX;
constexpr Nanoseconds ns_per_us = 1'000;
constexpr Nanoseconds ns_per_ms = 1'000'000;
constexpr Nanoseconds ns_per_s = 1'000'000'000;

/// An end of each part: the hosted board (slave) or the bridge (master).
enum class Side : std::uint8_t { board, bridge };

constexpr std::size_t index_of(Side side) {
  return static_cast<std::size_t>(side);
}
constexpr Side other_than(Side side) {
  return side == Side::board ? Side::bridge : Side::board;
}

/// Whose program is to be polled, because something happened that would wake it.
struct Wakes {
  bool board = false;
  bool bridge = false;

  void add(Side side) { (side == Side::board ? board : bridge) = true; }
  Wakes& operator|=(const Wakes& more) {
    board = board || more.board;
    bridge = bridge || more.bridge;
    return *this;
  }
  bool any() const { return board || bridge; }
};

/// Low and high bound of something that is drawn; each octave is as likely as any other.
struct Span {
  Nanoseconds low = 0;
  Nanoseconds high = 0;
};

/// A source of faults: chances are in parts per million, so that one may be meant for each byte.
class Chance {
 public:
  explicit Chance(Random* random) : random_(random) {}

  bool happens(std::uint32_t ppm) { return random_ != nullptr && ppm != 0 && random_->below(1'000'000) < ppm; }
  Nanoseconds draw(const Span& span) { return random_ == nullptr ? span.low : random_->spread(span.low, span.high); }
  char any_byte() { return static_cast<char>(random_ == nullptr ? 0 : random_->below(256)); }
  /// The byte with one bit changed.
  char flip(char byte) {
    const unsigned bit = random_ == nullptr ? 0U : static_cast<unsigned>(random_->below(8));
    return static_cast<char>(static_cast<unsigned char>(byte) ^ (1U << bit));
  }

 private:
  Random* random_;
};

}  // namespace tautline::sim
