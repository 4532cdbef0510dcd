#pragma once

#include <cstdint>
#include <string_view>

namespace tautline::baremetal {

/// To the first UART; waits while it is full.
void print(std::string_view text);
/// In decimal digits.
void print(std::uint32_t number);

/// One after the other.
template <class First, class Second, class... More>
void print(const First& first, const Second& second, const More&... more) {
  print(first);
  print(second, more...);
}

}  // namespace tautline::baremetal
