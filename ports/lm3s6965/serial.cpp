// The LM3S6965's UART 1, and the pin that resets another board.

#include "serial.hpp"

#include "cortex_m3.hpp"
#include "tautline/baremetal/board.hpp"
#include "tautline/baremetal/buffered_uart.hpp"

namespace tautline::board {
namespace {

constexpr std::uint32_t cycles_per_second = 50'000'000;

constexpr std::uintptr_t clock_gate_1 = 0x400fe104;
constexpr std::uint32_t uart_1_gate = 1U << 1;

constexpr std::uintptr_t uart_1 = 0x4000d000;
constexpr std::uintptr_t uart_flags = uart_1 + 0x18;
constexpr std::uintptr_t uart_divider = uart_1 + 0x24;
constexpr std::uintptr_t uart_fraction = uart_1 + 0x28;
constexpr std::uintptr_t uart_line = uart_1 + 0x2c;
constexpr std::uintptr_t uart_control = uart_1 + 0x30;
constexpr std::uintptr_t interrupt_mask = uart_1 + 0x38;
constexpr std::uintptr_t interrupt_clear = uart_1 + 0x44;
constexpr std::uint32_t receive_empty = 0x10;
constexpr std::uint32_t transmit_full = 0x20;
// Received as many as the FIFO asks for, received fewer and then nothing for a while, room to send.
constexpr std::uint32_t interrupts = 0x10 | 0x40 | 0x20;

constexpr std::uintptr_t port_b = 0x40005000;
constexpr std::uintptr_t port_b_direction = port_b + 0x400;
constexpr std::uintptr_t port_b_digital = port_b + 0x51c;
constexpr std::uint32_t reset_pin = 1U << 2;
constexpr std::uintptr_t port_b_level = port_b + reset_pin * 4;  // the address chooses the pin

struct Uart1 {
  static void acknowledge() { reg(interrupt_clear) = interrupts; }
  static bool has_byte() { return (reg(uart_flags) & receive_empty) == 0; }
  static char take() { return static_cast<char>(reg(uart_1)); }
  static bool has_room() { return (reg(uart_flags) & transmit_full) == 0; }
  static void put(char byte) { reg(uart_1) = static_cast<unsigned char>(byte); }
  static void hold() {
    disable_interrupt(serial_interrupt);
    __asm__ volatile("dsb\n isb" ::: "memory");
  }
  static void release() {
    __asm__ volatile("" ::: "memory");
    enable_interrupt(serial_interrupt);
  }
};

BufferedUart<Uart1> uart;

}  // namespace

void start_serial(std::uint32_t baud) {
  reg(clock_gate_1) = reg(clock_gate_1) | uart_1_gate;
  const std::uint32_t divider_64ths = (cycles_per_second * 4 + baud / 2) / baud;
  reg(uart_control) = 0;
  reg(uart_divider) = divider_64ths / 64;
  reg(uart_fraction) = divider_64ths % 64;
  reg(uart_line) = 0x70;  // 8 bits, FIFO on
  reg(interrupt_mask) = interrupts;
  reg(uart_control) = 0x301;
  enable_interrupt(serial_interrupt);
}

std::size_t serial_read(char* data, std::size_t size) {
  return uart.read(data, size);
}

std::size_t serial_write(const char* data, std::size_t size) {
  return uart.write(data, size);
}

bool serial_work_waits() {
  return uart.work_waits();
}

void on_serial_interrupt() {
  uart.move_bytes();
}

void write_reset_line(bool high) {
  const std::uint32_t level = high ? reset_pin : 0;
  reg(port_b_level) = level;  // where an input takes it, the pin does not go low for a moment
  reg(port_b_digital) = reg(port_b_digital) | reset_pin;
  reg(port_b_direction) = reg(port_b_direction) | reset_pin;
  reg(port_b_level) = level;
}

}  // namespace tautline::board
