#pragma once

#include <cstddef>

#include "tautline/baremetal/board.hpp"

/// The seams of lib/bridge on a board with a second UART.
namespace tautline::baremetal {

/// The second UART; board::start_serial() starts it.
struct Uart {
  /// See board::serial_read().
  std::size_t read(char* data, std::size_t size) { return board::serial_read(data, size); }
  /// See board::serial_write().
  std::size_t write(const char* data, std::size_t size) { return board::serial_write(data, size); }
};

/// The line with which a hosted board resets its bridge.
struct ResetLine {
  /// See board::write_reset_line().
  void write(bool high) { board::write_reset_line(high); }
};

}  // namespace tautline::baremetal
