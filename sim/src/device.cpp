#include "device.hpp"

#include <algorithm>

#include "hosted_uplink.hpp"
#include "server_process.hpp"
#include "world.hpp"

namespace tautline::sim {
namespace {

/// So often in a row may a device ask to run again at once before it counts as spinning.
constexpr std::uint32_t max_spins = 10;

}  // namespace

Device::Device(Context& context, ServerProcess& server, std::uint32_t index, std::uint32_t id)
    : context_(context), server_(server), index_(index), id_(id), name_(ServerProcess::id_name(id)) {
  settings_.id = name_;
  settings_.limits = context.device_limits;
  const std::size_t queued = context.random.spread(1, 32);
  const LinkBufferSizes sizes = link_buffer_sizes(queued, settings_.limits.window, settings_.limits.max_payload);
  const std::size_t more = context.random.permille(500) ? context.random.below(2000) : 0;
  memory_[0].resize(sizes.queue);
  memory_[1].resize(sizes.inbox);
  memory_[2].resize(sizes.receive + more);
  memory_[3].resize(sizes.output + more);
  if (context.profile.hosted == Hosted::no) {
    uplink_ = std::make_unique<DirectUplink>(context, *this, index);
  } else {
    uplink_ = std::make_unique<HostedUplink>(context, *this, index);
  }
}

std::uint32_t Device::clock() const {
  return static_cast<std::uint32_t>(context_.now) + clock_offset_;
}

// ---- lives
// -------------------------------------------------------------------------------------------------------------

void Device::boot() {
  clock_offset_ = static_cast<std::uint32_t>(context_.random.next());
  const auto storage = [this](unsigned i) { return LinkBuffers::Storage{memory_[i].data(), memory_[i].size()}; };
  client_.emplace(settings_, LinkBuffers{storage(0), storage(1), storage(2), storage(3)});
  stream_ = context_.model->add_stream(id_, true);
  first_ticket_ = 1;
  if (context_.profile.near_wrap) {
    first_ticket_ = 0U - static_cast<std::uint32_t>(context_.random.spread(1, 2000));
    auto& numbers = const_cast<LinkNumbers&>(client_->numbers());  // no public way leads there in a test's time
    numbers.base = numbers.next = first_ticket_;
  }
  reader_ = Reader{};
  acked_ = 0;
  spins_ = 0;
  awake_since_ = context_.now;
  was_open_ = frozen_ = reading_paused_ = false;
  context_.trace("device %u boots: stream %u", index_, stream_);
  uplink_->boot(clock());
  attend();
}

void Device::power_off(bool silently) {
  if (!client_) return;
  context_.trace("device %u loses its RAM%s", index_, silently ? "" : ", its sockets are reset");
  uplink_->power_off(silently);
  context_.model->stream(stream_).over = true;
  client_.reset();
  ++timer_serial_;
  timer_at_ = 0;
  ++context_.counters.reboots;
  if (was_open_) {
    ++context_.counters.outages;
    note_end();
  }
  was_open_ = false;
}

void Device::note_end() {
  Time& longest = context_.counters.longest_without_outage_ms;
  longest = std::max(longest, context_.now - last_end_);
  last_end_ = context_.now;
}

void Device::freeze() {
  frozen_ = true;
}

void Device::wake() {
  if (!frozen_) return;
  frozen_ = false;
  awake_since_ = context_.now;
  context_.trace("device %u wakes", index_);
  run();
}

void Device::set_wifi(bool up) {
  context_.trace("device %u: WiFi %s", index_, up ? "up" : "down");
  uplink_->set_wifi(up);
}

void Device::calm_down() {
  reading_paused_ = false;
  uplink_->calm_down();
  attend();
}

// ---- the loop around the client
// ------------------------------------------------------------------------------------------

void Device::attend() {
  if (!client_ || frozen_ || wake_pending_) return;
  if (const std::uint32_t lag = context_.lag()) {
    wake_pending_ = true;
    context_.events.push(context_.now + lag, EventKind::device_wake, index_);
    return;
  }
  run();
}

void Device::on_timer(std::uint32_t serial) {
  if (serial != timer_serial_ || !client_) return;
  timer_at_ = 0;
  attend();
}

void Device::run() {
  if (!client_ || frozen_) return;
  uplink_->begin_turn(clock());
  for (;;) {
    client_->wifi_is(uplink_->wifi_is_up(), clock());
    if (client_->is_connecting()) {
      client_->connect_progress(uplink_->progress(), clock());
      if (client_->connect_timed_out(clock()) && uplink_->next_address()) client_->another_address(clock());
    }
    read_socket();
    client_->tick(clock());
    check_acknowledged();
    read_lines();
    send_output();
    if (client_->is_open() && !was_open_) {
      was_open_ = true;
      open_since_ = context_.now;
      context_.trace("device %u open", index_);
    }
    const Step step = client_->next_step(clock());
    if (step == Step::wait) break;
    if (step == Step::connect) {
      uplink_->connect();
      client_->connect_progress(uplink_->progress(), clock());
    }
    if (step == Step::close) {
      check_end_of_connection();
      uplink_->close();
      client_->closed(clock(), static_cast<std::uint32_t>(context_.random.next()));
    }
    if (step == Step::cycle_wifi) uplink_->cycle_wifi();
  }
  uplink_->end_turn(clock());
  arm();
}

void Device::arm() {
  const std::uint32_t deadline = uplink_->deadline_ms(clock(), client_->deadline_ms(clock()));
  const auto ahead = static_cast<std::int32_t>(deadline - clock());
  const Time at = context_.now + static_cast<Time>(std::max(ahead, 0));
  if (ahead > 0) {
    spins_ = 0;
  } else if (++spins_ > max_spins) {
    violated(Broken::spinning, "device %u, state '%s', wants to run at once for the %uth time in a row", index_,
             to_string(client_->state()), spins_);
  }
  if (timer_at_ != 0 && timer_at_ <= at && timer_at_ >= context_.now) return;
  timer_at_ = at;
  context_.events.push(at, EventKind::device_timer, index_, ++timer_serial_);
}

void Device::on_connected(std::uint32_t connection, bool accepted) {
  if (station().on_connected(connection, accepted)) uplink_->network_changed();
}

void Device::read_socket() {
  while (uplink_->is_connected() && client_->wants_bytes()) {
    const std::ptrdiff_t count = uplink_->receive(client_->receive_space(), client_->receive_room());
    if (count == Network::would_block) break;
    if (count > 0) {
      if (context_.tracing) {
        context_.trace("device %u < %.*s", index_, static_cast<int>(count), client_->receive_space());
      }
      client_->received(static_cast<std::size_t>(count), clock());
    } else {
      context_.trace("device %u: connection ended by the peer", index_);
      client_->peer_closed();
    }
    read_lines();
  }
}

void Device::send_output() {
  while (uplink_->is_connected()) {
    const std::string_view output = client_->output(clock());
    if (output.empty()) break;
    const std::ptrdiff_t count = uplink_->send(output.data(), output.size());
    if (context_.tracing && count > 0) {
      context_.trace("device %u > %.*s", index_, static_cast<int>(count), output.data());
    }
    if (count == Network::would_block) context_.trace("device %u: its socket takes nothing", index_);
    if (count == Network::broken) {
      client_->peer_closed();
      break;
    }
    client_->sent(count == Network::would_block ? 0 : static_cast<std::size_t>(count), clock());
    if (count != static_cast<std::ptrdiff_t>(output.size())) break;
  }
}

/// An open connection is over: was that noticed in time, and not too early?
void Device::check_end_of_connection() {
  const Reason reason = client_->last_reason();
  context_.trace("device %u: connection over, %s", index_, to_string(reason));
  if (reason == Reason::closing && was_open_) told_closing_ = true;
  // A GO lost inside the connection lets data lines meet a client that expects short handshake lines.
  const bool lost_go = reason == Reason::syntax && !was_open_ && context_.profile.line_loss_permille != 0;
  if (is_misunderstanding(reason) && !lost_go) {
    violated(Broken::reason, "device %u: the connection ended with '%s'", index_, to_string(reason));
  }
  if (!was_open_) return;
  was_open_ = false;
  ++context_.counters.outages;
  note_end();
  if (!uplink_->has_connection() || reason != Reason::silent) return;
  const Time silence = context_.now - uplink_->last_line_at();
  const std::uint32_t timeout = settings_.limits.timeout_ms;
  ++context_.counters.detections;
  if (silence < timeout) {
    violated(Broken::detection, "device %u gave up after %llu ms of silence, its timeout is %u ms", index_,
             static_cast<unsigned long long>(silence), timeout);
  }
  if (uplink_->has_waiting_line()) {
    violated(Broken::detection, "device %u judged silence while lines were waiting", index_);
  }
}

void Device::audit() {
  uplink_->audit();
  if (!is_open() || frozen_ || !uplink_->has_connection()) return;
  const Time heard = std::max(uplink_->last_line_at(), awake_since_);
  const std::uint32_t timeout = settings_.limits.timeout_ms;
  if (context_.now - heard > timeout + timeout / 4) {
    violated(Broken::detection,
             "device %u still takes the link for open after %llu ms of silence, its timeout is %u ms", index_,
             static_cast<unsigned long long>(context_.now - heard), timeout);
  }
  const Time said = std::max({uplink_->last_status_at(), awake_since_, open_since_});
  const Time quarter = context_.server_limits.timeout_ms / 4;
  if (!uplink_->takes_nothing() && context_.now > said + quarter + status_slack_ms) {
    violated(Broken::status,
             "device %u has sent no status line for %llu ms, a quarter of the server's timeout is %llu ms", index_,
             static_cast<unsigned long long>(context_.now - said), static_cast<unsigned long long>(quarter));
  }
}

// ---- the application
// -------------------------------------------------------------------------------------------------------

void Device::read_lines() {
  std::string_view line;
  while (!reading_paused_) {
    context_.model->took(reader_);
    if (!client_->readline(line)) break;
    context_.model->read(reader_, id_, false, line);
    spins_ = 0;  // a burst of qos=False lines comes one by one, a turn of the application each: that is progress
    if (!context_.calm && context_.random.permille(context_.profile.pause_permille)) {
      reading_paused_ = true;
      const Time pause = context_.random.spread(1, 3ULL * settings_.limits.timeout_ms);
      context_.events.push(context_.now + pause, EventKind::device_read, index_);
    }
  }
}

void Device::resume_reading() {
  reading_paused_ = false;
  attend();
}

void Device::write() {
  if (!context_.calm) context_.events.push(context_.now + context_.write_delay(), EventKind::device_write, index_);
  if (!client_ || frozen_ || context_.calm) return;
  std::uint64_t count = 1;
  if (context_.random.permille(context_.profile.burst_permille)) count = context_.random.spread(2, 64);
  for (; count > 0; --count) {
    const bool plain = context_.random.permille(context_.profile.plain_permille);
    const std::string_view line = context_.model->next_line(stream_, plain);
    const WriteResult result = client_->write(line, !plain);
    if (result.status == WriteStatus::would_block) break;
    if (result.status != WriteStatus::ok) {
      violated(Broken::internal, "device %u: write refused, %s", index_, to_string(result.status));
    }
    context_.model->wrote(stream_, plain);
  }
  attend();
}

void Device::check_acknowledged() {
  const std::uint32_t written = context_.model->stream(stream_).written;
  const std::uint32_t acked = written - client_->unacknowledged();
  if (acked == acked_) return;
  acked_ = acked;
  const Stream& stream = context_.model->stream(stream_);
  const std::uint32_t in_inbox =
      acked > std::max(stream.delivered, stream.died) ? server_.waiting_in_inbox(id_, stream_) : 0;
  context_.model->device_acked(stream_, acked, in_inbox);
  if (!client_->acknowledged(first_ticket_ + acked - 1) ||
      (acked < written && client_->acknowledged(first_ticket_ + acked))) {
    violated(Broken::internal, "device %u: tickets contradict the number of acknowledged lines, %u", index_, acked);
  }
}

}  // namespace tautline::sim
