#pragma once

#include <cstdint>

namespace tautline::rp2040 {

/// The seam Pin of tautline/bridge/seams.hpp: one of the pins 0 to 29.
class Pin {
 public:
  /// Touches nothing yet.
  explicit constexpr Pin(std::uint8_t number) : number_(number) {}

  /// Makes it an input with pull-up. Its edges end board::wait().
  void start() const;
  /// Drives it.
  void write(bool high) const;
  /// The level on the pin, also while it is driven.
  bool read() const;

 private:
  std::uint32_t mask() const { return 1U << number_; }

  const std::uint8_t number_;
};

}  // namespace tautline::rp2040
