#pragma once

#include <cstdarg>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "device.hpp"
#include "event_queue.hpp"
#include "model.hpp"
#include "network.hpp"
#include "profile.hpp"
#include "random.hpp"
#include "server_process.hpp"

namespace tautline::sim {

struct WorldCounters {
  std::uint64_t link_ms = 0;  ///< simulated time times links
  std::uint64_t outages = 0;  ///< an open connection ended, as its device saw it
  std::uint64_t reboots = 0;
  std::uint64_t server_kills = 0;
  std::uint64_t server_stops = 0;
  std::uint64_t commits = 0;
  std::uint64_t commits_failed = 0;
  std::uint64_t power_failures = 0;    ///< of a machine whose store is on a disk
  std::uint64_t take_overs = 0;        ///< by another server
  std::uint64_t clean_stops = 0;       ///< devices that were told `closing` and continued exactly
  std::uint64_t detections = 0;        ///< outages found by silence, each within 1.0 to 1.25 timeouts
  Time slowest_recovery_ms = 0;        ///< from the last fault until every link was up again
  Time longest_without_outage_ms = 0;  ///< of any link
  std::uint64_t events = 0;
  // hosted boards
  std::uint64_t bridge_crashes = 0;
  std::uint64_t bridge_resets = 0;    ///< pulled by the board
  std::uint64_t bridge_sessions = 0;  ///< that came up between board and bridge
  std::uint64_t cut_transfers = 0;    ///< board or bridge died in the middle of one
  std::uint64_t bus_transfers = 0;    ///< I2C
  std::uint64_t cable_bytes = 0;
  std::uint64_t cable_faults = 0;     ///< bytes hit, and on I2C: transfers
  std::uint64_t damaged_packets = 0;  ///< that a channel found to be damaged; on I2C: exchanges that failed
};

/// What the parts of a run share.
struct Context {
  Context(const Profile& p, std::uint64_t seed);

  const Profile& profile;
  Random random;
  Time now = 0;
  EventQueue events;
  SimNetwork network{events, random, now};
  ReceiveLimits server_limits;
  ReceiveLimits device_limits;
  std::uint32_t ids = 0;
  std::unique_ptr<Model> model;
  WorldCounters counters;
  bool calm = false;  ///< no more faults, no more lines: everything has to come to rest
  bool tracing = false;

  void trace(const char* format, ...) __attribute__((format(printf, 2, 3)));
  Time write_delay() { return random.between(profile.write_interval_ms.low, profile.write_interval_ms.high); }
  Time store_latency() {
    return random.permille(calm ? 0 : 50) ? random.between(200, 2000)
                                          : random.spread(profile.store_latency_ms.low, profile.store_latency_ms.high);
  }
  std::uint32_t lag() {
    return random.permille(profile.lag_permille) ? static_cast<std::uint32_t>(random.between(1, 20)) : 0;
  }
};

/// One server, some devices, a network and their misfortunes, all drawn from one seed.
class World final : private WireWatch {
 public:
  World(const Profile& profile, std::uint64_t seed, bool tracing);
  /// Throws Violation.
  void run();
  const Context& context() const { return context_; }

 private:
  void handle(const Event& event);
  void sends_data(std::uint32_t device, bool by_server, std::uint32_t seq) override;
  void plan_outage(std::uint32_t device);
  void outage(std::uint32_t device);
  void hit(std::uint32_t device, unsigned fault);
  void hit_bridge(std::uint32_t device, unsigned fault, Time length);
  void heal(std::uint32_t device, std::uint32_t serial);
  void release_late(std::uint32_t connection);
  void release(std::uint32_t connection);
  void plan_server_fault();
  void server_fault();
  void restart_server();
  void plan_store_fault();
  void store_fault();
  void server_died();
  void audit();
  void calm_down();
  bool at_rest() const;
  bool all_up() const;
  Time outage_length();
  std::uint64_t event_limit() const;

  Context context_;
  ServerProcess server_;
  std::vector<std::unique_ptr<Device>> devices_;
  std::vector<std::uint32_t> outage_serial_;
  Time end_ = 0;
};

}  // namespace tautline::sim
