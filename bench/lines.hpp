#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "tautline/core/framing.hpp"

namespace bench {

/// A payload that makes a line of protocol 2 about `line_bytes` long: "D", a number of five digits, a space and LF
/// stand beside it.
inline std::string payload_for(unsigned line_bytes) {
  constexpr unsigned overhead = 8;
  return std::string(std::max(line_bytes, overhead + 1) - overhead, 'x');
}

/// Counts complete lines; the unfinished one is only measured, its bytes are of no interest.
struct LineCounter {
  std::uint32_t lines = 0;
  bool count(std::string_view bytes) {
    const std::uint32_t before = lines;
    std::string_view line;
    while (tautline::take_line(bytes, line)) ++lines;
    return lines != before;
  }
};

}  // namespace bench
