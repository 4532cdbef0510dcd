#pragma once

#include <cstdint>
#include <string>

#include <CLI/CLI.hpp>

#include "tautline/bridge/hosted_client.hpp"
#include "tautline/bridge/uart_channel.hpp"
#include "tautline/linux_bridge/serial_port.hpp"
#include "tautline/posix/port.hpp"

namespace hosted {

/// What both programs take.
struct Options {
  std::string uart;
  std::uint32_t baud = 115200;
  std::string id = "1";
  std::string server = "localhost";
  std::uint16_t port = 8123;
  std::string ssid, pw;
  std::uint32_t timeout_ms = 1500;
  std::uint32_t period_ms = 5000;
  std::uint32_t report_ms = 60000;

  void add_to(CLI::App& app);
};

/// Prints what the client tells.
struct Events : tautline::bridge::HostedEvents {
  void report(const tautline::bridge::BridgeReport& report);
  void server_up();
  void server_down(tautline::Reason reason);
  void bridge_up();
  void bridge_down();
};

/// What a HostedClient takes from this machine beside the serial line; on a board they are the board's.
struct Local {
  tautline::posix::SystemRandom random;
  tautline::posix::SystemWatchdog watchdog{{}, {}};
  tautline::posix::SysfsLed led;
  tautline::posix::StderrLog log;
};

using Channel = tautline::bridge::UartChannel<tautline::linux_bridge::SerialPort>;
using Client = tautline::bridge::HostedClient<Channel, Local, tautline::bridge::NoPin, Events>;

/// A "board without a network": this process, which has nothing but a serial line.
class Board {
 public:
  /// Throws what says what is wrong with the line. `options` outlives the board.
  explicit Board(const Options& options);

  /// What a board's main loop does, and the time of the next turn.
  std::uint32_t poll();
  /// Until the deadline, or until something came over the line. A signal ends the wait.
  void wait(std::uint32_t deadline_ms);
  static std::uint32_t now_ms() { return tautline::posix::Port::now_ms(); }

 private:
  tautline::ClientConfig config(const Options& options) const;

  Local local_;
  tautline::linux_bridge::SerialPort serial_;
  tautline::bridge::StoredStream<> stream_;
  Channel channel_;
  tautline::bridge::NoPin reset_line_;
  Events events_;

 public:
  Client client;  ///< the application's
};

}  // namespace hosted
