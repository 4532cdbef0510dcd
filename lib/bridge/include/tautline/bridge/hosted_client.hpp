#pragma once

#include <cstdint>

#include "tautline/bridge/bridge_reset.hpp"
#include "tautline/bridge/hosted_link.hpp"
#include "tautline/bridge/hosted_port.hpp"
#include "tautline/client/client.hpp"
#include "tautline/core/serial.hpp"

namespace tautline::bridge {

/// What an application hears of its bridge and its server; it derives from this and overrides (hides: nothing is
/// virtual) what it wants. All are called inside HostedClient::poll().
struct HostedEvents {
  /// First-connection policy; see KeepTrying.
  bool bad_wifi() { return true; }
  /// See KeepTrying.
  bool bad_server(Reason) { return true; }
  /// The bridge has told how it fares.
  void report(const BridgeReport&) {}
  /// The link is up: lines flow.
  void server_up() {}
  /// The link is down; why.
  void server_down(Reason) {}
  /// The bridge is there, or there again.
  void bridge_up() {}
  /// The bridge is gone.
  void bridge_down() {}
  /// It is being reset: it was silent, did not come, or reboot() was called.
  void bridge_reset() {}
};

/// First-connection policy that asks the application's HostedEvents.
template <class Events>
struct AskEvents {
  Events* events;  ///< the application's
  /// See KeepTrying.
  bool bad_wifi() { return events->bad_wifi(); }
  /// See KeepTrying.
  bool bad_server(Reason reason) { return events->bad_server(reason); }
};

/// What a HostedClient has below its Client. A base of it, so that it exists before the client.
template <class Local>
class HostedParts {
 protected:
  /// Stream and board outlive it.
  HostedParts(ByteStream& stream, const HostedSettings& settings, Local& local)
      : settings_(settings), hosted_link_(stream, settings_), hosted_port_(hosted_link_, local) {}

  const HostedSettings settings_;  ///< as given
  HostedLink hosted_link_;         ///< what is asked of the bridge
  HostedPort<Local> hosted_port_;  ///< what the client is a client of
};

/// The client of a board without a network: the calls and the semantics of Client, through a bridge at the other end of
/// a channel. The link is that of any client, from here to the server: its numbers are in this board, and the bridge
/// only carries bytes. So a bridge that crashes, or is reset, loses nothing and repeats nothing.
///
///     bridge::StoredStream<> stream;
///     bridge::UartChannel channel(uart, stream);
///     bridge::HostedClient client(channel, board, reset_line, config, {"my_wifi", "password"}, events);
///     while (true) {
///       client.poll(now_ms());
///       std::string_view line;
///       while (client.readline(line)) handle(line);
///       wait until client.deadline_ms(now_ms()), or until something comes over the channel
///     }
///
/// ClientConfig: as for any client; ssid and pw are taken from HostedSettings instead. CoroutineClient works over it.
template <class Channel, class Local, class ResetPin, class Events = HostedEvents, class BufferSizes = Sizes<>>
class HostedClient : private HostedParts<Local>, public Client<HostedPort<Local>, BufferSizes, AskEvents<Events>> {
 public:
  /// What it is where nothing of the bridge matters.
  using Plain = Client<HostedPort<Local>, BufferSizes, AskEvents<Events>>;

  /// All outlive the client. The channel is started here and polled by poll(). `Local`: see HostedPort.
  HostedClient(Channel& channel, Local& local, ResetPin& reset_line, const ClientConfig& config,
               const HostedSettings& settings, Events& events)
      : HostedParts<Local>(channel.stream(), settings, local),
        Plain(this->hosted_port_, with_wifi(config, settings), AskEvents<Events>{&events}),
        channel_(channel),
        reset_(reset_line),
        events_(events) {}

  /// Does everything that is due and returns when to call again at the latest. Call it also when something came over
  /// the channel, and after write(), readline() or accept(). Never blocks.
  std::uint32_t poll(std::uint32_t now_ms) {
    now_ms_ = now_ms;
    if (!started_) start();
    channel_.poll(now_ms);
    seen_changes_ = channel_.stream().changes();
    tell_of_bridge();
    this->hosted_link_.receive();
    Plain::poll(now_ms);
    tell_of_server();
    this->hosted_link_.send();
    channel_.poll(now_ms);
    return deadline_ms();
  }

  /// The time that poll() returned, or that of the last poll() if a call since then left something to do at once.
  std::uint32_t deadline_ms() const {
    // The second look at the channel may have brought something, which nothing else would wake the program for.
    if (channel_.stream().changes() != seen_changes_) return now_ms_;
    return earlier(earlier(Plain::deadline_ms(), reset_.deadline_ms()), channel_.deadline_ms(now_ms_));
  }

  /// Resets the bridge, if it has a reset line. Lines written and not acknowledged stay, and go when it is there again.
  void reboot() {
    if (reset_.pull(now_ms_)) events_.bridge_reset();
  }
  /// Is the bridge there?
  bool has_bridge() const { return this->hosted_link_.stream().is_up(); }
  /// How many times the bridge was reset from here.
  std::uint32_t bridge_resets() const { return reset_.resets(); }

 private:
  static ClientConfig with_wifi(ClientConfig config, const HostedSettings& settings) {
    config.ssid = settings.ssid;
    config.pw = settings.pw;
    return config;
  }

  void start() {
    started_ = true;
    channel_.start(this->hosted_port_.random.next(), now_ms_);
    reset_.start(now_ms_);
  }

  void tell_of_bridge() {
    const bool up = has_bridge();
    const std::uint32_t sessions = this->hosted_link_.stream().sessions();
    if (told_bridge_up_ && (!up || sessions != told_sessions_)) events_.bridge_down();
    if (up && (!told_bridge_up_ || sessions != told_sessions_)) events_.bridge_up();
    told_bridge_up_ = up;
    told_sessions_ = sessions;
    if (reset_.poll(this->hosted_link_.stream(), now_ms_)) events_.bridge_reset();
  }

  void tell_of_server() {
    BridgeReport report;
    if (this->hosted_link_.take_report(report)) events_.report(report);
    // A link may come up and fall within one poll: both are told.
    if (told_connects_ != this->connects()) {
      told_connects_ = this->connects();
      if (told_server_up_) events_.server_down(this->last_reason());
      events_.server_up();
      told_server_up_ = true;
    }
    if (told_server_up_ && !this->status()) {
      events_.server_down(this->last_reason());
      told_server_up_ = false;
    }
  }

  Channel& channel_;
  BridgeReset<ResetPin> reset_;
  Events& events_;
  std::uint32_t now_ms_ = 0;
  std::uint32_t told_sessions_ = 0;
  std::uint32_t told_connects_ = 0;
  std::uint16_t seen_changes_ = 0;  ///< of the stream, before the last look at it
  bool started_ = false;
  bool told_bridge_up_ = false;
  bool told_server_up_ = false;
};

}  // namespace tautline::bridge
