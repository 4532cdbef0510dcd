#include "carrier.hpp"

#include <poll.h>

#include <array>
#include <csignal>
#include <random>
#include <string>

#include "bridge_port.hpp"
#include "message.hpp"
#include "side.hpp"
#include "signals.hpp"
#include "tautline/bridge/bridge.hpp"
#include "tautline/core/serial.hpp"
#include "tautline/linux_bridge/memory.hpp"
#include "tautline/posix/port.hpp"

namespace tautline::bridge_program {
namespace {

using bridge::Bridge;
using cli::say;

/// Everything here wakes the program by a descriptor; this is only for what may have been overlooked.
constexpr std::uint32_t look_again_ms = 1000;
/// What comes within one turn is carried on at once, but a board that never stops must not keep signals waiting.
constexpr int max_turns_without_wait = 64;

std::string times(std::uint32_t count, const char* what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

/// One line for each change.
class ChangeLog {
 public:
  explicit ChangeLog(const Options& options) : options_(options) {}

  /// After each poll() of the bridge.
  void look(const Bridge<BridgePort>& bridge, const bridge::ByteStream& stream, BridgePort& port) {
    look_at_board(bridge, stream);
    look_at_network(port);
    look_at_server(bridge, port.transport);
  }

 private:
  void look_at_board(const Bridge<BridgePort>& bridge, const bridge::ByteStream& stream) {
    const bool is_there = bridge.has_board();
    if (had_board_ && (!is_there || stream.sessions() != sessions_)) {
      say(stream.fell_silent() ? "the hosted board is gone: it is silent" : "the hosted board began anew");
    }
    if (is_there && (!had_board_ || stream.sessions() != sessions_)) say("the hosted board is there");
    had_board_ = is_there;
    sessions_ = stream.sessions();
  }

  void look_at_network(BridgePort& port) {
    if (options_.interface.empty()) return;
    const bool is_up = port.wifi.is_up();
    if (is_up == network_is_up_ && told_network_) return;
    say("network interface " + options_.interface + (is_up ? " is up" : " is down"));
    network_is_up_ = is_up;
    told_network_ = true;
  }

  void look_at_server(const Bridge<BridgePort>& bridge, const NotedTransport& transport) {
    const bool is_connected = bridge.is_connected();
    // Another connection may have taken its place within one turn.
    if (was_connected_ && (!is_connected || bridge.report().connects != connects_)) say(place_ + ": connection ended");
    if (is_connected && (!was_connected_ || bridge.report().connects != connects_)) {
      place_ = transport.place();
      say(place_ + ": connected");
      failure_.clear();
    }
    was_connected_ = is_connected;
    connects_ = bridge.report().connects;
    if (transport.noted() > ConnectStatus::connected)
      tell_failure(transport.place() + ": " + explain(transport.noted()));
  }

  /// The attempts go on for as long as the outage: told is only what is new.
  void tell_failure(const std::string& failure) {
    if (failure == failure_) return;
    say(failure + "; trying on");
    failure_ = failure;
  }

  static std::string explain(ConnectStatus status) {
    switch (status) {
      case ConnectStatus::unresolved: return "the host name has no address";
      case ConnectStatus::refused: return "nobody listens there: does the server run, has the board the right port?";
      default: return "nobody answers there";
    }
  }

  const Options& options_;
  std::string place_, failure_;
  std::uint32_t sessions_ = 0;
  std::uint32_t connects_ = 0;
  bool had_board_ = false;
  bool was_connected_ = false;
  bool network_is_up_ = false;
  bool told_network_ = false;
};

template <class Side>
class Carrier {
 public:
  explicit Carrier(const Options& options)
      : side_(options),
        port_(options),
        bridge_(port_, side_.stream(),
                {.free_bytes = linux_bridge::available_bytes,
                 .wdog = !options.watchdog.empty(),
                 .look_again_ms = look_again_ms}),
        log_(options) {}

  void run() {
    side_.start(std::random_device{}(), posix::Port::now_ms());
    bool event = false;
    int turns = 0;
    while (stop_signal_ == 0) {
      const std::uint32_t now_ms = posix::Port::now_ms();
      side_.poll(now_ms, event);
      std::uint32_t deadline_ms = bridge_.poll(now_ms);
      log_.look(bridge_, side_.stream(), port_);
      side_.poll(now_ms, false);
      deadline_ms = earlier(deadline_ms, side_.deadline_ms(now_ms));
      const bool again = bridge_.is_behind() && ++turns < max_turns_without_wait;
      if (!again) turns = 0;
      event = wait(again ? now_ms : deadline_ms);
    }
    port_.transport.close();
    port_.watchdog.stop();
    const bridge::BridgeReport& report = bridge_.report();
    say(std::string("ended by ") + (stop_signal_ == SIGINT ? "SIGINT" : "SIGTERM") + ": " +
        times(side_.stream().sessions(), "session") + ", " + times(report.connects, "connection") + ", " +
        side_.troubles());
  }

 private:
  /// Until the deadline, or until something comes; true: from the hosted board.
  bool wait(std::uint32_t deadline_ms) {
    std::array<pollfd, 4> waiting{{side_.waiting(),
                                   {port_.transport.descriptor(), 0, 0},
                                   {port_.wifi.descriptor(), POLLIN, 0},
                                   {signals_.descriptor(), POLLIN, 0}}};
    if (port_.transport.wants_read()) waiting[1].events |= POLLIN;
    if (port_.transport.wants_write()) waiting[1].events |= POLLOUT;
    if (waiting[1].events == 0) waiting[1].fd = -1;  // else a closed connection would wake at once
    port_.transport.forget_interest();
    const std::int32_t left_ms = distance(deadline_ms, posix::Port::now_ms());
    ::poll(waiting.data(), waiting.size(), left_ms > 0 ? left_ms : 0);
    if (waiting[3].revents != 0) stop_signal_ = signals_.take();
    return waiting[0].revents != 0;
  }

  Side side_;
  BridgePort port_;
  cli::Signals signals_{SIGINT, SIGTERM};
  Bridge<BridgePort> bridge_;
  ChangeLog log_;
  int stop_signal_ = 0;
};

}  // namespace

void carry(const Options& options) {
  if (!options.uart.empty()) {
    Carrier<UartSide>(options).run();
  } else {
    Carrier<I2cSide>(options).run();
  }
}

}  // namespace tautline::bridge_program
