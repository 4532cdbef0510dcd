// The LM3S6965 evaluation board: clocks, UART, LED, watchdog, pins.

#include "tautline/baremetal/board.hpp"

#include "cortex_m3.hpp"
#include "ethernet.hpp"
#include "serial.hpp"
#include "tautline/baremetal/parts.hpp"

namespace tautline::board {
namespace {

constexpr std::uint32_t cycles_per_ms = 50'000;

// System control.
constexpr std::uintptr_t run_clock = 0x400fe060;
constexpr std::uintptr_t clock_gate_0 = 0x400fe100;
constexpr std::uintptr_t clock_gate_1 = 0x400fe104;
constexpr std::uintptr_t clock_gate_2 = 0x400fe108;
constexpr std::uint32_t watchdog_gate = 1U << 3;

constexpr std::uintptr_t uart_0 = 0x4000c000;

// A GPIO port's data register takes part in the address: bits 2 to 9 choose the pins that an access means.
constexpr std::uintptr_t port_b = 0x40005000;
constexpr std::uintptr_t port_e = 0x40024000;
constexpr std::uintptr_t port_f = 0x40025000;
constexpr std::uint32_t gpio_direction = 0x400;
constexpr std::uint32_t gpio_digital = 0x51c;
constexpr unsigned output_pins = 2;  // of port B, from 0
constexpr unsigned input_pins = 4;   // of port E, from 0
constexpr unsigned led_pin = 0;      // of port F

constexpr std::uintptr_t watchdog = 0x40000000;
constexpr std::uintptr_t watchdog_load = watchdog + 0x00;
constexpr std::uintptr_t watchdog_control = watchdog + 0x08;
constexpr std::uint32_t reset_enable = 2;
constexpr std::uint32_t interrupt_enable = 1;

std::uint32_t watchdog_cycles = 0;

volatile std::uint32_t& pin(std::uintptr_t port, unsigned number) {
  return reg(port + (4U << number));
}

void start_clock() {
  // 50 MHz: the PLL's 200 MHz divided by 4 (SYSDIV 3), the divider in use, the PLL powered up and not bypassed.
  constexpr std::uint32_t divider = 0xfU << 23, power_down = 1U << 13, bypass = 1U << 11, use_divider = 1U << 22;
  reg(run_clock) = (reg(run_clock) & ~(divider | power_down | bypass)) | 3U << 23 | use_divider;
}

void start_uart() {
  // 115200 baud, 8 bits, FIFO on.
  reg(uart_0 + 0x30) = 0;
  reg(uart_0 + 0x24) = 27;
  reg(uart_0 + 0x28) = 8;
  reg(uart_0 + 0x2c) = 0x70;
  reg(uart_0 + 0x30) = 0x301;
}

void start_pins() {
  reg(port_b + gpio_direction) = (1U << output_pins) - 1;
  reg(port_b + gpio_digital) = (1U << output_pins) - 1;
  reg(port_e + gpio_direction) = 0;
  reg(port_e + gpio_digital) = (1U << input_pins) - 1;
  reg(port_f + gpio_direction) = 1U << led_pin;
  reg(port_f + gpio_digital) = 1U << led_pin;
}

}  // namespace

void start() {
  start_clock();
  reg(clock_gate_1) = reg(clock_gate_1) | 1U;     // UART 0
  reg(clock_gate_2) = reg(clock_gate_2) | 0x7fU;  // GPIO ports A to G
  start_uart();
  start_pins();
  start_tick(cycles_per_ms);
}

void wait() {
  sleep_unless([] { return (has_ethernet && frame_waits()) || (has_serial && serial_work_waits()); });
}

void put(char character) {
  constexpr std::uint32_t transmit_full = 0x20;
  while ((reg(uart_0 + 0x18) & transmit_full) != 0) {
  }
  reg(uart_0) = static_cast<unsigned char>(character);
}

void toggle_led() {
  pin(port_f, led_pin) = ~pin(port_f, led_pin);
}

void write_pin(unsigned number, bool on) {
  if (number < output_pins) pin(port_b, number) = on ? ~0U : 0U;
}

bool read_pin(unsigned number) {
  return number < input_pins && pin(port_e, number) != 0;
}

/// The first expiry would interrupt, which nobody listens to; the second resets. So the counter runs twice in
/// `timeout_ms`.
void start_watchdog(std::uint32_t timeout_ms) {
  reg(clock_gate_0) = reg(clock_gate_0) | watchdog_gate;
  watchdog_cycles = timeout_ms / 2 * cycles_per_ms;
  reg(watchdog_load) = watchdog_cycles;
  reg(watchdog_control) = reset_enable;
  reg(watchdog_control) = reset_enable | interrupt_enable;  // starts it; only a reset of the unit stops it
}

void feed_watchdog() {
  if (watchdog_cycles != 0) reg(watchdog_load) = watchdog_cycles;
}

bool stop_watchdog() {
  return false;
}

void on_interrupt(unsigned number) {
  if (has_ethernet && number == ethernet_interrupt) {
    on_ethernet_interrupt();
  } else if (has_serial && number == serial_interrupt) {
    on_serial_interrupt();
  } else {
    disable_interrupt(number);
  }
}

void on_nmi() {}

}  // namespace tautline::board
