#include "profile.hpp"

namespace tautline::sim {
namespace {

constexpr std::uint64_t day_ms = 86'400'000;

Profile years() {
  Profile profile;
  profile.name = "years";
  profile.description = "timeouts of 1 to 10 minutes, a line a minute each way, an outage a day: link-years";
  profile.devices = 10;
  profile.duration_ms = {35 * day_ms, 38 * day_ms};
  profile.timeout_ms = {60'000, 600'000};
  profile.longest_outage_interval_ms = day_ms;
  profile.outage_length_permille = {1, 3'000};
  profile.server_fault_interval_ms = {2 * day_ms, 12 * day_ms};
  profile.write_interval_ms = {56'000, 60'000};
  profile.burst_permille = 1;
  profile.plain_permille = 5;
  profile.pause_permille = 2;
  profile.long_line_permille = 2;
  profile.chunk_permille = 10;
  profile.lag_permille = 2;
  return profile;
}

Profile outages() {
  Profile profile;
  profile.name = "outages";
  profile.description = "timeouts of 1 to 10 s, every kind of fault";
  return profile;
}

Profile loss() {
  Profile profile;
  profile.name = "loss";
  profile.description = "as outages, and whole lines are lost inside connections";
  profile.line_loss_permille = 250;
  return profile;
}

Profile reboot() {
  Profile profile;
  profile.name = "reboot";
  profile.description = "devices lose their RAM most of the time, old connections are read late";
  profile.faults = {1, 1, 4, 1, 10, 1, 0};
  profile.outage_interval_permille = {1, 8'000};  // also in the middle of a handshake
  profile.server_fault_interval_ms = {120'000, 900'000};
  profile.server_faults = {0, 0, 1, 6};
  profile.delay_ms = {50, 250};  // long handshakes are hit more often
  return profile;
}

Profile restart() {
  Profile profile;
  profile.name = "restart";
  profile.description = "the server is killed, crashes, stops, freezes all the time";
  profile.server_fault_interval_ms = {5'000, 60'000};
  profile.server_faults = {3, 3, 5, 4};
  return profile;
}

Profile pressure() {
  Profile profile;
  profile.name = "pressure";
  profile.description = "small windows, bursts, long lines, slow readers, small buffers, many qos=False lines";
  profile.window = {1, 8};
  profile.write_interval_ms = {5, 1'000};
  profile.burst_permille = 300;
  profile.plain_permille = 300;
  profile.pause_permille = 200;
  profile.long_line_permille = 200;
  profile.small_buffer_permille = 700;
  profile.lag_permille = 300;
  profile.devices = 4;
  return profile;
}

Profile storm() {
  Profile profile;
  profile.name = "storm";
  profile.description = "loss and pressure at once: many lines, large windows, late looks at what came";
  profile.line_loss_permille = 250;
  profile.window = {4, 64};
  profile.write_interval_ms = {5, 500};
  profile.burst_permille = 500;
  profile.pause_permille = 50;
  profile.small_buffer_permille = 500;
  profile.lag_permille = 500;
  profile.devices = 4;
  profile.duration_ms = {100'000, 600'000};
  return profile;
}

Profile wrap() {
  Profile profile;
  profile.name = "wrap";
  profile.description = "line numbers and generations cross 2^32";
  profile.near_wrap = true;
  profile.line_loss_permille = 60;
  profile.duration_ms = {100'000, 600'000};
  return profile;
}

Profile fight() {
  Profile profile;
  profile.name = "fight";
  profile.description = "two devices share each id and take the link from each other";
  profile.shared_id = true;
  profile.server_fault_interval_ms = {0, 0};
  profile.faults = {4, 4, 4, 3, 0, 2, 1};
  profile.outage_interval_permille = {3'000, 30'000};
  return profile;
}

Profile durable() {
  Profile profile;
  profile.name = "durable";
  profile.description = "a store that survives the server; kills, crashes, takeovers by another server all the time";
  profile.devices = 4;
  profile.server_fault_interval_ms = {2'000, 40'000};
  profile.server_faults = {6, 3, 2, 3};
  profile.line_loss_permille = 100;
  profile.store = StoreKind::ram;
  profile.store_faults = {0, 0, 1};
  return profile;
}

Profile disk() {
  Profile profile = durable();
  profile.name = "disk";
  profile.description = "as durable, with the SQLite store on a disk that fails, fills up, and loses its power";
  profile.duration_ms = {200'000, 500'000};
  profile.store = StoreKind::sqlite;
  profile.store_latency_ms = {1, 30};
  profile.store_faults = {4, 3, 1};
  return profile;
}

Profile bridge_uart() {
  Profile profile;
  profile.name = "bridge-uart";
  profile.description = "boards without a network, each with a bridge at a serial line; both crash, the line fails";
  profile.hosted = Hosted::uart;
  profile.devices = 4;
  profile.faults = {1, 1, 1, 1, 1, 2, 1, 5, 2, 2, 4, 3, 1};
  return profile;
}

Profile bridge_i2c() {
  Profile profile = bridge_uart();
  profile.name = "bridge-i2c";
  profile.description = "as bridge-uart, at an I2C bus with two handshake lines";
  profile.hosted = Hosted::i2c;
  profile.faults.cable_stuck = 4;
  return profile;
}

}  // namespace

const std::vector<Profile>& profiles() {
  static const std::vector<Profile> all{years(), outages(), loss(),    reboot(), restart(),     pressure(),  storm(),
                                        wrap(),  fight(),   durable(), disk(),   bridge_uart(), bridge_i2c()};
  return all;
}

const Profile* find_profile(std::string_view name) {
  for (const Profile& profile : profiles()) {
    if (profile.name == name) return &profile;
  }
  return nullptr;
}

}  // namespace tautline::sim
