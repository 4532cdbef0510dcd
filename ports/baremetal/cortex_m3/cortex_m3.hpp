#pragma once

#include <cstdint>

#include "tautline/baremetal/registers.hpp"

/// What the Cortex-M3 boards share: start-up, tick and sleep, semihosting.
namespace tautline::board {

/// Interrupt of the system tick every 10 ms; now_ms() counts from here.
void start_tick(std::uint32_t cycles_per_ms);

inline void enable_interrupt(unsigned number) {
  reg(0xe000e100U + number / 32 * 4) = 1U << number % 32;
}
inline void disable_interrupt(unsigned number) {
  reg(0xe000e180U + number / 32 * 4) = 1U << number % 32;
}

/// Each board defines these: an interrupt by its number, and the non-maskable one.
void on_interrupt(unsigned number);
void on_nmi();

/// Sleeps until the next interrupt, unless `work_waits()` says so with interrupts held back: one that comes between the
/// question and the sleep ends the sleep.
template <class WorkWaits>
void sleep_unless(WorkWaits work_waits) {
  __asm__ volatile("cpsid i" ::: "memory");
  if (!work_waits()) __asm__ volatile("dsb\n wfi" ::: "memory");
  __asm__ volatile("cpsie i" ::: "memory");
}

}  // namespace tautline::board
