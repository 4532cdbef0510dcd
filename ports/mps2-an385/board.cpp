// ARM's MPS2 board with the Cortex-M3 image AN385: UART, LEDs, watchdog.

#include "tautline/baremetal/board.hpp"

#include "cortex_m3.hpp"
#include "ethernet.hpp"
#include "serial.hpp"
#include "tautline/baremetal/parts.hpp"

namespace tautline::board {
namespace {

constexpr std::uint32_t cycles_per_ms = 25'000;

constexpr std::uintptr_t uart_0 = 0x40004000;
constexpr std::uintptr_t uart_state = uart_0 + 0x04;
constexpr std::uintptr_t uart_control = uart_0 + 0x08;
constexpr std::uintptr_t uart_divider = uart_0 + 0x10;

constexpr std::uintptr_t leds = 0x40028000;

constexpr std::uintptr_t watchdog = 0x40008000;
constexpr std::uintptr_t watchdog_load = watchdog + 0x00;
constexpr std::uintptr_t watchdog_control = watchdog + 0x08;
constexpr std::uintptr_t watchdog_clear = watchdog + 0x0c;
constexpr std::uintptr_t watchdog_lock = watchdog + 0xc00;
constexpr std::uint32_t unlock = 0x1acce551;
constexpr std::uint32_t interrupt_enable = 1;
constexpr std::uint32_t reset_enable = 2;

}  // namespace

void start() {
  reg(uart_divider) = 217;  // 115200 baud; 16 is the least
  reg(uart_control) = 1;    // transmit
  start_tick(cycles_per_ms);
}

void wait() {
  sleep_unless([] { return (has_ethernet && frame_waits()) || (has_serial && serial_work_waits()); });
}

void put(char character) {
  constexpr std::uint32_t transmit_full = 1;
  while ((reg(uart_state) & transmit_full) != 0) {
  }
  reg(uart_0) = static_cast<unsigned char>(character);
}

void toggle_led() {
  reg(leds) = reg(leds) ^ 1U;
}

// The board has no pins that lead out of the emulator.
void write_pin(unsigned, bool) {}

bool read_pin(unsigned) {
  return false;
}

/// The first expiry interrupts (on_nmi), the second resets. So the counter runs twice in `timeout_ms`.
void start_watchdog(std::uint32_t timeout_ms) {
  reg(watchdog_lock) = unlock;
  reg(watchdog_load) = timeout_ms / 2 * cycles_per_ms;
  reg(watchdog_control) = reset_enable | interrupt_enable;
}

void feed_watchdog() {
  reg(watchdog_clear) = 1;  // starts from watchdog_load again
}

bool stop_watchdog() {
  reg(watchdog_control) = 0;
  return true;
}

void on_interrupt(unsigned number) {
  if (has_ethernet && number == ethernet_interrupt) {
    on_ethernet_interrupt();
  } else if (has_serial && (number == serial_receive_interrupt || number == serial_transmit_interrupt)) {
    on_serial_interrupt();
  } else {
    disable_interrupt(number);
  }
}

/// The watchdog's first expiry: whatever hung goes on hanging here, and the second resets.
void on_nmi() {
  while (true) {
  }
}

}  // namespace tautline::board
