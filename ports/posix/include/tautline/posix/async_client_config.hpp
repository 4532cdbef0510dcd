#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "tautline/client/client.hpp"
#include "tautline/posix/port_options.hpp"

namespace tautline::posix {

/// What a program says about its link; ClientConfig, Sizes and PortOptions in one, with texts of its own. There is no
/// ssid and pw: WiFi is the system's.
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
  bool wdog = false;                              ///< see BasicClient; which watchdog: system.watchdog
  bool led = false;                               ///< toggle system.led on each keepalive received
  /// Called on every change; see StateCallback.
  std::function<void(bool up, Reason reason)> conn_cb = {};
  /// Asked about failures before the link was up for the first time, never afterwards; false: close for good, so that
  /// operations end with Error::closed. Empty: keep trying. See KeepTrying.
  std::function<bool()> bad_wifi = {};
  /// As bad_wifi, when the server was not reached or refused.
  std::function<bool(Reason reason)> bad_server = {};
  /// What of the machine is used.
  PortOptions system = {};
};

}  // namespace tautline::posix
