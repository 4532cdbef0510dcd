// The MPS2's UART 1, which holds one byte in each direction.

#include "serial.hpp"

#include "cortex_m3.hpp"
#include "tautline/baremetal/board.hpp"
#include "tautline/baremetal/buffered_uart.hpp"

namespace tautline::board {
namespace {

constexpr std::uint32_t cycles_per_second = 25'000'000;

constexpr std::uintptr_t uart_1 = 0x40005000;
constexpr std::uintptr_t uart_state = uart_1 + 0x04;
constexpr std::uintptr_t uart_control = uart_1 + 0x08;
constexpr std::uintptr_t uart_interrupts = uart_1 + 0x0c;  // write 1 to acknowledge
constexpr std::uintptr_t uart_divider = uart_1 + 0x10;
constexpr std::uint32_t transmit_full = 1;
constexpr std::uint32_t receive_full = 2;

struct Uart1 {
  static void acknowledge() { reg(uart_interrupts) = 0xf; }
  static bool has_byte() { return (reg(uart_state) & receive_full) != 0; }
  static char take() { return static_cast<char>(reg(uart_1)); }
  static bool has_room() { return (reg(uart_state) & transmit_full) == 0; }
  static void put(char byte) { reg(uart_1) = static_cast<unsigned char>(byte); }
  static void hold() {
    disable_interrupt(serial_receive_interrupt);
    disable_interrupt(serial_transmit_interrupt);
    __asm__ volatile("dsb\n isb" ::: "memory");
  }
  static void release() {
    __asm__ volatile("" ::: "memory");
    enable_interrupt(serial_receive_interrupt);
    enable_interrupt(serial_transmit_interrupt);
  }
};

BufferedUart<Uart1> uart;

}  // namespace

void start_serial(std::uint32_t baud) {
  reg(uart_divider) = (cycles_per_second + baud / 2) / baud;
  reg(uart_control) = 0xf;  // both directions, with their interrupts
  Uart1::release();
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

// The board has no pins that lead out of the emulator.
void write_reset_line(bool) {}

}  // namespace tautline::board
