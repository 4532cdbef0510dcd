#pragma once

#include <cstdint>

#include "tautline/client/client.hpp"
#include "tautline/posix/interface_wifi.hpp"
#include "tautline/posix/port_options.hpp"
#include "tautline/posix/sysfs_led.hpp"
#include "tautline/posix/tcp_transport.hpp"
#include "tautline/posix/watchdog.hpp"

namespace tautline::posix {

/// Random numbers from the system.
struct SystemRandom {
  /// Uniformly distributed.
  std::uint32_t next();
};

/// One line on stderr for each change of state.
struct StderrLog {
  /// Called by a client with ClientConfig::verbose.
  void state(LinkState state, Reason reason);
};

/// What adapts the client to a POSIX system. A program's loop:
///
///     while (true) {
///       client.poll(port.now_ms());
///       ...
///       port.wait(client.deadline_ms());
///     }
///
/// What of the machine it uses is chosen by PortOptions: `posix::Port port({.interface = "wlan0"});`
struct Port {
  static constexpr bool speaks_protocol_1 = true;  ///< servers of micropython-iot can be talked to

  InterfaceWifi wifi;       ///< the network interface
  TcpTransport transport;   ///< the connection to the server
  SystemRandom random;      ///< jitter of the attempts to connect
  SystemWatchdog watchdog;  ///< with ClientConfig::wdog
  SysfsLed led;             ///< with ClientConfig::led
  StderrLog log;            ///< with ClientConfig::verbose

  /// Uses nothing of the machine but sockets.
  Port() : Port(PortOptions{}) {}
  /// Throws an exception derived from std::exception whose text says what is missing and what to do about it.
  explicit Port(const PortOptions& options);

  /// Milliseconds of the monotonic clock.
  static std::uint32_t now_ms();

  /// Sleeps until the deadline, or until the transport or the descriptor `also` has something to read, or the network
  /// interface changes, whichever comes first. Returns whether `also` has. A signal ends the wait.
  bool wait(std::uint32_t deadline_ms, int also = -1);
};

/// The client of a POSIX program, with buffers of fixed size: posix::Client<> client(port, config);
template <class BufferSizes = Sizes<>, class First = KeepTrying>
using Client = tautline::Client<Port, BufferSizes, First>;

}  // namespace tautline::posix
