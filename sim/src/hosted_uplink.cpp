#include "hosted_uplink.hpp"

#include <algorithm>
#include <cstring>

#include "world.hpp"

namespace tautline::sim {
namespace {

/// Without progress for so long, a line that loses no more than some packets would have been silent.
constexpr Time stall_limit_ms = 2 * bridge::StreamTimes{}.silence_ms;
/// From a session to the bridge's attempt to join, on a line that works.
constexpr Time configuration_slack_ms = 1'000;

std::unique_ptr<Cable> make_cable(Context& context, std::uint32_t index, CableEnds& ends) {
  if (context.profile.hosted == Hosted::uart) return std::make_unique<SerialCable>(context, index, ends);
  return std::make_unique<I2cCable>(context, index, ends);
}

}  // namespace

HostedUplink::HostedUplink(Context& context, Device& device, std::uint32_t index)
    : context_(context),
      device_(device),
      index_(index),
      settings_{hosted::ssid, hosted::pw, static_cast<std::uint32_t>(context.random.spread(1'000, 60'000))},
      cable_(make_cable(context, index, *this)),
      bridge_(context, *cable_, index, to_board_, to_bridge_) {
  for (auto& memory : memory_) memory.resize(context.random.spread(bridge::max_packet_payload, 2'000));
  context.events.push(context.random.spread(0, longest_bridge_boot_ms), EventKind::bridge_boot, index);
}

HostedUplink::Live::Live(HostedUplink& uplink, const bridge::StreamBuffers& buffers)
    : stream(buffers, bridge::StreamTimes{}),
      channel(uplink.cable_->make_channel(Side::board, stream)),
      link(stream, uplink.settings_),
      reset(uplink.reset_pin_) {}

// ---- lives --------------------------------------------------------------------------------------

void HostedUplink::boot(std::uint32_t now_ms) {
  cable_->catch_up();
  live_.emplace(*this,
                bridge::StreamBuffers{memory_[0].data(), memory_[0].size(), memory_[1].data(), memory_[1].size()});
  to_bridge_.writer_starts(memory_[0].data(), memory_[0].size());
  to_board_.reader_starts();
  has_connection_ = blocked_ = false;
  session_ = 0;
  live_->link.connect_wifi(true);
  live_->channel->start(static_cast<std::uint32_t>(context_.random.next()), now_ms);
  live_->reset.start(now_ms);
}

void HostedUplink::power_off(bool) {
  cable_->catch_up();
  cable_->release(Side::board);
  damaged_ += live_->channel->damaged();
  live_.reset();
  has_connection_ = false;
  bridge_.reset_line(true);
  cable_->plan();
}

// ---- a turn of the device -----------------------------------------------------------------------

void HostedUplink::begin_turn(std::uint32_t now_ms) {
  cable_->catch_up();
  poll_channel(now_ms);
  seen_changes_ = live_->stream.changes();
  live_->reset.poll(live_->stream, now_ms);
  if (live_->stream.sessions() != session_) session_at_ = context_.now;
  session_ = live_->stream.sessions();
  to_bridge_.before_writing(live_->stream);
  live_->link.receive();
}

void HostedUplink::end_turn(std::uint32_t now_ms) {
  live_->link.send();
  to_bridge_.after_writing(live_->stream);
  poll_channel(now_ms);
  cable_->plan();
}

void HostedUplink::poll_channel(std::uint32_t now_ms) {
  to_board_.before_receiving(live_->stream);
  live_->channel->poll(now_ms);
  to_board_.after_receiving(live_->stream);
}

std::uint32_t HostedUplink::deadline_ms(std::uint32_t now_ms, std::uint32_t of_client) const {
  // As HostedClient does it: the second look at the channel may have brought something.
  if (live_->stream.changes() != seen_changes_) return now_ms;
  return earlier(of_client, earlier(live_->channel->deadline_ms(now_ms), live_->reset.deadline_ms()));
}

// ---- the seams ----------------------------------------------------------------------------------

void HostedUplink::cycle_wifi() {
  cycled_at_ = context_.now;
  live_->link.disconnect_wifi();
  live_->link.connect_wifi(context_.random.permille(500));
}

void HostedUplink::connect() {
  live_->link.connect(hosted::host, hosted::port);
  has_connection_ = true;
  blocked_ = false;
  sent_ = {};
  last_line_at_ = last_status_at_ = context_.now;
}

std::ptrdiff_t HostedUplink::receive(char* data, std::size_t size) {
  const IoResult result = live_->link.read(data, size);
  if (result.bytes == 0) return result.closed ? Network::ended : Network::would_block;
  if (std::memchr(data, '\n', result.bytes) != nullptr) last_line_at_ = context_.now;
  return static_cast<std::ptrdiff_t>(result.bytes);
}

std::ptrdiff_t HostedUplink::send(const char* data, std::size_t size) {
  const IoResult result = live_->link.write(data, size);
  if (result.bytes == 0 && result.closed) return Network::broken;
  const bool was_blocked = blocked_;
  blocked_ = result.bytes < size;
  sent_.look_at(
      data, result.bytes, [this](std::uint32_t seq) { context_.network.watch->sends_data(index_, false, seq); },
      [this] { last_status_at_ = context_.now; });
  if (!blocked_ && was_blocked) last_status_at_ = context_.now;
  return result.bytes == 0 ? Network::would_block : static_cast<std::ptrdiff_t>(result.bytes);
}

void HostedUplink::close() {
  live_->link.close();
  has_connection_ = false;
}

bool HostedUplink::has_waiting_line() {
  char bytes[64];
  while (const std::size_t count = live_->link.read(bytes, sizeof bytes).bytes) {
    if (std::memchr(bytes, '\n', count) != nullptr) return true;
  }
  return false;
}

// ---- for the world ------------------------------------------------------------------------------

void HostedUplink::wake(Side side) {
  if (side == Side::board) {
    device_.attend();
  } else {
    bridge_.attend();
  }
}

void HostedUplink::struck() {
  if (!(striking_ == BridgeFault::reboot ? live_.has_value() : bridge_.is_running())) return;
  if (cable_->is_busy()) ++context_.counters.cut_transfers;
  if (striking_ == BridgeFault::reboot) return device_.power_off(true);
  bridge_.crash(context_.random.permille(600), context_.random.permille(500));
}

void HostedUplink::on_event(EventKind kind, std::uint32_t serial) {
  if (kind == EventKind::cable) {
    cable_->on_event(serial);
  } else {
    bridge_.on_event(kind, serial);
  }
}

void HostedUplink::hurt(BridgeFault fault, Time length) {
  hurt_ = true;
  Random& random = context_.random;
  switch (fault) {
    case BridgeFault::crash:
    case BridgeFault::reboot:
      // In the middle of a transfer, where by chance few would be hit.
      striking_ = fault;
      if (random.permille(700)) return cable_->strike_after(static_cast<unsigned>(random.spread(1, 500)));
      struck();
      break;
    case BridgeFault::hang: bridge_.hang(); break;
    case BridgeFault::noise: cable_->hurt(CableFault::noise, length); break;
    case BridgeFault::cut: cable_->hurt(CableFault::cut, length); break;
    case BridgeFault::stuck: cable_->hurt(CableFault::stuck, length); break;
  }
  cable_->plan();
}

void HostedUplink::heal() {
  hurt_ = false;
  cable_->strike_no_more();
  cable_->heal();
  bridge_.go_on();
}

void HostedUplink::calm_down() {
  calm_at_ = context_.now;
  cable_->calm_down();
  cable_->plan();
  bridge_.set_wifi(true);
}

void HostedUplink::audit() {
  bridge_.audit();
  check_progress();
  check_wifi();
}

/// Two ends that hear each other, and the bytes do not move: they are not in the same session.
void HostedUplink::check_progress() {
  const bool can = live_ && live_->stream.is_up() && bridge_.has_board() && !hurt_ && !device_.is_frozen();
  const bool waits = can && (memory_[0].size() != live_->stream.writable() || bridge_.unacknowledged() != 0);
  const std::uint64_t passed = to_bridge_.bytes() + to_board_.bytes();
  if (!waits || passed != passed_) {
    passed_ = passed;
    passed_at_ = context_.now;
  } else if (context_.now - passed_at_ > stall_limit_ms) {
    violated(Broken::stream, "device %u and its bridge hear each other, and no byte has passed for %llu ms", index_,
             static_cast<unsigned long long>(context_.now - passed_at_));
  }
}

/// What the bridge has to know it is told at once in each session, not when the client has lost its patience.
void HostedUplink::check_wifi() const {
  if (calm_at_ == 0 || !live_ || !live_->stream.is_up() || live_->link.wifi_is_up()) return;
  const Time since = std::max({session_at_, cycled_at_, calm_at_ + bridge::StreamTimes{}.silence_ms});
  if (context_.now <= since + longest_join_ms + configuration_slack_ms) return;
  violated(Broken::recovery, "device %u has a bridge for %llu ms, and no WiFi", index_,
           static_cast<unsigned long long>(context_.now - session_at_));
}

void HostedUplink::count(WorldCounters& counters) const {
  const Cable::Counters cable = cable_->counters();
  counters.cable_bytes += cable.bytes;
  counters.cable_faults += cable.faults;
  counters.bus_transfers += cable.transfers;
  counters.damaged_packets += damaged_ + bridge_.damaged() + (live_ ? live_->channel->damaged() : 0);
  counters.bridge_sessions += to_board_.sessions();
}

}  // namespace tautline::sim
