#include "i2c_block.hpp"

#include "tautline/rp2040/board.hpp"

namespace tautline::rp2040::i2c {
namespace {

constexpr std::uint32_t bit_cycles = (system_clock_hz + 399'999) / 400'000;  // never faster
constexpr std::uint32_t low_cycles = 170;                                    // 1.36 us; at least 1.3
constexpr std::uint32_t high_cycles = bit_cycles - low_cycles;               // 1.14 us; at least 0.6
constexpr std::uint32_t spike = 6;                                           // 48 ns; at most 50 are suppressed
// The block counts more than it is told: 1 when low, the spike filter and 7 when high.
constexpr std::uint32_t uncounted_low_cycles = 1;
constexpr std::uint32_t uncounted_high_cycles = spike + 7;
constexpr std::uint32_t sda_hold = 38;  // 300 ns after the falling clock

constexpr int clocks_to_free = 9;  // the rest of a byte and its acknowledgement, at most
constexpr std::uint32_t half_clock_us = 1;

/// Open drain: the output is 0, and driven or not.
void drive_low(unsigned pin, bool low) {
  reg(low ? gpio_drive_set : gpio_drive_clear) = 1U << pin;
}

}  // namespace

void connect_pins() {
  pull_up(sda_pin);
  pull_up(scl_pin);
  select_function(sda_pin, PinFunction::i2c);
  select_function(scl_pin, PinFunction::i2c);
}

void hold_in_reset() {
  set_bits(resets) = reset_i2c_0;
}

void configure(std::uint32_t control_bits) {
  release(reset_i2c_0);
  reg(control) = control_fast | control_restart | control_bits;
  reg(scl_high_cycles) = high_cycles - uncounted_high_cycles;
  reg(scl_low_cycles) = low_cycles - uncounted_low_cycles;
  reg(spike_cycles) = spike;
  reg(sda_hold_cycles) = sda_hold;
  reg(receive_threshold) = 0;
  reg(interrupt_mask) = 0;
}

void free_bus() {
  constexpr std::uint32_t both = 1U << sda_pin | 1U << scl_pin;
  reg(gpio_drive_clear) = both;
  reg(gpio_out_clear) = both;
  select_function(sda_pin, PinFunction::processor);
  select_function(scl_pin, PinFunction::processor);
  for (int clock = 0; clock < clocks_to_free; ++clock) {
    drive_low(scl_pin, true);
    delay_us(half_clock_us);
    drive_low(scl_pin, false);
    delay_us(half_clock_us);
  }
  // STOP: SDA rises while SCL is high.
  drive_low(scl_pin, true);
  drive_low(sda_pin, true);
  delay_us(half_clock_us);
  drive_low(scl_pin, false);
  delay_us(half_clock_us);
  drive_low(sda_pin, false);
  delay_us(half_clock_us);
  connect_pins();
}

}  // namespace tautline::rp2040::i2c
