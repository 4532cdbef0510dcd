#pragma once

#include "tautline/baremetal/devices.hpp"
#include "tautline/baremetal/network.hpp"
#include "tautline/lwip/random.hpp"
#include "tautline/lwip/tcp_transport.hpp"

namespace tautline::baremetal {

/// What adapts the client to a board without an operating system. A program's loop:
///
///     while (true) {
///       port.wifi.poll();                    frames and lwIP's timers
///       client.poll(board::now_ms());
///       ...
///       board::wait();                       until a frame or the next tick
///     }
struct Port {
  static constexpr bool speaks_protocol_1 = false;  ///< a board has no room for what it does not need

  Network wifi;                  ///< the network interface; start() it first
  lwip::TcpTransport transport;  ///< the connection to the server
  lwip::Random random;           ///< jitter of the attempts to connect
  Watchdog watchdog;             ///< with ClientConfig::wdog
  Led led;                       ///< with ClientConfig::led
  ConsoleLog log;                ///< with ClientConfig::verbose
};

}  // namespace tautline::baremetal
