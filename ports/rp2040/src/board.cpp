// Clocks, console, tick, interrupts.

#include "tautline/baremetal/board.hpp"

#include "interrupts.hpp"
#include "registers.hpp"
#include "tautline/rp2040/board.hpp"

namespace tautline::rp2040 {
namespace {

constexpr std::uintptr_t crystal = 0x40024000;
constexpr std::uintptr_t crystal_status = crystal + 0x04;
constexpr std::uintptr_t crystal_delay = crystal + 0x0c;
constexpr std::uintptr_t pll_sys = 0x40028000;
constexpr std::uintptr_t pll_power = pll_sys + 0x4;
constexpr std::uintptr_t pll_multiply = pll_sys + 0x8;
constexpr std::uintptr_t pll_divide = pll_sys + 0xc;
constexpr std::uintptr_t clocks = 0x40008000;
constexpr std::uintptr_t clock_ref = clocks + 0x30;
constexpr std::uintptr_t clock_sys = clocks + 0x3c;
constexpr std::uintptr_t clock_peri = clocks + 0x48;
constexpr std::uintptr_t clock_selected = 0x8;  // from the clock's own register
constexpr std::uintptr_t watchdog_tick = 0x4005802c;
constexpr std::uintptr_t ring_oscillator_bit = 0x4006001c;
constexpr std::uintptr_t uart_0 = 0x40034000;
constexpr std::uintptr_t timer = 0x40054000;
constexpr std::uintptr_t timer_alarm_0 = timer + 0x10;
constexpr std::uintptr_t timer_low = timer + 0x28;
constexpr std::uintptr_t timer_interrupt = timer + 0x34;
constexpr std::uintptr_t timer_interrupt_enable = timer + 0x38;
constexpr std::uintptr_t interrupt_enable = 0xe000e100;

constexpr std::uint32_t crystal_mhz = 12;
constexpr std::uint32_t us_per_ms = 1000;

using Handler = bool (*)();
Handler handlers[interrupt_count];
volatile bool is_awake = false;

void wait_for_bits(std::uintptr_t address, std::uint32_t bits) {
  while ((reg(address) & bits) == 0) {
  }
}

/// 125 MHz from the crystal's 12: times 125, divided by 6 and by 2. The timer counts microseconds of the crystal.
void start_clocks() {
  reg(crystal_delay) = 47;  // times 256 cycles: 1 ms
  reg(crystal) = 0xfabaa0;  // on, 1 to 15 MHz
  wait_for_bits(crystal_status, 1U << 31);
  reg(clock_ref) = 2;  // the crystal
  wait_for_bits(clock_ref + clock_selected, 1U << 2);

  constexpr std::uint32_t oscillator_off = 1U | 1U << 5;
  constexpr std::uint32_t dividers_off = 1U << 3;
  release(reset_pll_sys);
  reg(pll_sys) = 1;
  reg(pll_multiply) = system_clock_hz / 1'000'000 * 6 * 2 / crystal_mhz;
  clear_bits(pll_power) = oscillator_off;
  wait_for_bits(pll_sys, 1U << 31);
  reg(pll_divide) = 6U << 16 | 2U << 12;
  clear_bits(pll_power) = dividers_off;

  reg(clock_sys) = 1;  // the PLL
  wait_for_bits(clock_sys + clock_selected, 1U << 1);
  reg(clock_peri) = 1U << 11;  // on, the same as the system's
  reg(watchdog_tick) = 1U << 9 | crystal_mhz;
}

/// 115200 baud, 8 bits, FIFO on.
void start_console() {
  release(reset_uart_0);
  select_function(0, PinFunction::uart);
  select_function(1, PinFunction::uart);
  constexpr std::uint32_t divider_64ths = (system_clock_hz * 4 + 115'200 / 2) / 115'200;
  reg(uart_0 + 0x24) = divider_64ths / 64;
  reg(uart_0 + 0x28) = divider_64ths % 64;
  reg(uart_0 + 0x2c) = 0x70;
  reg(uart_0 + 0x30) = 0x301;
}

/// Ends board::wait() each millisecond.
bool tick() {
  reg(timer_interrupt) = 1;
  reg(timer_alarm_0) = now_us() + us_per_ms;
  return true;
}

}  // namespace

void enable_interrupt(Interrupt interrupt, Handler handler) {
  const auto number = static_cast<unsigned>(interrupt);
  handlers[number] = handler;
  reg(interrupt_enable) = 1U << number;
}

void on_interrupt(std::uint32_t number) {
  if (handlers[number]()) is_awake = true;
}

std::uint32_t now_us() {
  return reg(timer_low);
}

void delay_us(std::uint32_t us) {
  const std::uint32_t began = now_us();
  while (now_us() - began <= us) {
  }
}

std::uint32_t random_number() {
  std::uint32_t value = 0;
  // More than 32: a bit may be the same as the one before.
  for (int bit = 0; bit < 128; ++bit) value = value * 5 + (reg(ring_oscillator_bit) & 1U);
  return value;
}

}  // namespace tautline::rp2040

namespace tautline::board {

using namespace rp2040;

void start() {
  release(reset_pins | reset_pads | reset_timer);
  start_clocks();
  start_console();
  reg(timer_interrupt_enable) = 1;
  enable_interrupt(Interrupt::timer_0, tick);
  tick();
}

std::uint32_t now_ms() {
  // The microseconds start over after 71 minutes, so they are added up.
  static std::uint32_t counted_us = 0;
  static std::uint32_t counted_ms = 0;
  const std::uint32_t elapsed_ms = (now_us() - counted_us) / us_per_ms;
  counted_us += elapsed_ms * us_per_ms;
  counted_ms += elapsed_ms;
  return counted_ms;
}

void wait() {
  // With interrupts held back, one that comes between the question and the sleep ends the sleep.
  __asm__ volatile("cpsid i" ::: "memory");
  while (!is_awake) __asm__ volatile("dsb\n wfi\n cpsie i\n isb\n cpsid i" ::: "memory");
  is_awake = false;
  __asm__ volatile("cpsie i" ::: "memory");
}

void put(char character) {
  constexpr std::uint32_t transmit_full = 0x20;
  while ((reg(uart_0 + 0x18) & transmit_full) != 0) {
  }
  reg(uart_0) = static_cast<unsigned char>(character);
}

/// A breakpoint: the emulator stops and tells the status, a debugger finds it in r0.
void exit(int status) {
  while (true) {
    register int result __asm__("r0") = status;
    __asm__ volatile("bkpt 0" ::"r"(result));
  }
}

}  // namespace tautline::board
