#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "tautline/bridge/seams.hpp"

namespace tautline::linux_bridge {

/// One transfer with the slave: reads `size` bytes into `data`, or writes them. Returns 0 when all went over, else an
/// errno.
using I2cTransfer = std::function<int(bool read, char* data, std::size_t size)>;

/// The I2cMaster seam over an I2C adapter of the kernel (/dev/i2c-N). A transfer is over when it has begun: the kernel
/// is waited for, at most bridge::i2c_transfer_limit_ms.
class I2cDevice {
 public:
  /// `path`: of the adapter, for example "/dev/i2c-1". `address`: of the slave, 7 bits.
  /// Throws std::runtime_error, which says what is wrong and what to do.
  explicit I2cDevice(const std::string& path, std::uint8_t address = bridge::default_i2c_address);
  /// Another way to transfer, for tests.
  explicit I2cDevice(I2cTransfer transfer);
  ~I2cDevice();
  I2cDevice(const I2cDevice&) = delete;
  I2cDevice& operator=(const I2cDevice&) = delete;

  /// Of the I2cMaster seam.
  void begin_write(const char* data, std::size_t size);
  /// Of the I2cMaster seam.
  void begin_read(char* data, std::size_t size);
  /// Of the I2cMaster seam; never busy.
  bridge::I2cStatus status() const;
  /// Of the I2cMaster seam; nothing: the kernel has given up by itself, and freed the bus as well as it can.
  void abort() {}
  /// Why the last transfer failed: an errno; 0: it did not.
  int error() const { return error_; }

 private:
  int descriptor_ = -1;
  I2cTransfer transfer_;
  int error_ = 0;
};

}  // namespace tautline::linux_bridge
