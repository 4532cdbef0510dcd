#pragma once

#include <cstddef>
#include <cstdint>

#include "tautline/bridge/seams.hpp"

namespace tautline::rp2040 {

/// The seam I2cMaster of tautline/bridge/seams.hpp: I2C0 on the pins 4 (SDA) and 5 (SCL) at 400 kHz. An interrupt
/// handler moves the bytes, and its end of a transfer ends board::wait(). There is one at most.
class I2cMaster {
 public:
  /// Transfers go to the slave with this address, 7 bits.
  explicit I2cMaster(std::uint8_t address = bridge::default_i2c_address) : address_(address) {}
  I2cMaster(const I2cMaster&) = delete;
  I2cMaster& operator=(const I2cMaster&) = delete;

  /// Frees the bus, which a transfer that a reset cut off may still hold, and switches the block on.
  void start();

  /// `size` is at least 1; see seams.hpp.
  void begin_write(const char* data, std::size_t size);
  /// `size` is at least 1; see seams.hpp.
  void begin_read(char* data, std::size_t size);
  /// Failed also after abort().
  bridge::I2cStatus status();
  /// Takes 50 us, in which nothing else runs.
  void abort();

 private:
  static bool on_interrupt();
  void begin(const char* out, char* in, std::size_t size);
  bool handle_interrupt();
  void drain();
  void feed();
  void finish(bridge::I2cStatus status);

  const std::uint8_t address_;
  const char* out_ = nullptr;  ///< a write, or nullptr
  char* in_ = nullptr;         ///< a read, or nullptr
  std::size_t size_ = 0;
  std::size_t commanded_ = 0;  ///< bytes whose commands are in the block
  std::size_t received_ = 0;
  volatile bridge::I2cStatus status_ = bridge::I2cStatus::done;
  volatile bool has_failed_ = false;  ///< the block has given up; its STOP is still to come
  volatile bool bus_is_held_ = false;
};

}  // namespace tautline::rp2040
