#include "world.hpp"

#include <algorithm>
#include <cstdio>

#include "bridge_process.hpp"
#include "tautline/bridge/bridge_reset.hpp"

namespace tautline::sim {
namespace {

constexpr std::uint64_t drain_limit_ms = 120'000;
constexpr std::uint64_t recovery_slack_ms = 20'000;
/// A hosted board may have to find that its bridge is dead, to wait for the one that it takes for slow, to reset it and
/// to see it start and join its WiFi.
constexpr std::uint64_t bridge_recovery_ms = bridge::StreamTimes{}.silence_ms + bridge::longest_bridge_start_ms +
                                             bridge::reset_pulse_ms + longest_bridge_boot_ms + longest_join_ms +
                                             wifi_stable_ms;
/// In World::hit and hit_bridge.
constexpr unsigned first_bridge_fault = 7;

std::uint32_t draw(Random& random, const Range& range) {
  return static_cast<std::uint32_t>(random.spread(range.low, range.high));
}

template <std::size_t count>
unsigned choose(Random& random, const std::uint32_t (&weights)[count]) {
  std::uint64_t sum = 0;
  for (const std::uint32_t weight : weights) sum += weight;
  std::uint64_t pick = random.below(sum);
  for (unsigned i = 0; i < count; ++i) {
    if (pick < weights[i]) return i;
    pick -= weights[i];
  }
  return 0;
}

}  // namespace

Context::Context(const Profile& p, std::uint64_t seed) : profile(p), random(Random::mix(seed)) {
  ids = profile.shared_id ? profile.devices / 2 : profile.devices;
  LineShape shape;
  shape.max_payload = static_cast<std::uint32_t>(random.spread(32, max_simulated_payload));
  shape.long_permille = profile.long_line_permille;
  shape.empty_lines = !profile.shared_id;
  server_limits = {draw(random, profile.window), shape.max_payload, draw(random, profile.timeout_ms)};
  device_limits = {draw(random, profile.window), shape.max_payload, draw(random, profile.timeout_ms)};
  const std::uint64_t low = random.spread(profile.delay_ms.low, profile.delay_ms.high);
  network.conditions.delay_ms = {low / 2, low};
  network.conditions.chunk_permille = profile.chunk_permille;
  model = std::make_unique<Model>(shape, profile.shared_id);
}

void Context::trace(const char* format, ...) {
  if (!tracing) return;
  std::printf("%12.3f s  ", static_cast<double>(now) / 1000);
  char text[4096];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  for (const char* p = text; *p != '\0'; ++p) {
    if (*p == '\n') {
      std::fputs("\\n", stdout);
    } else {
      std::putchar(*p >= ' ' && *p <= '~' ? *p : '?');
    }
  }
  std::putchar('\n');
}

World::World(const Profile& profile, std::uint64_t seed, bool tracing)
    : context_(profile, seed), server_(context_), outage_serial_(profile.devices) {
  context_.tracing = tracing;
  context_.network.watch = this;
  context_.network.clients_are_bridges = profile.hosted != Hosted::no;
  for (std::uint32_t i = 0; i < profile.devices; ++i) {
    devices_.push_back(std::make_unique<Device>(context_, server_, i, i % context_.ids));
  }
}

void World::run() {
  Random& random = context_.random;
  EventQueue& events = context_.events;
  context_.trace("device window %u, timeout %u ms, lines up to %u bytes", context_.device_limits.window,
                 context_.device_limits.timeout_ms, context_.device_limits.max_payload);
  end_ = random.between(context_.profile.duration_ms.low, context_.profile.duration_ms.high);
  restart_server();
  for (std::uint32_t i = 0; i < devices_.size(); ++i) {
    devices_[i]->boot();
    events.push(context_.write_delay(), EventKind::device_write, i);
    plan_outage(i);
  }
  for (std::uint32_t id = 0; id < context_.ids; ++id) events.push(context_.write_delay(), EventKind::server_write, id);
  plan_server_fault();
  plan_store_fault();
  events.push(1, EventKind::audit);

  while (context_.now < end_) {
    const Event event = events.pop();
    context_.now = event.at;
    handle(event);
  }
  calm_down();
  const Time calm_since = context_.now;
  const std::uint32_t timeout = std::max(context_.server_limits.timeout_ms, context_.device_limits.timeout_ms);
  const bool hosted = context_.profile.hosted != Hosted::no;
  const Time up_limit = 3ULL * timeout + recovery_slack_ms + (hosted ? bridge_recovery_ms : 0);
  const Time rest_limit = up_limit + 2ULL * timeout + drain_limit_ms;
  bool up = false;
  while (!at_rest()) {
    if (!up && all_up()) {
      up = true;
      context_.counters.slowest_recovery_ms = context_.now - calm_since;
    }
    if (!up && context_.now - calm_since > up_limit) {
      violated(Broken::recovery, "a link is down %llu ms after the last fault",
               static_cast<unsigned long long>(context_.now - calm_since));
    }
    if (context_.now - calm_since > rest_limit) {
      violated(Broken::recovery, "lines are still waiting %llu ms after the last fault",
               static_cast<unsigned long long>(context_.now - calm_since));
    }
    const Event event = events.pop();
    context_.now = event.at;
    handle(event);
  }
  context_.model->check_end();
  for (auto& device : devices_) {
    device->note_end();
    device->uplink().count(context_.counters);
  }
  context_.counters.link_ms = context_.now * context_.ids;
}

std::uint64_t World::event_limit() const {
  return 5'000'000 + 4 * end_ * devices_.size();
}

void World::handle(const Event& event) {
  if (++context_.counters.events > event_limit()) violated(Broken::spinning, "more events than this world can need");
  SimNetwork& network = context_.network;
  switch (event.kind) {
    case EventKind::arrival: {
      const std::uint32_t device = network.connection(event.index / 2).device;
      if (!network.on_arrival(event.index, event.serial)) break;
      if (event.index % 2 == SimNetwork::server_side) {
        server_.on_readable(static_cast<int>(event.index));
      } else if (devices_[device]->station().socket() == static_cast<int>(event.index)) {
        devices_[device]->uplink().network_changed();
      }
      break;
    }
    case EventKind::writable: {
      SimNetwork::Connection& connection = network.connection(event.index / 2);
      if (connection.serial != event.serial) break;
      if (event.index % 2 == SimNetwork::server_side) {
        server_.on_writable(static_cast<int>(event.index));
      } else if (devices_[connection.device]->station().socket() == static_cast<int>(event.index)) {
        devices_[connection.device]->uplink().network_changed();
      }
      break;
    }
    case EventKind::syn: {
      if (network.connection(event.index).serial != event.serial) break;
      const bool listens = server_.is_running();
      if (listens) server_.on_syn(event.index);
      if (network.connection(event.index).serial != event.serial) break;
      context_.events.push(context_.now + 1 + network.delay(), listens ? EventKind::connected : EventKind::refused,
                           event.index, event.serial);
      break;
    }
    case EventKind::connected:
    case EventKind::refused:
      if (network.connection(event.index).serial != event.serial) break;
      devices_[network.connection(event.index).device]->on_connected(event.index, event.kind == EventKind::connected);
      break;
    case EventKind::device_timer: devices_[event.index]->on_timer(event.serial); break;
    case EventKind::device_wake: devices_[event.index]->on_wake_event(); break;
    case EventKind::device_write: devices_[event.index]->write(); break;
    case EventKind::device_read: devices_[event.index]->resume_reading(); break;
    case EventKind::wifi_up: devices_[event.index]->set_wifi(true); break;
    case EventKind::release:
      if (network.connection(event.index).serial == event.serial) release(event.index);
      break;
    case EventKind::heal: heal(event.index, event.serial); break;
    case EventKind::outage:
      if (!context_.calm) outage(event.index);
      break;
    case EventKind::server_timer: server_.on_timer(event.serial); break;
    case EventKind::server_wake: server_.on_wake_event(); break;
    case EventKind::server_restart: restart_server(); break;
    case EventKind::server_fault:
      if (!context_.calm) server_fault();
      break;
    case EventKind::server_write: server_.write(event.index); break;
    case EventKind::server_read: server_.resume_reading(event.index); break;
    case EventKind::store_commit:
      if (!server_.store()->on_commit_due(event.serial)) {
        server_.kill(true);
        server_died();
      }
      break;
    case EventKind::store_done: server_.on_stored(); break;
    case EventKind::store_fault:
      if (!context_.calm) store_fault();
      break;
    case EventKind::store_heal: server_.store()->heal(); break;
    case EventKind::audit: audit(); break;
    case EventKind::cable:
    case EventKind::bridge_timer:
    case EventKind::bridge_wake:
    case EventKind::bridge_boot:
    case EventKind::bridge_joined:
    case EventKind::bridge_watchdog: devices_[event.index]->uplink().on_event(event.kind, event.serial); break;
  }
  if (server_.has_stopped()) {
    server_.end_stop();
    std::vector<bool> clean(context_.model->streams().size());
    for (auto& device : devices_) {
      const bool lossless = context_.profile.line_loss_permille == 0;
      if (!lossless || !device->is_running() || !device->was_told_closing() || !server_.told_closing(device->id()))
        continue;
      clean[device->stream()] = true;
      ++context_.counters.clean_stops;
    }
    for (std::uint32_t i = 1; i < context_.model->streams().size(); ++i) {
      if (context_.model->stream(i).from_device && server_.store() == nullptr) {
        context_.model->server_gone(i, clean[i]);
      }
    }
    context_.events.push(context_.now + (context_.calm ? 1 : context_.random.spread(1, outage_length())),
                         EventKind::server_restart);
  }
}

/// S1: the window is credit, and nobody may spend more.
void World::sends_data(std::uint32_t index, bool by_server, std::uint32_t seq) {
  const Device& device = *devices_[index];
  const Stream& stream = context_.model->stream(by_server ? server_.stream(device.id()) : device.stream());
  const std::uint32_t number = seq - (by_server ? server_.first_seq(device.id()) : device.first_seq()) + 1;
  const std::uint32_t window = by_server ? context_.device_limits.window : context_.server_limits.window;
  if (number > stream.written) violated(Broken::internal, "line %u is sent, written are %u", number, stream.written);
  const std::uint32_t acked = by_server ? server_.released(device.id()) : stream.acked;
  if (number > acked + window) {
    violated(Broken::window, "%s %u sends line %u, the window is %u, acknowledged are %u",
             by_server ? "link" : "device", by_server ? device.id() : index, number, window, acked);
  }
}

// ---- faults
// ------------------------------------------------------------------------------------------------------------

Time World::outage_length() {
  const Range& range = context_.profile.outage_length_permille;
  const std::uint32_t timeout = std::max(context_.server_limits.timeout_ms, context_.device_limits.timeout_ms);
  return 1 + context_.random.spread(range.low, range.high) * timeout / 1000;
}

void World::plan_outage(std::uint32_t device) {
  const Profile& profile = context_.profile;
  Time wait = 0;
  if (profile.longest_outage_interval_ms != 0) {
    wait =
        context_.random.between(profile.longest_outage_interval_ms / 10, profile.longest_outage_interval_ms * 4 / 10);
  } else {
    const Range& range = profile.outage_interval_permille;
    wait = context_.random.spread(range.low, range.high) * context_.device_limits.timeout_ms / 1000;
  }
  context_.events.push(context_.now + wait, EventKind::outage, device);
}

void World::outage(std::uint32_t device) {
  const FaultWeights& faults = context_.profile.faults;
  const std::uint32_t weights[] = {faults.black_hole,   faults.half_open,   faults.stall,       faults.reset,
                                   faults.reboot,       faults.freeze,      faults.wifi,        faults.bridge_crash,
                                   faults.board_reboot, faults.bridge_hang, faults.cable_noise, faults.cable_cut,
                                   faults.cable_stuck};
  // A fault may pass unnoticed, but not all day.
  const Time quiet = context_.now - devices_[device]->last_end();
  const bool forced =
      context_.profile.longest_outage_interval_ms != 0 && quiet > context_.profile.longest_outage_interval_ms * 4 / 10;
  const unsigned fault = forced ? 0 : choose(context_.random, weights);
  if (fault < first_bridge_fault) hit(device, fault);
  Time length = outage_length();
  if (fault >= first_bridge_fault) hit_bridge(device, fault - first_bridge_fault, length);
  if (forced) length += 2 * context_.device_limits.timeout_ms;
  context_.events.push(context_.now + length, EventKind::heal, device, ++outage_serial_[device]);
}

void World::hit(std::uint32_t index, unsigned fault) {
  Device& device = *devices_[index];
  Random& random = context_.random;
  SimNetwork& network = context_.network;
  static const char* const names[] = {"black hole", "half open", "stall", "reset", "power off", "freeze", "no WiFi"};
  context_.trace("fault: device %u, %s", index, names[fault]);
  const auto for_connections = [&](auto act) {
    for (std::uint32_t i = 0; i < network.size(); ++i) {
      if (network.connection(i).in_use && network.connection(i).device == index) act(i);
    }
  };
  switch (fault) {
    case 0:
      for_connections([&](std::uint32_t i) {
        network.set_path(i, 0, Path::swallowing);
        network.set_path(i, 1, Path::swallowing);
      });
      device.station().path_down = random.permille(700);
      break;
    case 1: {
      const auto reader = static_cast<unsigned>(random.below(2));
      for_connections([&](std::uint32_t i) { network.set_path(i, reader, Path::swallowing); });
      device.station().path_down = random.permille(500);
      break;
    }
    case 2: {
      const std::uint64_t ways = random.between(1, 3);
      const bool late = random.permille(300);
      for_connections([&](std::uint32_t i) {
        if ((ways & 1U) != 0) network.set_path(i, 0, Path::held);
        if ((ways & 2U) != 0) network.set_path(i, 1, Path::held);
        if (late) release_late(i);
      });
      device.station().path_down = random.permille(500);
      break;
    }
    case 3: {
      const std::uint64_t sides = random.between(1, 3);
      for_connections([&](std::uint32_t i) {
        for (unsigned side = 0; side < 2; ++side) {
          if (((sides >> side) & 1U) == 0) continue;
          network.reset_side(i, side);
          network.set_path(i, side ^ 1U, Path::swallowing);
          if (side == SimNetwork::server_side) server_.on_readable(SimNetwork::socket_of(i, side));
        }
      });
      device.uplink().network_changed();
      break;
    }
    case 4: {
      // What the old life sent is often read when the new one has begun.
      const bool late = random.permille(500);
      for_connections([&](std::uint32_t i) {
        if (!late) return;
        network.set_path(i, SimNetwork::server_side, Path::held);
        release_late(i);
      });
      device.power_off(late || random.permille(500));
      break;
    }
    case 5: device.freeze(); break;
    case 6: device.set_wifi(false); break;
    default: break;
  }
}

void World::hit_bridge(std::uint32_t index, unsigned fault, Time length) {
  static const char* const names[] = {"crash", "reboot of the board", "hang", "noise", "cut", "stuck line"};
  context_.trace("fault: bridge of device %u, %s", index, names[fault]);
  devices_[index]->uplink().hurt(static_cast<BridgeFault>(fault), length);
}

void World::heal(std::uint32_t index, std::uint32_t serial) {
  if (serial != outage_serial_[index]) return;
  ++outage_serial_[index];
  Device& device = *devices_[index];
  context_.trace("fault of device %u is over", index);
  device.station().path_down = false;
  for (std::uint32_t i = 0; i < context_.network.size(); ++i) {
    const SimNetwork::Connection& connection = context_.network.connection(i);
    if (!connection.in_use || connection.device != index) continue;
    if (connection.late && !context_.calm) continue;
    context_.network.set_path(i, 0, Path::clear);
    context_.network.set_path(i, 1, Path::clear);
  }
  device.uplink().heal();
  device.wake();
  device.set_wifi(true);
  if (!device.is_running()) device.boot();
  if (!context_.calm) plan_outage(index);
}

void World::release_late(std::uint32_t connection) {
  context_.network.connection(connection).late = true;
  context_.events.push(context_.now + 2 * outage_length(), EventKind::release, connection,
                       context_.network.connection(connection).serial);
}

void World::release(std::uint32_t connection) {
  context_.network.connection(connection).late = false;
  context_.network.set_path(connection, 0, Path::clear);
  context_.network.set_path(connection, 1, Path::clear);
}

void World::plan_server_fault() {
  const Range& range = context_.profile.server_fault_interval_ms;
  if (range.high == 0) return;
  context_.events.push(context_.now + context_.random.between(range.low, range.high), EventKind::server_fault);
}

void World::server_fault() {
  const ServerFaultWeights& faults = context_.profile.server_faults;
  const std::uint32_t weights[] = {faults.kill, faults.crash, faults.stop, faults.freeze};
  const unsigned fault = choose(context_.random, weights);
  if (fault == 2 && server_.is_running() && !server_.is_frozen()) {
    for (auto& device : devices_) device->forget_closing();
    server_.begin_stop();
  } else if (fault == 3) {
    context_.trace("fault: server freezes");
    server_.freeze();
    context_.events.push(context_.now + outage_length(), EventKind::server_restart);
  } else if (server_.is_running()) {
    server_.kill(fault == 1);
    server_died();
  }
  plan_server_fault();
}

void World::server_died() {
  for (std::uint32_t i = 1; server_.store() == nullptr && i < context_.model->streams().size(); ++i) {
    if (context_.model->stream(i).from_device) context_.model->server_gone(i, false);
  }
  context_.events.push(context_.now + (context_.calm ? 1 : outage_length()), EventKind::server_restart);
}

void World::restart_server() {
  server_.wake();
  if (server_.is_running() || server_.start()) return;
  context_.events.push(context_.now + context_.random.between(100, 2000), EventKind::server_restart);
}

void World::plan_store_fault() {
  const Range& range = context_.profile.store_fault_interval_ms;
  if (server_.store() == nullptr) return;
  context_.events.push(context_.now + context_.random.between(range.low, range.high), EventKind::store_fault);
}

void World::store_fault() {
  const StoreFaultWeights& faults = context_.profile.store_faults;
  const std::uint32_t weights[] = {faults.disk, faults.power, faults.another};
  switch (choose(context_.random, weights)) {
    case 0:
      server_.store()->hurt();
      context_.events.push(context_.now + outage_length(), EventKind::store_heal);
      break;
    case 1: server_.store()->fail_power_soon(); break;
    default: server_.store()->let_another_take_over(); break;
  }
  plan_store_fault();
}

void World::audit() {
  for (auto& device : devices_) device->audit();
  server_.audit();
  const std::uint32_t timeout = std::min(context_.server_limits.timeout_ms, context_.device_limits.timeout_ms);
  if (!context_.calm && context_.profile.line_loss_permille != 0) {
    std::uint32_t& loss = context_.network.conditions.line_loss_permille;
    loss = context_.random.permille(400)
               ? static_cast<std::uint32_t>(context_.random.below(context_.profile.line_loss_permille))
               : 0;
  }
  context_.events.push(context_.now + timeout / 5, EventKind::audit);
}

void World::calm_down() {
  context_.trace("no more faults, no more lines");
  context_.calm = true;
  context_.network.conditions.line_loss_permille = 0;
  for (std::uint32_t i = 0; i < devices_.size(); ++i) {
    heal(i, outage_serial_[i]);
    devices_[i]->calm_down();
    // Of two that fight over an id, one has to give way.
    if (context_.profile.shared_id && i >= context_.ids) devices_[i]->power_off(true);
  }
  if (server_.store() != nullptr) server_.store()->heal();
  restart_server();
  server_.calm_down();
}

bool World::all_up() const {
  for (const auto& device : devices_) {
    if (device->is_running() && !(device->is_open() && server_.is_open(device->id()))) return false;
  }
  return server_.is_running() && !server_.is_stopping();
}

bool World::at_rest() const {
  if (!all_up()) return false;
  for (const auto& device : devices_) {
    if (device->is_running() && !(device->is_idle() && server_.is_idle(device->id()))) return false;
  }
  return true;
}

}  // namespace tautline::sim
