#pragma once

#include <cstdint>

namespace tautline::board {

constexpr std::uint32_t ethernet_interrupt = 1U << 1;  ///< its bit in INTENABLE

constexpr std::uint32_t serial_interrupt = 1U << 0;  ///< the same

bool frame_waits();
bool serial_work_waits();

}  // namespace tautline::board
