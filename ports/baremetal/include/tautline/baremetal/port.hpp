#pragma once

#include <cstdint>

#include "tautline/baremetal/board.hpp"
#include "tautline/baremetal/console.hpp"
#include "tautline/baremetal/network.hpp"
#include "tautline/lwip/random.hpp"
#include "tautline/lwip/tcp_transport.hpp"

namespace tautline::baremetal {

/// The board's watchdog as the client sees it.
struct Watchdog {
  /// See board::start_watchdog().
  void start(std::uint32_t timeout_ms) { board::start_watchdog(timeout_ms); }
  /// See board::feed_watchdog().
  void feed() { board::feed_watchdog(); }
  /// See board::stop_watchdog().
  bool stop() { return board::stop_watchdog(); }
};

/// The board's LED as the client sees it.
struct Led {
  /// See board::toggle_led().
  void toggle() { board::toggle_led(); }
};

/// One line on the console for each change of state.
struct ConsoleLog {
  /// Called by a client with ClientConfig::verbose.
  void state(LinkState state, Reason reason) {
    print(board::now_ms(), " ms: ", to_string(state), ", ", to_string(reason), "\n");
  }
};

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
