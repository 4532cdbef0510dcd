#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "cable.hpp"
#include "station.hpp"
#include "stream_watch.hpp"
#include "tautline/bridge/bridge.hpp"

namespace tautline::sim {

struct Context;

/// The network and the server that a hosted board names.
namespace hosted {
constexpr const char* ssid = "harbour";
constexpr const char* pw = "low tide at nine";
constexpr const char* host = "server";
constexpr std::uint16_t port = 8123;
}  // namespace hosted

/// The slowest bridge needs so long from reset until it runs.
constexpr Time longest_bridge_boot_ms = 8'000;
/// The slowest WiFi so long until it is joined.
constexpr Time longest_join_ms = 2'000;

/// A bridge: the shipped Bridge over a shipped channel, the loop of its program, and a network that is the simulator's.
/// It may crash, hang and be reset at any time; what it remembers over that is the WiFi of before, in its flash.
class BridgeProcess {
 public:
  /// `to_board`: watches what it says, `from_board` what it hears.
  BridgeProcess(Context& context, Cable& cable, std::uint32_t index, StreamWatch& to_board, StreamWatch& from_board);

  void boot();
  /// RAM and connections are gone. `silently`: the server is not told. `alone`: it starts again by itself, after a
  /// while; else only when it is reset.
  void crash(bool silently, bool alone);
  /// It does nothing, perhaps until its watchdog bites.
  void hang();
  void go_on();
  /// The board pulls (low) or releases the reset line.
  void reset_line(bool high);
  void set_wifi(bool up);

  /// Something happened on one of its sides.
  void attend();
  /// Handles the kinds bridge_*.
  void on_event(EventKind kind, std::uint32_t serial);
  void audit() const;

  bool has_board() const { return live_ && live_->stream.is_up(); }
  /// Bytes that wait to be acknowledged by the board.
  std::size_t unacknowledged() const { return has_board() ? memory_[0].size() - live_->stream.writable() : 0; }
  bool is_running() const { return live_.has_value(); }
  Station& station() { return station_; }
  std::uint32_t damaged() const { return damaged_ + (live_ ? live_->channel->damaged() : 0); }

 private:
  struct Port {
    struct Wifi {
      BridgeProcess& bridge;
      bool connect_stored();
      void connect(const char* ssid, const char* pw);
      void disconnect();
      bool is_up() const { return bridge.joined_ && bridge.station_.wifi_is_up(); }
    } wifi;
    struct Transport {
      BridgeProcess& bridge;
      bool resolved = true;
      void connect(const char* host, std::uint16_t port);
      ConnectStatus progress() const { return resolved ? bridge.station_.progress() : ConnectStatus::unresolved; }
      bool next_address() { return false; }
      IoResult read(char* data, std::size_t size);
      IoResult write(const char* data, std::size_t size);
      void close() { bridge.station_.close(); }
    } transport;
    struct Watchdog {
      BridgeProcess& bridge;
      void start(std::uint32_t) { feed(); }
      void feed();
    } watchdog;
  };
  /// What is in its RAM.
  struct Live {
    Live(BridgeProcess& process, const bridge::StreamBuffers& buffers);
    bridge::ByteStream stream;
    std::unique_ptr<ChannelEnd> channel;
    Port port;
    bridge::Bridge<Port> bridge;
  };

  std::uint32_t clock() const;
  void run();
  void poll_channel();
  void arm(std::uint32_t deadline_ms);
  void boot_after(Time delay);
  void join();
  void die(bool silently);

  Context& context_;
  Cable& cable_;
  const std::uint32_t index_;
  StreamWatch& to_board_;
  StreamWatch& from_board_;
  Station station_;
  std::vector<char> memory_[2];
  const Time boot_ms_;
  const bool has_watchdog_;
  std::optional<Live> live_;
  Time timer_at_ = 0;
  Time fed_at_ = 0;  ///< 0: the watchdog does not run
  std::uint32_t timer_serial_ = 0;
  std::uint32_t boot_serial_ = 0;
  std::uint32_t join_serial_ = 0;
  std::uint32_t wake_serial_ = 0;
  std::uint32_t clock_offset_ = 0;
  std::uint32_t spins_ = 0;
  std::uint32_t session_ = 0;
  std::uint32_t damaged_ = 0;  ///< as the channels of earlier lives counted
  bool in_reset_ = false;
  bool hangs_ = false;
  bool wake_pending_ = false;
  bool knows_wifi_ = false;  ///< in its flash
  bool wants_wifi_ = false;  ///< with the right credentials
  bool joined_ = false;
};

}  // namespace tautline::sim
