#pragma once

#include <poll.h>

#include <array>
#include <cstdint>
#include <string>

#include "options.hpp"
#include "tautline/bridge/i2c_bridge_channel.hpp"
#include "tautline/bridge/uart_channel.hpp"
#include "tautline/linux_bridge/gpio_line.hpp"
#include "tautline/linux_bridge/i2c_device.hpp"
#include "tautline/linux_bridge/serial_port.hpp"

namespace tautline::bridge_program {

/// More than boards have: a Linux machine has the memory, and a board takes what it has room for.
using Stream = bridge::StoredStream<2048, 2048>;

/// The side of the hosted board: a channel, and what to wait for. UartSide and I2cSide have the same members.
class UartSide {
 public:
  /// Throws what says what is wrong with the options or the devices.
  explicit UartSide(const Options& options);

  bridge::ByteStream& stream() { return stream_; }
  void start(std::uint32_t random, std::uint32_t now_ms) { channel_.start(random, now_ms); }
  /// `event`: did waiting() report something since the last call?
  void poll(std::uint32_t now_ms, bool event);
  std::uint32_t deadline_ms(std::uint32_t now_ms) const;
  pollfd waiting() const;
  /// What went wrong on the line so far: "3 damaged frames".
  std::string troubles() const { return std::to_string(channel_.damaged_frames()) + " damaged frames"; }

 private:
  linux_bridge::SerialPort serial_;
  Stream stream_;
  bridge::UartChannel<linux_bridge::SerialPort> channel_;
};

/// See UartSide.
class I2cSide {
 public:
  explicit I2cSide(const Options& options);

  bridge::ByteStream& stream() { return stream_; }
  void start(std::uint32_t random, std::uint32_t now_ms) { channel_.start(random, now_ms); }
  void poll(std::uint32_t now_ms, bool event);
  std::uint32_t deadline_ms(std::uint32_t now_ms) const { return channel_.deadline_ms(now_ms); }
  pollfd waiting() const { return {syn_.descriptor(), POLLIN, 0}; }
  std::string troubles() const { return std::to_string(channel_.failures()) + " failed exchanges"; }

 private:
  linux_bridge::I2cDevice device_;
  linux_bridge::GpioLine syn_;
  linux_bridge::GpioLine ack_;
  Stream stream_;
  bridge::I2cBridgeChannel<linux_bridge::I2cDevice, linux_bridge::GpioLine> channel_;
};

}  // namespace tautline::bridge_program
