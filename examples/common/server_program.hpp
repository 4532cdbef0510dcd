#pragma once

#include <cstdint>
#include <iostream>
#include <string>

#include <CLI/CLI.hpp>

#include "coroutine.hpp"
#include "tautline/server/server.hpp"

namespace example {

/// Options that every server has.
struct ServerArguments {
  std::string address;
  std::uint16_t port = 8123;
  std::uint32_t timeout_ms = 1500;

  void add_to(CLI::App& command) {
    command.add_option("--address", address, "address to listen on (default: all interfaces)");
    command.add_option("--port", port, "TCP port; 0 picks a free one")->capture_default_str();
    command.add_option("--timeout", timeout_ms, "ms of silence after which a link is down")->capture_default_str();
  }
};

inline void show_link(const tautline::Connection& conn, bool up) {
  std::cout << "Link to " << conn.id() << (up ? " is up" : " is down") << std::endl;
}

/// Waits for a signal, then stops in an orderly way. 0 if nothing was left behind.
inline asio::awaitable<int> stop_on_signal(tautline::Server& server) {
  co_await told_to_stop();
  const tautline::StopReport report = co_await server.stop();
  std::cout << "Stopped: " << report.unacknowledged << " lines not acknowledged, " << report.unread << " not read"
            << std::endl;
  co_return report.unacknowledged + report.unread == 0 ? 0 : 1;
}

}  // namespace example
