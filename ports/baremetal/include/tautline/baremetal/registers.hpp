#pragma once

#include <cstdint>

namespace tautline::board {

/// The device register at this address.
inline volatile std::uint32_t& reg(std::uintptr_t address) {
  return *reinterpret_cast<volatile std::uint32_t*>(address);
}

}  // namespace tautline::board
