#pragma once

#include <cstdint>

#include "tautline/baremetal/devices.hpp"

namespace tautline::baremetal {

/// Random numbers by xorshift, for jitter and tokens. Not for keys.
class Random {
 public:
  /// Something that differs from boot to boot and from board to board.
  void seed(std::uint32_t value) { state_ = value != 0 ? value : 1; }
  /// Uniformly distributed.
  std::uint32_t next() {
    state_ ^= state_ << 13U;
    state_ ^= state_ >> 17U;
    state_ ^= state_ << 5U;
    return state_;
  }

 private:
  std::uint32_t state_ = 1;
};

/// What a board without a network adds to a client that reaches its server through a bridge: `Local` of
/// bridge::HostedPort.
struct HostedBoard {
  Random random;      ///< seed() it first
  Watchdog watchdog;  ///< with ClientConfig::wdog
  Led led;            ///< with ClientConfig::led
  ConsoleLog log;     ///< with ClientConfig::verbose
};

}  // namespace tautline::baremetal
