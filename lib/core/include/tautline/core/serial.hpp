#pragma once

#include <cstdint>

/// Serial number arithmetic on 32 bits: line numbers, generations, epochs and milliseconds all wrap, and are
/// compared by their signed difference (the idea of RFC 1982). Valid while two live values are less than 2^31 apart.
namespace tautline {

/// a - b as a signed distance.
constexpr std::int32_t distance(std::uint32_t a, std::uint32_t b) {
  return static_cast<std::int32_t>(a - b);
}

/// Is a earlier than b?
constexpr bool before(std::uint32_t a, std::uint32_t b) {
  return distance(a, b) < 0;
}
/// Is a not later than b?
constexpr bool at_or_before(std::uint32_t a, std::uint32_t b) {
  return distance(a, b) <= 0;
}
/// Is a later than b?
constexpr bool after(std::uint32_t a, std::uint32_t b) {
  return distance(a, b) > 0;
}

/// Is x in the closed range [low, high]? The range must be shorter than 2^31.
constexpr bool within(std::uint32_t x, std::uint32_t low, std::uint32_t high) {
  return x - low <= high - low;
}

/// The later of the two.
constexpr std::uint32_t later(std::uint32_t a, std::uint32_t b) {
  return before(a, b) ? b : a;
}
/// The earlier of the two.
constexpr std::uint32_t earlier(std::uint32_t a, std::uint32_t b) {
  return before(a, b) ? a : b;
}

}  // namespace tautline
