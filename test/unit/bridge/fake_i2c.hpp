#pragma once

#include <cstddef>
#include <cstring>
#include <string>
#include <vector>

#include "packets.hpp"
#include "tautline/bridge/seams.hpp"

namespace tautline::bridge::test {

/// One end of a handshake line; the test is the other.
struct FakePin {
  bool level = true;
  std::vector<bool> written;
  void write(bool high) {
    level = high;
    written.push_back(high);
  }
  bool read() const { return level; }
};

/// The slave's driver; the test is the master.
struct FakeSlave {
  I2cExchange* exchange = nullptr;
  int arms = 0;
  int disarms = 0;

  void arm(I2cExchange& armed) {
    exchange = &armed;
    ++arms;
  }
  void disarm() {
    exchange = nullptr;
    ++disarms;
  }
  bool write(const std::string& frame) {
    if (exchange == nullptr) return false;
    exchange->on_start(false);
    for (const char byte : frame) exchange->on_byte(byte);
    exchange->on_stop();
    return true;
  }
  /// The packet in the slave's frame.
  std::string read() {
    if (exchange == nullptr) return "(nobody)";
    exchange->on_start(true);
    char frame[max_i2c_frame_bytes];
    frame[0] = exchange->on_read();
    frame[1] = exchange->on_read();
    const std::size_t bytes = i2c_frame_bytes(frame);
    for (std::size_t at = 2; at < bytes; ++at) frame[at] = exchange->on_read();
    exchange->on_stop();
    return std::string(open_i2c_frame(frame, bytes));
  }
  /// A whole exchange; what the slave said, described.
  std::string exchange_with(const std::string& packet) {
    return write(i2c_frame(packet)) ? describe(read()) : "(nobody)";
  }
};

/// The master's driver; the test is the slave.
struct FakeMaster {
  I2cStatus state = I2cStatus::done;
  std::string written;
  char* into = nullptr;
  std::size_t wanted = 0;
  int writes = 0;
  int reads = 0;
  int aborts = 0;

  void begin_write(const char* data, std::size_t size) {
    ++writes;
    written.assign(data, size);
    state = I2cStatus::busy;
  }
  void begin_read(char* data, std::size_t size) {
    ++reads;
    into = data;
    wanted = size;
    state = I2cStatus::busy;
  }
  I2cStatus status() const { return state; }
  void abort() {
    ++aborts;
    state = I2cStatus::failed;
  }
  /// The master's packet, described.
  std::string said() const { return describe(open_i2c_frame(written.data(), written.size())); }
  /// So many bytes of the frame as it asked for, ones after the end.
  void give(const std::string& frame) {
    std::memset(into, 0xFF, wanted);
    std::memcpy(into, frame.data(), wanted < frame.size() ? wanted : frame.size());
    state = I2cStatus::done;
  }
};

}  // namespace tautline::bridge::test
