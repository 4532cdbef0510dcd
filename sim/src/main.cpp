// Deterministic simulation: many worlds, each drawn from one seed. See sim/README.md.

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "world.hpp"

namespace {

using namespace tautline::sim;
using tautline::sim::to_string;

char replay[256];

/// An assertion in the library is a violation as well.
void on_abort(int) {
  const char text[] = "\nFAILED: the library aborted or crashed\n  replay: ";
  // NOLINTNEXTLINE(bugprone-unused-return-value): nothing is left to do if this fails
  (void)!write(STDOUT_FILENO, text, sizeof text - 1);
  (void)!write(STDOUT_FILENO, replay, std::strlen(replay));
  (void)!write(STDOUT_FILENO, "\n", 1);
  _exit(1);
}

struct Totals {
  std::uint64_t worlds = 0;
  std::uint64_t failed = 0;
  std::uint64_t lost = 0;
  std::uint64_t duplicated = 0;
  std::uint64_t reordered = 0;
  std::uint64_t delivered[2] = {};
  std::uint64_t plain[2] = {};
  std::uint64_t lines[2] = {};
  std::uint64_t status_lines[2] = {};
  std::uint64_t repeated = 0;
  std::uint64_t died = 0;
  std::uint64_t handed_again = 0;
  std::uint64_t effects = 0;
  std::uint64_t lines_lost = 0;
  std::uint64_t connections = 0;
  std::uint64_t takeovers = 0;
  WorldCounters sum;

