#pragma once

#include <cstdint>

/// Beside tautline/baremetal/board.hpp, of which this board has start(), now_ms(), wait(), put() and exit().
namespace tautline::rp2040 {

/// Interrupts of the RP2040 that this port uses.
enum class Interrupt : std::uint8_t {
  timer_0 = 0,
  pins = 13,
  i2c_0 = 23,
};

/// From now on `handler` is called for this interrupt. True: it has something for the main loop, and ends
/// board::wait().
void enable_interrupt(Interrupt interrupt, bool (*handler)());

/// Microseconds since power came on, modulo 2^32.
std::uint32_t now_us();

/// Does nothing for at least so long. For a few microseconds only: nothing else runs meanwhile.
void delay_us(std::uint32_t us);

/// From the ring oscillator, whose bits are noise; differs between starts. Takes some microseconds.
std::uint32_t random_number();

}  // namespace tautline::rp2040
