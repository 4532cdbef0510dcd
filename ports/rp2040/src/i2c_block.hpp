#pragma once

#include <cstddef>
#include <cstdint>

#include "registers.hpp"

/// I2C0, a DW_apb_i2c: what master and slave share.
namespace tautline::rp2040::i2c {

constexpr std::uintptr_t block = 0x40044000;
constexpr std::uintptr_t control = block + 0x00;
constexpr std::uintptr_t target_address = block + 0x04;
constexpr std::uintptr_t slave_address = block + 0x08;
constexpr std::uintptr_t data = block + 0x10;
constexpr std::uintptr_t scl_high_cycles = block + 0x1c;
constexpr std::uintptr_t scl_low_cycles = block + 0x20;
constexpr std::uintptr_t interrupts = block + 0x2c;
constexpr std::uintptr_t interrupt_mask = block + 0x30;
constexpr std::uintptr_t receive_threshold = block + 0x38;
constexpr std::uintptr_t transmit_threshold = block + 0x3c;
// Reading one of these clears the interrupt.
constexpr std::uintptr_t clear_read_request = block + 0x50;
constexpr std::uintptr_t clear_abort = block + 0x54;
constexpr std::uintptr_t clear_stop = block + 0x60;
constexpr std::uintptr_t clear_start = block + 0x64;
constexpr std::uintptr_t enable = block + 0x6c;
constexpr std::uintptr_t transmit_level = block + 0x74;
constexpr std::uintptr_t receive_level = block + 0x78;
constexpr std::uintptr_t sda_hold_cycles = block + 0x7c;
constexpr std::uintptr_t abort_source = block + 0x80;
constexpr std::uintptr_t spike_cycles = block + 0xa0;

constexpr std::uint32_t control_master = 1U << 0;
constexpr std::uint32_t control_fast = 2U << 1;
constexpr std::uint32_t control_restart = 1U << 5;
constexpr std::uint32_t control_no_slave = 1U << 6;
constexpr std::uint32_t control_stop_if_addressed = 1U << 7;
constexpr std::uint32_t control_hold_when_full = 1U << 9;

constexpr std::uint32_t interrupt_receive_full = 1U << 2;
constexpr std::uint32_t interrupt_transmit_empty = 1U << 4;
constexpr std::uint32_t interrupt_read_request = 1U << 5;
constexpr std::uint32_t interrupt_abort = 1U << 6;
constexpr std::uint32_t interrupt_stop = 1U << 9;
constexpr std::uint32_t interrupt_start = 1U << 10;

constexpr std::uint32_t data_read = 1U << 8;
constexpr std::uint32_t data_stop = 1U << 9;
constexpr std::uint32_t data_first = 1U << 11;

constexpr std::uint32_t arbitration_lost = 1U << 12;

constexpr std::size_t fifo_bytes = 16;
constexpr unsigned sda_pin = 4;
constexpr unsigned scl_pin = 5;

/// Pull-ups, and the block at the pins.
void connect_pins();
/// Takes the block off the bus, whatever it was doing, and holds it there.
void hold_in_reset();
/// Out of reset, with the clock of 400 kHz; `control_bits` for master or slave.
void configure(std::uint32_t control_bits);
/// Nine clocks and a STOP by the pins themselves: a slave that was cut off in the middle of a byte lets SDA go. Takes
/// about 50 us. The block is in reset meanwhile.
void free_bus();

}  // namespace tautline::rp2040::i2c
