// The only UART of QEMU's board kc705-nommu, a 16550, as the line to a hosted board: on the ESP8266 too only one UART
// has both directions. What is received stays in its FIFO until the main loop comes; the interrupt only ends the sleep.

#include "lx106.hpp"
#include "tautline/baremetal/board.hpp"
#include "tautline/baremetal/registers.hpp"

namespace tautline::board {
namespace {

constexpr std::uintptr_t uart = 0x9d050020;
constexpr std::uintptr_t uart_interrupts = uart + 0x04;
constexpr std::uintptr_t uart_fifo = uart + 0x08;
constexpr std::uintptr_t uart_line = uart + 0x0c;
constexpr std::uintptr_t uart_status = uart + 0x14;
// With the divisor's latch open.
constexpr std::uintptr_t uart_divisor_low = uart + 0x00;
constexpr std::uintptr_t uart_divisor_high = uart + 0x04;
constexpr std::uint32_t divisor_latch = 0x80;

constexpr std::uint32_t highest_baud = 115'200;
constexpr std::uint32_t received = 0x01;          // of status and interrupts
constexpr std::uint32_t transmit_empty = 0x20;    // of status
constexpr std::uint32_t transmit_empties = 0x02;  // of interrupts
constexpr int fifo_bytes = 16;

bool refused = false;

}  // namespace

void start_serial(std::uint32_t baud) {
  constexpr std::uint32_t eight_bits = 3;
  const std::uint32_t divisor = baud < highest_baud ? highest_baud / baud : 1;
  reg(uart_line) = eight_bits | divisor_latch;
  reg(uart_divisor_low) = divisor & 0xff;
  reg(uart_divisor_high) = divisor >> 8;
  reg(uart_line) = eight_bits;
  reg(uart_fifo) = 0x07;  // on, emptied, interrupts at the first byte
  reg(uart_interrupts) = received;
}

std::size_t serial_read(char* data, std::size_t size) {
  std::size_t count = 0;
  while (count < size && (reg(uart_status) & received) != 0) data[count++] = static_cast<char>(reg(uart));
  return count;
}

std::size_t serial_write(const char* data, std::size_t size) {
  std::size_t count = 0;
  while (count < size && (reg(uart_status) & transmit_empty) != 0) {
    for (int room = fifo_bytes; count < size && room != 0; --room)
      reg(uart) = static_cast<unsigned char>(data[count++]);
  }
  refused = count < size;
  reg(uart_interrupts) = refused ? received | transmit_empties : received;
  return count;
}

bool serial_work_waits() {
  const std::uint32_t status = reg(uart_status);
  return (status & received) != 0 || (refused && (status & transmit_empty) != 0);
}

// No pin is spared for it.
void write_reset_line(bool) {}

}  // namespace tautline::board
