#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "bridge_process.hpp"
#include "cable.hpp"
#include "network.hpp"
#include "stream_watch.hpp"
#include "tautline/bridge/bridge_reset.hpp"
#include "tautline/bridge/hosted_link.hpp"
#include "uplink.hpp"

namespace tautline::sim {

/// The device has no network: the shipped HostedLink, BridgeReset and a channel on its side, a cable, and a bridge.
class HostedUplink final : public Uplink, private CableEnds {
 public:
  HostedUplink(Context& context, Device& device, std::uint32_t index);

  void boot(std::uint32_t now_ms) override;
  void power_off(bool silently) override;
  void begin_turn(std::uint32_t now_ms) override;
  void end_turn(std::uint32_t now_ms) override;
  std::uint32_t deadline_ms(std::uint32_t now_ms, std::uint32_t of_client) const override;

  bool wifi_is_up() const override { return live_->link.wifi_is_up(); }
  void cycle_wifi() override;
  void connect() override;
  ConnectStatus progress() const override { return live_->link.progress(); }
  bool next_address() override { return live_->link.next_address(); }
  bool is_connected() const override { return has_connection_; }
  std::ptrdiff_t receive(char* data, std::size_t size) override;
  std::ptrdiff_t send(const char* data, std::size_t size) override;
  void close() override;

  void network_changed() override { bridge_.attend(); }
  void set_wifi(bool up) override { bridge_.set_wifi(up); }
  Station& station() override { return bridge_.station(); }
  void on_event(EventKind kind, std::uint32_t serial) override;
  void hurt(BridgeFault fault, Time length) override;
  void heal() override;
  void calm_down() override;
  void audit() override;
  void count(WorldCounters& counters) const override;

  bool has_connection() const override { return has_connection_; }
  Time last_line_at() override { return last_line_at_; }
  bool has_waiting_line() override;
  Time last_status_at() override { return last_status_at_; }
  bool takes_nothing() override { return blocked_; }

 private:
  struct ResetPin {
    BridgeProcess& bridge;
    void write(bool high) { bridge.reset_line(high); }
    bool read() const { return true; }
  };
  /// What is in the board's RAM.
  struct Live {
    Live(HostedUplink& uplink, const bridge::StreamBuffers& buffers);
    bridge::ByteStream stream;
    std::unique_ptr<ChannelEnd> channel;
    bridge::HostedLink link;
    bridge::BridgeReset<ResetPin> reset;
  };

  void wake(Side side) override;
  void struck() override;
  void poll_channel(std::uint32_t now_ms);
  void check_progress();
  void check_wifi() const;

  Context& context_;
  Device& device_;
  std::uint32_t index_;
  bridge::HostedSettings settings_;
  StreamWatch to_bridge_;
  StreamWatch to_board_;
  std::unique_ptr<Cable> cable_;
  BridgeProcess bridge_;
  ResetPin reset_pin_{bridge_};
  std::vector<char> memory_[2];
  std::optional<Live> live_;
  LineScan sent_;
  Time last_line_at_ = 0;
  Time last_status_at_ = 0;
  std::uint32_t damaged_ = 0;  ///< as the channels of earlier lives counted
  Time session_at_ = 0;        ///< the present one began, as the board sees it
  Time cycled_at_ = 0;
  Time calm_at_ = 0;
  Time passed_at_ = 0;  ///< bytes went over the cable, or nothing waited for it, or it could not
  std::uint64_t passed_ = 0;
  std::uint32_t session_ = 0;
  std::uint16_t seen_changes_ = 0;  ///< of the stream, in the present turn
  bool hurt_ = false;
  BridgeFault striking_ = BridgeFault::crash;
  bool has_connection_ = false;
  bool blocked_ = false;
};

}  // namespace tautline::sim
