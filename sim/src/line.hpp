#pragma once

#include <cstdint>
#include <string_view>

namespace tautline::sim {

/// Every line is a function of who wrote it and of its number, so that its reader can tell whether a byte changed.
struct LineName {
  std::uint32_t writer = 0;
  std::uint32_t number = 0;  ///< from 1, counted by the model, not by the protocol
  bool plain = false;        ///< qos=False
};

constexpr std::uint32_t max_simulated_payload = 1024;

/// The numbers whose qos line is empty. So few that of all lines that may come next at most one is empty: that is how a
/// reader knows which it got.
constexpr std::uint32_t empty_period = 2048;
constexpr std::uint32_t first_empty = 7;
constexpr bool is_empty_number(std::uint32_t number) {
  return number % empty_period == first_empty;
}

/// Lengths depend on the link too.
struct LineShape {
  std::uint32_t max_payload = 128;
  std::uint32_t long_permille = 0;
  bool empty_lines = true;
};

/// Writes the line at `out` (max_simulated_payload bytes of room) and returns its length.
std::uint32_t make_line(char* out, const LineName& name, const LineShape& shape);

/// False: these bytes were never written by anybody.
bool read_line(std::string_view line, const LineShape& shape, LineName& name);

}  // namespace tautline::sim
