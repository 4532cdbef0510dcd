#pragma once

#include <cstdint>

#include "tautline/baremetal/registers.hpp"

/// Addresses of the RP2040's data sheet.
namespace tautline::rp2040 {

using board::reg;

/// Writing ones there sets or clears these bits of a register, and leaves the others.
inline volatile std::uint32_t& set_bits(std::uintptr_t address) {
  return reg(address + 0x2000);
}
inline volatile std::uint32_t& clear_bits(std::uintptr_t address) {
  return reg(address + 0x3000);
}

/// Reads a register for what reading does to it.
inline void touch(std::uintptr_t address) {
  const std::uint32_t value = reg(address);
  static_cast<void>(value);
}

constexpr std::uintptr_t resets = 0x4000c000;
constexpr std::uintptr_t reset_done = resets + 0x8;
constexpr std::uint32_t reset_i2c_0 = 1U << 3;
constexpr std::uint32_t reset_pins = 1U << 5;
constexpr std::uint32_t reset_pads = 1U << 8;
constexpr std::uint32_t reset_pll_sys = 1U << 12;
constexpr std::uint32_t reset_timer = 1U << 21;
constexpr std::uint32_t reset_uart_0 = 1U << 22;

/// Takes blocks out of reset; over in a few cycles.
inline void release(std::uint32_t blocks) {
  clear_bits(resets) = blocks;
  while ((~reg(reset_done) & blocks) != 0) {
  }
}

// Pins: what drives them, their pads, and the processor's own access.
constexpr std::uintptr_t io_bank_0 = 0x40014000;
constexpr std::uintptr_t io_edges = io_bank_0 + 0xf0;
constexpr std::uintptr_t io_interrupt_enable = io_bank_0 + 0x100;
constexpr std::uintptr_t pads_bank_0 = 0x4001c000;
constexpr std::uintptr_t single_cycle_io = 0xd0000000;
constexpr std::uintptr_t gpio_in = single_cycle_io + 0x04;
constexpr std::uintptr_t gpio_out_set = single_cycle_io + 0x14;
constexpr std::uintptr_t gpio_out_clear = single_cycle_io + 0x18;
constexpr std::uintptr_t gpio_drive_set = single_cycle_io + 0x24;
constexpr std::uintptr_t gpio_drive_clear = single_cycle_io + 0x28;

enum class PinFunction : std::uint8_t { uart = 2, i2c = 3, processor = 5 };

/// Input on, Schmitt trigger, pull-up, 4 mA, slow edges.
constexpr std::uint32_t pad_with_pull_up = 0x5a;

inline void select_function(unsigned pin, PinFunction function) {
  reg(io_bank_0 + 8 * pin + 4) = static_cast<std::uint32_t>(function);
}
inline void pull_up(unsigned pin) {
  reg(pads_bank_0 + 4 + 4 * pin) = pad_with_pull_up;
}

constexpr std::uint32_t system_clock_hz = 125'000'000;

}  // namespace tautline::rp2040
