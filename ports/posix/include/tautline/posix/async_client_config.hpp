#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "tautline/client/client.hpp"

namespace tautline::posix {

/// What a program says about its link; ClientConfig and Sizes in one, with texts of its own.
struct AsyncClientConfig {
  std::string my_id;                              ///< 1 to 32 of letters, digits, "-", "_", ".", "/", ":"
  std::string server;                             ///< host name or address
  std::uint16_t port = default_port;              ///< TCP port of the server
  std::uint32_t timeout_ms = default_timeout_ms;  ///< silence after which the connection is given up
  std::size_t max_line = 1024;                    ///< longest line in either direction
  std::uint32_t window = 16;                      ///< lines on the way from the server
  std::size_t queued_lines = 64;                  ///< lines of full length that wait to be acknowledged
  std::size_t io_bytes = 16384;                   ///< receive and output buffer, each; at least a line
  Dialect protocol = Dialect::protocol_2;         ///< others for servers of micropython-iot
  bool verbose = false;                           ///< one line on stderr for each change
  bool wdog = false;                              ///< SIGALRM ends the process if the executor hangs for watchdog_ms
  /// Called on every change of state; see StateCallback.
  std::function<void(bool up, Reason reason)> conn_cb = {};
};

}  // namespace tautline::posix
