#pragma once

#include <cstdint>

#include "tautline/baremetal/board.hpp"
#include "tautline/baremetal/console.hpp"
#include "tautline/baremetal/network.hpp"
#include "tautline/lwip/random.hpp"
#include "tautline/lwip/tcp_transport.hpp"

namespace tautline::baremetal {

struct Watchdog {
  void start(std::uint32_t timeout_ms) { board::start_watchdog(timeout_ms); }
  void feed() { board::feed_watchdog(); }
  bool stop() { return board::stop_watchdog(); }
};

struct Led {
  void toggle() { board::toggle_led(); }
};

/// One line on the console for each change of state.
struct ConsoleLog {
  void state(LinkState state, Reason reason) { print("state ", to_string(state), " ", to_string(reason), "\n"); }
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
  static constexpr bool speaks_protocol_1 = false;

  Network wifi;
  lwip::TcpTransport transport;
  lwip::Random random;
  Watchdog watchdog;
  Led led;
  ConsoleLog log;
};

}  // namespace tautline::baremetal