  void add(const Context& context) {
    const WorldCounters& counters = context.counters;
    ++worlds;
    sum.link_ms += counters.link_ms;
    // Where two devices share an id, most ends are takeovers: they are no outages.
    (context.profile.shared_id ? takeovers : sum.outages) += counters.outages;
    sum.reboots += counters.reboots;
    sum.server_kills += counters.server_kills;
    sum.server_stops += counters.server_stops;
    sum.clean_stops += counters.clean_stops;
    sum.commits += counters.commits;
    sum.commits_failed += counters.commits_failed;
    sum.power_failures += counters.power_failures;
    sum.take_overs += counters.take_overs;
    sum.detections += counters.detections;
    sum.bridge_crashes += counters.bridge_crashes;
    sum.bridge_resets += counters.bridge_resets;
    sum.bridge_sessions += counters.bridge_sessions;
    sum.cut_transfers += counters.cut_transfers;
    sum.bus_transfers += counters.bus_transfers;
    sum.cable_bytes += counters.cable_bytes;
    sum.cable_faults += counters.cable_faults;
    sum.damaged_packets += counters.damaged_packets;
    sum.events += counters.events;
    sum.slowest_recovery_ms = std::max(sum.slowest_recovery_ms, counters.slowest_recovery_ms);
    sum.longest_without_outage_ms = std::max(sum.longest_without_outage_ms, counters.longest_without_outage_ms);
    for (unsigned side = 0; side < 2; ++side) {
      delivered[side] += context.model->counters.delivered[side];
      plain[side] += context.model->counters.plain[side];
      lines[side] += context.network.counters.lines[side];
      status_lines[side] += context.network.counters.status_lines[side];
    }
    repeated += context.model->counters.repeated;
    died += context.model->counters.died;
    effects += context.model->counters.effects;
    handed_again += context.model->counters.handed_again;
    lines_lost += context.network.counters.lines_lost;
    connections += context.network.counters.connections;
  }
  double link_years() const { return static_cast<double>(sum.link_ms) / (365.25 * 86'400'000); }
  void print() const {
    const auto number = [](const char* name, std::uint64_t value) {
      std::printf("%-26s %llu\n", name, static_cast<unsigned long long>(value));
    };
    std::printf("%-26s %.3f\n", "link_years", link_years());
    number("worlds", worlds);
    number("outages", sum.outages);
    number("ends_with_shared_id", takeovers);
    number("outages_found_by_silence", sum.detections);
    number("device_reboots", sum.reboots);
    number("server_kills", sum.server_kills);
    number("server_stops", sum.server_stops);
    number("links_stopped_in_order", sum.clean_stops);
    number("connections", connections);
    number("lines_to_server", delivered[1]);
    number("lines_to_devices", delivered[0]);
    number("plain_to_server", plain[1]);
    number("plain_to_devices", plain[0]);
    number("wire_lines", lines[0] + lines[1]);
    number("status_lines", status_lines[0] + status_lines[1]);
    number("wire_lines_lost", lines_lost);
    number("repeated_as_allowed", repeated);
    number("died_as_allowed", died);
    number("store_commits", sum.commits);
    number("store_commits_failed", sum.commits_failed);
    number("store_power_failures", sum.power_failures);
    number("store_taken_by_another", sum.take_overs);
    number("handed_out_again", handed_again);
    number("dealt_with_in_the_store", effects);
    std::printf("%-26s %.1f\n", "slowest_recovery_s", static_cast<double>(sum.slowest_recovery_ms) / 1000);
    std::printf("%-26s %.1f\n", "longest_without_outage_h",
                static_cast<double>(sum.longest_without_outage_ms) / 3'600'000);
    number("lost", lost);
    number("duplicated", duplicated);
    number("out_of_order", reordered);
    number("bridge_crashes", sum.bridge_crashes);
    number("bridge_resets", sum.bridge_resets);
    number("bridge_sessions", sum.bridge_sessions);
    number("cut_transfers", sum.cut_transfers);
    number("i2c_transfers", sum.bus_transfers);
    number("cable_bytes", sum.cable_bytes);
    number("cable_faults", sum.cable_faults);
    number("damaged_packets", sum.damaged_packets);
    number("events", sum.events);
    std::printf("%llu passed, %llu failed\n", static_cast<unsigned long long>(worlds - failed),
                static_cast<unsigned long long>(failed));
  }
};

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Simulates links between devices and a server; the same seed and profile give the same run."};
  std::uint64_t seed = 1;
  std::uint64_t worlds = 1;
  double link_years = 0;
  std::uint64_t outages = 0;
  std::uint64_t max_failures = 3;
  std::string profile_name = "outages";
  bool verbose = false;
  bool list = false;
  app.add_option("--seed", seed, "Seed of the first world; the next ones follow");
  app.add_option("--profile", profile_name,
                 "Kind of world; 'mixed' takes in turn each without a store or bridges, but 'years'");
  app.add_option("--worlds", worlds, "How many worlds");
  app.add_option("--link-years", link_years, "Run until so many link-years are simulated");
  app.add_option("--outages", outages, "Run until so many outages happened");
  app.add_option("--max-failures", max_failures, "Give up after so many failed worlds");
  app.add_flag("--verbose", verbose, "Print every event");
  app.add_flag("--list", list, "List the profiles");
  CLI11_PARSE(app, argc, argv);
  if (list) {
    for (const Profile& profile : profiles()) {
      std::printf("%-10s %s\n", std::string(profile.name).c_str(), std::string(profile.description).c_str());
    }
    return 0;
  }
  const bool mixed = profile_name == "mixed";
  std::vector<const Profile*> in_turn;
  for (const Profile& profile : profiles()) {
    const bool alike = profile.store == StoreKind::none && profile.hosted == Hosted::no;
    if (profile.name != "years" && alike) in_turn.push_back(&profile);
  }
  if (!mixed && find_profile(profile_name) == nullptr) {
    std::fprintf(stderr, "no profile '%s'; --list names them\n", profile_name.c_str());
    return 2;
  }
  for (const int signal_number : {SIGABRT, SIGSEGV, SIGFPE, SIGILL, SIGBUS}) std::signal(signal_number, on_abort);

  Totals totals;
  const auto enough = [&] {
    if (link_years > 0) return totals.link_years() >= link_years;
    if (outages > 0) return totals.sum.outages >= outages;
    return totals.worlds >= worlds;
  };
  for (std::uint64_t next = seed; !enough() && totals.failed < max_failures; ++next) {
    const Profile& profile = mixed ? *in_turn[next % in_turn.size()] : *find_profile(profile_name);
    std::snprintf(replay, sizeof replay, "%s --seed %llu --profile %s", argv[0], static_cast<unsigned long long>(next),
                  std::string(profile.name).c_str());
    World world(profile, next, verbose);
    try {
      world.run();
    } catch (const Violation& violation) {
      ++totals.failed;
      if (violation.broken == Broken::lost || violation.broken == Broken::early) ++totals.lost;
      if (violation.broken == Broken::duplicated) ++totals.duplicated;
      if (violation.broken == Broken::reordered) ++totals.reordered;
      std::printf("FAILED after %.3f s of simulated time: %s: %s\n  replay: %s --verbose | tail -n 200\n",
                  static_cast<double>(world.context().now) / 1000, to_string(violation.broken), violation.what(),
                  replay);
      std::fflush(stdout);
    }
    totals.add(world.context());
  }
  totals.print();
  return totals.failed == 0 ? 0 : 1;
}
