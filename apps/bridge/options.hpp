#pragma once

#include <cstdint>
#include <string>

#include "tautline/bridge/seams.hpp"

namespace tautline::bridge_program {

/// What the user says; all else comes from the hosted board.
struct Options {
  std::string uart;  ///< a serial line; or:
  std::uint32_t baud = 115200;
  std::string i2c;  ///< an I2C adapter, with
  std::uint32_t address = bridge::default_i2c_address;
  std::string syn, ack;   ///< its handshake lines
  std::string interface;  ///< empty: the network counts as always up
  std::string watchdog;   ///< a device, or "process"; empty: none
  bool verbose = false;
};

}  // namespace tautline::bridge_program
