#pragma once

#include <cstdint>

#include "tautline/baremetal/board.hpp"
#include "tautline/baremetal/console.hpp"
#include "tautline/client/client.hpp"

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

}  // namespace tautline::baremetal
