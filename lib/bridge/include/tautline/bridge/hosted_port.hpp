#pragma once

#include <cstddef>
#include <cstdint>

#include "tautline/bridge/hosted_link.hpp"
#include "tautline/client/client.hpp"

namespace tautline::bridge {

/// The wifi seam of a Client on a hosted board. See BasicClient for what the functions mean.
struct HostedWifi {
  HostedLink& link;  ///< where it is asked for
  /// Always true: the bridge falls back to the settings.
  bool connect_stored() {
    link.connect_wifi(true);
    return true;
  }
  /// The credentials are those of HostedSettings.
  void connect(const char*, const char*) { link.connect_wifi(false); }
  /// See HostedLink::disconnect_wifi().
  void disconnect() { link.disconnect_wifi(); }
  /// See HostedLink::wifi_is_up().
  bool is_up() const { return link.wifi_is_up(); }
};

/// The transport seam. See BasicClient for what the functions mean.
struct HostedTransport {
  HostedLink& link;  ///< where it is asked for
  /// See HostedLink::connect().
  void connect(const char* host, std::uint16_t port) { link.connect(host, port); }
  /// See HostedLink::progress().
  ConnectStatus progress() const { return link.progress(); }
  /// See HostedLink::next_address().
  bool next_address() { return link.next_address(); }
  /// See HostedLink::read().
  IoResult read(char* data, std::size_t size) { return link.read(data, size); }
  /// See HostedLink::write().
  IoResult write(const char* data, std::size_t size) { return link.write(data, size); }
  /// See HostedLink::close().
  void close() { link.close(); }
};

/// The port of a Client on a hosted board: network and server are reached through the bridge, the rest is the board's
/// own. `Local` has the members random, watchdog, led and log, as in BasicClient's Port.
template <class Local>
struct HostedPort {
  static constexpr bool speaks_protocol_1 = false;  ///< the bridge would carry it; a board has no room for both

  /// Both outlive the port.
  HostedPort(HostedLink& link, Local& local)
      : wifi{link}, transport{link}, random(local.random), watchdog(local.watchdog), led(local.led), log(local.log) {}

  HostedWifi wifi;                      ///< the bridge's network
  HostedTransport transport;            ///< the bridge's connection to the server
  decltype(Local::random)& random;      ///< jitter of the attempts to connect, tokens of the stream
  decltype(Local::watchdog)& watchdog;  ///< with ClientConfig::wdog
  decltype(Local::led)& led;            ///< with ClientConfig::led
  decltype(Local::log)& log;            ///< with ClientConfig::verbose
};

}  // namespace tautline::bridge
