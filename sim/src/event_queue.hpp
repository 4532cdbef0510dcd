#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace tautline::sim {

/// Simulated milliseconds since the beginning of the run. Each process sees them through its own 32-bit clock.
using Time = std::uint64_t;

enum class EventKind : std::uint8_t {
  arrival,    ///< the next segment of a pipe: index = pipe, serial = of the connection
  writable,   ///< index = socket
  syn,        ///< a connection attempt reaches the server: index = connection
  connected,  ///< ... and its answer the client
  refused,
  device_timer,  ///< index = device, as in all of the following
  device_wake,
  device_write,
  device_read,
  wifi_up,
  heal,
  release,  ///< bytes that were held come at last: index = connection
  outage,
  server_timer,
  server_wake,
  server_restart,
  server_fault,
  server_write,  ///< index = id
  server_read,
  store_commit,  ///< the store's thread commits what waits
  store_done,    ///< ... and the server hears of it
  store_fault,
  store_heal,
  audit,
  cable,  ///< something happens between a hosted board and its bridge: index = device, as in all of the following
  bridge_timer,
  bridge_wake,
  bridge_boot,
  bridge_joined,  ///< it has joined its WiFi
  bridge_watchdog,
};

struct Event {
  Time at;
  std::uint32_t order;  ///< of creation: events of one millisecond happen in this order
  EventKind kind;
  std::uint32_t index;
  std::uint32_t serial;  ///< tells whether the event still concerns anybody
};

/// What is going to happen, earliest first (a binary heap in one vector: no allocation per event).
class EventQueue {
 public:
  void push(Time at, EventKind kind, std::uint32_t index = 0, std::uint32_t serial = 0) {
    heap_.push_back({at, order_++, kind, index, serial});
    std::push_heap(heap_.begin(), heap_.end(), later);
  }
  bool empty() const { return heap_.empty(); }
  const Event& top() const { return heap_.front(); }
  Event pop() {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    const Event event = heap_.back();
    heap_.pop_back();
    return event;
  }

 private:
  static bool later(const Event& a, const Event& b) {
    return a.at != b.at ? a.at > b.at : static_cast<std::int32_t>(a.order - b.order) > 0;
  }
  std::vector<Event> heap_;
  std::uint32_t order_ = 0;
};

}  // namespace tautline::sim
