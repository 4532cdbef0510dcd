#pragma once

#include <cstddef>
#include <cstdint>

namespace tautline::rp2040 {

constexpr std::size_t interrupt_count = 26;

/// Each interrupt leads here.
void on_interrupt(std::uint32_t number);

}  // namespace tautline::rp2040
