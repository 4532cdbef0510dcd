#pragma once

#include <cstdint>

#include "tautline/bridge/i2c_exchange.hpp"
#include "tautline/bridge/seams.hpp"

namespace tautline::rp2040 {

/// The seam I2cSlave of tautline/bridge/seams.hpp: I2C0 on the pins 4 (SDA) and 5 (SCL). There is one at most.
///
/// The block cannot refuse its address while it is switched on, so it is held in reset while not armed: the address is
/// not acknowledged then. While armed it holds the clock whenever the interrupt handler is late.
class I2cSlave {
 public:
  /// Answers to this address, 7 bits.
  explicit I2cSlave(std::uint8_t address = bridge::default_i2c_address) : address_(address) {}
  I2cSlave(const I2cSlave&) = delete;
  I2cSlave& operator=(const I2cSlave&) = delete;

  /// The pins and the interrupt; not armed.
  void start();
  /// See seams.hpp.
  void arm(bridge::I2cExchange& exchange);
  /// See seams.hpp.
  void disarm();

 private:
  static bool on_interrupt();
  bool handle_interrupt();

  const std::uint8_t address_;
  bridge::I2cExchange* exchange_ = nullptr;
  bool transfer_begins_ = false;  ///< START was seen, and no byte of a read since
};

}  // namespace tautline::rp2040
