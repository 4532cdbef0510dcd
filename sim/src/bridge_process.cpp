#include "bridge_process.hpp"

#include <algorithm>

#include "world.hpp"

namespace tautline::sim {
namespace {

/// As for a device: so often in a row may it ask to run again at once.
constexpr std::uint32_t max_spins = 10;

}  // namespace

BridgeProcess::BridgeProcess(Context& context, Cable& cable, std::uint32_t index, StreamWatch& to_board,
                             StreamWatch& from_board)
    : context_(context),
      cable_(cable),
      index_(index),
      to_board_(to_board),
      from_board_(from_board),
      station_(context, index),
      boot_ms_(context.random.spread(20, longest_bridge_boot_ms)),
      has_watchdog_(context.random.permille(500)) {
  for (auto& memory : memory_) memory.resize(context.random.spread(bridge::max_packet_payload, 2'000));
}

BridgeProcess::Live::Live(BridgeProcess& process, const bridge::StreamBuffers& buffers)
    : stream(buffers, bridge::StreamTimes{}),
      channel(process.cable_.make_channel(Side::bridge, stream)),
      port{{process}, {process}, {process}},
      bridge(port, stream, {nullptr, process.has_watchdog_}) {}

std::uint32_t BridgeProcess::clock() const {
  return static_cast<std::uint32_t>(context_.now) + clock_offset_;
}

// ---- lives --------------------------------------------------------------------------------------

void BridgeProcess::boot() {
  if (live_ || in_reset_) return;
  context_.trace("bridge %u starts", index_);
  clock_offset_ = static_cast<std::uint32_t>(context_.random.next());
  cable_.catch_up();
  live_.emplace(*this,
                bridge::StreamBuffers{memory_[0].data(), memory_[0].size(), memory_[1].data(), memory_[1].size()});
  to_board_.writer_starts(memory_[0].data(), memory_[0].size());
  from_board_.reader_starts();
  joined_ = wants_wifi_ = hangs_ = false;
  session_ = 0;
  fed_at_ = 0;
  spins_ = 0;
  live_->channel->start(static_cast<std::uint32_t>(context_.random.next()), clock());
  run();
}

void BridgeProcess::boot_after(Time delay) {
  context_.events.push(context_.now + delay, EventKind::bridge_boot, index_, ++boot_serial_);
}

void BridgeProcess::die(bool silently) {
  if (!live_) return;
  cable_.catch_up();
  cable_.release(Side::bridge);
  damaged_ += live_->channel->damaged();
  live_.reset();
  station_.vanish(silently);
  ++timer_serial_;
  ++join_serial_;
  timer_at_ = 0;
  hangs_ = false;
  cable_.plan();
}

void BridgeProcess::crash(bool silently, bool alone) {
  if (!live_) return;
  context_.trace("bridge %u crashes%s", index_, silently ? "" : ", its connection is reset");
  die(silently);
  ++context_.counters.bridge_crashes;
  if (alone) boot_after(boot_ms_);
}

void BridgeProcess::hang() {
  if (!live_) return;
  hangs_ = true;
  if (fed_at_ != 0) context_.events.push(fed_at_ + watchdog_ms, EventKind::bridge_watchdog, index_, timer_serial_);
}

void BridgeProcess::go_on() {
  if (!hangs_) return;
  hangs_ = false;
  fed_at_ = fed_at_ != 0 ? context_.now : 0;
  context_.trace("bridge %u goes on", index_);
  run();
}

void BridgeProcess::reset_line(bool high) {
  if (high == !in_reset_) return;
  if (!high) {
    // Now and then the contact is bad.
    if (!context_.calm && context_.random.permille(50)) return;
    context_.trace("bridge %u is reset", index_);
    in_reset_ = true;
    ++boot_serial_;
    ++context_.counters.bridge_resets;
    die(true);
  } else {
    in_reset_ = false;
    boot_after(boot_ms_);
  }
}

// ---- the program's loop -------------------------------------------------------------------------

void BridgeProcess::attend() {
  if (!live_ || hangs_ || wake_pending_) return;
  if (const std::uint32_t lag = context_.lag()) {
    wake_pending_ = true;
    context_.events.push(context_.now + lag, EventKind::bridge_wake, index_);
    return;
  }
  run();
}

void BridgeProcess::run() {
  if (!live_ || hangs_) return;
  cable_.catch_up();
  poll_channel();
  to_board_.before_writing(live_->stream);
  const int socket_before = station_.socket();
  const bool new_session = live_->stream.sessions() != session_;
  session_ = live_->stream.sessions();
  const std::uint32_t deadline_ms = live_->bridge.poll(clock());
  to_board_.after_writing(live_->stream);
  if ((new_session || !live_->stream.is_up()) && socket_before >= 0 && station_.socket() == socket_before) {
    violated(Broken::internal, "bridge %u keeps a connection that is of no session with its board", index_);
  }
  poll_channel();
  const bool behind = live_->bridge.is_behind();
  arm(behind ? clock() : earlier(deadline_ms, live_->channel->deadline_ms(clock())));
  cable_.plan();
}

void BridgeProcess::poll_channel() {
  from_board_.before_receiving(live_->stream);
  live_->channel->poll(clock());
  from_board_.after_receiving(live_->stream);
}

void BridgeProcess::arm(std::uint32_t deadline_ms) {
  const auto ahead = static_cast<std::int32_t>(deadline_ms - clock());
  const Time at = context_.now + static_cast<Time>(std::max(ahead, 0));
  if (ahead > 0) {
    spins_ = 0;
  } else if (++spins_ > max_spins) {
    violated(Broken::spinning, "bridge %u wants to run at once for the %uth time in a row", index_, spins_);
  }
  if (timer_at_ != 0 && timer_at_ <= at && timer_at_ >= context_.now) return;
  timer_at_ = at;
  context_.events.push(at, EventKind::bridge_timer, index_, ++timer_serial_);
}

void BridgeProcess::on_event(EventKind kind, std::uint32_t serial) {
  switch (kind) {
    case EventKind::bridge_timer:
      if (serial != timer_serial_) break;
      timer_at_ = 0;
      attend();
      break;
    case EventKind::bridge_wake:
      wake_pending_ = false;
      run();
      break;
    case EventKind::bridge_boot:
      if (serial == boot_serial_) boot();
      break;
    case EventKind::bridge_joined:
      if (serial != join_serial_ || !wants_wifi_ || !station_.wifi_is_up()) break;
      context_.trace("bridge %u has joined the WiFi", index_);
      joined_ = knows_wifi_ = true;
      attend();
      break;
    case EventKind::bridge_watchdog:
      if (!hangs_ || fed_at_ == 0 || context_.now < fed_at_ + watchdog_ms) break;
      crash(true, true);
      break;
    default: break;
  }
}

void BridgeProcess::audit() const {
  if (!live_ || hangs_ || fed_at_ == 0 || context_.now <= fed_at_ + watchdog_ms) return;
  violated(Broken::internal, "bridge %u runs and has not fed its watchdog for %llu ms", index_,
           static_cast<unsigned long long>(context_.now - fed_at_));
}

// ---- its network --------------------------------------------------------------------------------

void BridgeProcess::set_wifi(bool up) {
  station_.set_wifi(up);
  if (!up) joined_ = false;
  if (up && wants_wifi_ && !joined_) join();
  attend();
}

void BridgeProcess::join() {
  context_.events.push(context_.now + context_.random.between(100, longest_join_ms), EventKind::bridge_joined, index_,
                       ++join_serial_);
}

bool BridgeProcess::Port::Wifi::connect_stored() {
  if (!bridge.knows_wifi_) return false;
  connect(hosted::ssid, hosted::pw);
  return true;
}

void BridgeProcess::Port::Wifi::connect(const char* ssid, const char* pw) {
  bridge.wants_wifi_ = std::string_view(ssid) == hosted::ssid && std::string_view(pw) == hosted::pw;
  bridge.joined_ = false;
  bridge.join();
}

void BridgeProcess::Port::Wifi::disconnect() {
  bridge.wants_wifi_ = bridge.joined_ = false;
  const bool air = bridge.station_.wifi_is_up();
  bridge.station_.set_wifi(false);  // a connection that it carried is gone
  bridge.station_.set_wifi(air);
}

void BridgeProcess::Port::Transport::connect(const char* host, std::uint16_t port) {
  resolved = std::string_view(host) == hosted::host && port == hosted::port;
  if (resolved) bridge.station_.connect(bridge.joined_);
}

IoResult BridgeProcess::Port::Transport::read(char* data, std::size_t size) {
  const std::ptrdiff_t count = bridge.station_.receive(data, size);
  if (count > 0) return {static_cast<std::size_t>(count), false};
  return {0, count != Network::would_block};
}

IoResult BridgeProcess::Port::Transport::write(const char* data, std::size_t size) {
  const std::ptrdiff_t count = bridge.station_.send(data, size);
  if (count > 0) return {static_cast<std::size_t>(count), false};
  return {0, count != Network::would_block};
}

void BridgeProcess::Port::Watchdog::feed() {
  bridge.fed_at_ = bridge.context_.now;
}

}  // namespace tautline::sim
