#pragma once

#include <cstdint>

namespace tautline::board {

constexpr std::uint32_t ethernet_interrupt = 1U << 1;  ///< its bit in INTENABLE

bool frame_waits();

}  // namespace tautline::board
