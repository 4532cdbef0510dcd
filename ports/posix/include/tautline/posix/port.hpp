#pragma once

#include <cstdint>

#include "tautline/client/client.hpp"
#include "tautline/posix/tcp_transport.hpp"

namespace tautline::posix {

/// The operating system manages the network: always up as far as the client can see.
struct SystemWifi {
  /// Nothing: ssid and password are the system's matter.
  bool connect_stored() { return true; }
  /// Nothing.
  void connect(const char*, const char*) {}
  /// Nothing.
  void disconnect() {}
  /// Always.
  bool is_up() const { return true; }
};

/// Random numbers from the system.
struct SystemRandom {
  /// Uniformly distributed.
  std::uint32_t next();
};

/// Ends the process by SIGALRM when it was not fed for that long, so that its supervisor starts it again.
class AlarmWatchdog {
 public:
  /// Must be fed within `timeout_ms` from now on.
  void start(std::uint32_t timeout_ms);
  /// The process is alive: the time begins anew.
  void feed();
  /// It needs no more feeding. True: it always can be stopped.
  bool stop();

 private:
  std::uint32_t timeout_ms_ = 0;
};

/// Nothing lights up; tests and programs look at `on`.
struct NoLed {
  bool on = false;  ///< is it lit?
  /// As for an LED.
  void toggle() { on = !on; }
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
struct Port {
  static constexpr bool speaks_protocol_1 = true;  ///< servers of micropython-iot can be talked to

  SystemWifi wifi;         ///< the network interface
  TcpTransport transport;  ///< the connection to the server
  SystemRandom random;     ///< jitter of the attempts to connect
  AlarmWatchdog watchdog;  ///< with ClientConfig::wdog
  NoLed led;               ///< with ClientConfig::led
  StderrLog log;           ///< with ClientConfig::verbose

  /// Milliseconds of the monotonic clock.
  static std::uint32_t now_ms();

  /// Sleeps until the deadline, or until the transport or the descriptor `also` has something to read, whichever comes
  /// first. Returns whether `also` has. A signal ends the wait.
  bool wait(std::uint32_t deadline_ms, int also = -1);
};

/// The client of a POSIX program, with buffers of fixed size: posix::Client<> client(port, config);
template <class BufferSizes = Sizes<>, class First = KeepTrying>
using Client = tautline::Client<Port, BufferSizes, First>;

}  // namespace tautline::posix
