#include <cstdio>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "scale_crowd.hpp"
#include "scale_idle.hpp"
#include "scale_server.hpp"
#include "storm.hpp"
#include "storm_flooder.hpp"
#include "storm_real.hpp"

namespace bench {
namespace {

constexpr int server_core = 0;
constexpr int load_core = 1;
constexpr unsigned crowd_links = 1'000;
constexpr std::uint32_t timeout_ms = 10'000;

struct RealSeries {
  Series p50_us, p99_us, connect_ms, slowest_connect_ms;
  void add(const RealClients& real) {
    p50_us.add(real.p50_us);
    p99_us.add(real.p99_us);
    connect_ms.add(real.connect_ms);
    slowest_connect_ms.add(real.slowest_connect_ms);
  }
};

/// What reached the server while the real clients were measured.
struct Arrived {
  Series connects_per_second, megabytes_per_second, held, server_cpu;
};

struct FloodOptions {
  Flood flood = Flood::hellos;
  int rounds = 1;
  double seconds = 1;
  double warm_up_s = 1;  ///< of the flood, before the real clients are measured
};

class FloodMeasurement {
 public:
  explicit FloodMeasurement(const FloodOptions& options)
      : options_(options), server_(server_core, serve_scale(server_options(), *figures_)) {
    CrowdOptions crowd_options;
    crowd_options.port = server_.port();
    crowd_options.links = crowd_links;
    crowd_options.timeout_ms = timeout_ms;
    crowd_.emplace(load_core, crowd_options);
    crowd_->wait_linked(20);
  }

  void run() {
    for (int round = 0; round < options_.rounds; ++round) {
      quiet.add(measured());
      {
        Flooder flooder(load_core, server_.port(), options_.flood);
        pause_for(options_.warm_up_s);
        const std::uint64_t connects = flooder.figures().connects;
        const std::uint64_t bytes = flooder.figures().bytes;
        const double cpu = cpu_seconds_of(server_.pid());
        const auto start = Clock::now();
        flooded.add(measured());
        const double seconds = seconds_since(start);
        arrived.connects_per_second.add(static_cast<double>(flooder.figures().connects - connects) / seconds);
        arrived.megabytes_per_second.add(static_cast<double>(flooder.figures().bytes - bytes) / seconds / 1e6);
        arrived.server_cpu.add(100 * (cpu_seconds_of(server_.pid()) - cpu) / seconds);
        arrived.held.add(figures_->connections - crowd_links);
      }
      // All that the flood had open is gone with it.
      wait_until(5, [&] { return figures_->connections <= crowd_links + 2; });
    }
    lost = static_cast<double>(crowd_->figures().lost);
    warnings = static_cast<double>(figures_->warnings);
  }

  RealSeries quiet;
  RealSeries flooded;
  Arrived arrived;
  double lost = 0;  ///< links of the crowd
  double warnings = 0;

 private:
  static ScaleServerOptions server_options() {
    ScaleServerOptions options;
    options.timeout_ms = timeout_ms;
    return options;
  }

  RealClients measured() const {
    const RealClients real = run_real_clients(load_core, server_.port(), options_.seconds);
    if (real.stuck) throw std::runtime_error(std::string("no write returned beside ") + to_string(options_.flood));
    return real;
  }

  FloodOptions options_;
  Shared<ScaleServerFigures> figures_;
  ServerProcess server_;
  std::optional<CrowdProcess> crowd_;
};

void add_pair(Report& report, const char* name, const char* unit, Flood flood, const Series& quiet,
              const Series& flooded) {
  const std::string what = to_string(flood);
  const nlohmann::ordered_json parameters = {{"flood", what}};
  report.add({.section = "storm",
              .name = name,
              .unit = unit,
              .parameters = parameters,
              .contender = "without a flood",
              .values = quiet});
  report.add({.section = "storm",
              .name = name,
              .unit = unit,
              .parameters = parameters,
              .contender = "flooded",
              .values = flooded,
              .ratio_to = "without a flood",
              .ratios = ratios(flooded, quiet)});
  const Series ratio = ratios(flooded, quiet);
  std::printf("    %-44s quiet %8.4g, flooded %8.4g %s, ratio %.2f (%.2f-%.2f)\n", name, quiet.median(),
              flooded.median(), unit, ratio.median(), ratio.low(), ratio.high());
}

void report_flood(Report& report, Flood flood, const FloodMeasurement& measured) {
  const Arrived& arrived = measured.arrived;
  std::printf("  %s: %.0f connections/s and %.2f MB/s arrived, the server held %.0f of them at %.0f %% CPU",
              to_string(flood), arrived.connects_per_second.median(), arrived.megabytes_per_second.median(),
              arrived.held.median(), arrived.server_cpu.median());
  std::printf("; %.0f of %u idle links lost; %.0f lines of its log\n", measured.lost, crowd_links, measured.warnings);
  add_pair(report, "One line at a time beside a flood, p50", "us", flood, measured.quiet.p50_us,
           measured.flooded.p50_us);
  add_pair(report, "One line at a time beside a flood, p99", "us", flood, measured.quiet.p99_us,
           measured.flooded.p99_us);
  add_pair(report, "New clients beside a flood until linked, median", "ms", flood, measured.quiet.connect_ms,
           measured.flooded.connect_ms);
  add_pair(report, "New clients beside a flood, the slowest", "ms", flood, measured.quiet.slowest_connect_ms,
           measured.flooded.slowest_connect_ms);
  std::fflush(stdout);
  const auto add = [&](const char* name, const char* unit, const Series& values, const char* note) {
    report.add({.section = "storm",
                .name = name,
                .unit = unit,
                .parameters = {{"flood", to_string(flood)}},
                .contender = "flooded",
                .values = values,
                .note = note});
  };
  add("Flood: connections made", "connections/s", arrived.connects_per_second, "");
  add("Flood: bytes sent", "MB/s", arrived.megabytes_per_second, "");
  add("Flood: connections that the server held", "connections", arrived.held, "at the end of the round");
  add("Flood: CPU of the server", "% of a core", arrived.server_cpu, "with the real clients");
  add("Links lost beside a flood", "links", {{measured.lost}}, "of 1,000 idle ones, over all rounds");
}

}  // namespace

void run_floods(Report& report, bool quick) {
  std::printf("Floods on core %d beside real clients on core %d, server on core %d with %u idle links:\n", load_core,
              load_core, server_core, crowd_links);
  std::fflush(stdout);
  for (const Flood flood : {Flood::hellos, Flood::silent, Flood::garbage, Flood::blank}) {
    FloodOptions options;
    options.flood = flood;
    options.rounds = quick ? 1 : 3;
    options.seconds = quick ? 0.5 : 1.5;
    const bool fills_up = flood == Flood::hellos || flood == Flood::silent;
    options.warm_up_s = quick || !fills_up ? 0.5 : 2;
    FloodMeasurement measurement(options);
    measurement.run();
    report_flood(report, flood, measurement);
  }
  std::printf("\n");
}

}  // namespace bench
