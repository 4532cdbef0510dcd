#include "uplink.hpp"

#include "world.hpp"

namespace tautline::sim {

void DirectUplink::cycle_wifi() {
  device_.set_wifi(false);
  context_.events.push(context_.now + context_.random.between(300, 2000), EventKind::wifi_up, index_);
}

void DirectUplink::network_changed() {
  device_.attend();
}

Time DirectUplink::last_line_at() {
  return context_.network.incoming(station_.socket()).last_line_at;
}

bool DirectUplink::has_waiting_line() {
  return context_.network.has_waiting_line(station_.socket());
}

Time DirectUplink::last_status_at() {
  return context_.network.incoming(station_.socket() ^ 1).last_status_at;
}

bool DirectUplink::takes_nothing() {
  return context_.network.incoming(station_.socket() ^ 1).writer_waits;
}

}  // namespace tautline::sim
