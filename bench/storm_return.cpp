#include <algorithm>
#include <cstdio>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "scale_crowd.hpp"
#include "scale_idle.hpp"
#include "scale_server.hpp"
#include "storm.hpp"

namespace bench {
namespace {

constexpr int server_core = 0;
constexpr int load_core = 1;
constexpr std::uint32_t timeout_ms = 10'000;
constexpr double return_limit_s = 60;
/// A board that looks at its socket now and then says hello so late.
constexpr std::uint32_t slow_hello_ms = 50;

struct StormOptions {
  unsigned links = 0;
  double away_s = 0;  ///< from the death of the server until its successor is started
  bool jitter = true;
  std::uint32_t hello_after_ms = 0;  ///< see CrowdOptions

  const char* contender() const {
    if (hello_after_ms != 0) return "clients with jitter, slow to say hello";
    return jitter ? "clients with jitter" : "clients without jitter";
  }
};

/// What happened from the moment that the new server listened.
struct StormResult {
  double half_back_s = 0;
  double all_back_s = 0;
  double refused_before = 0;  ///< connects while nobody listened
  double refused = 0;
  double timed_out = 0;
  double turned_away = 0;  ///< connected, and ended before the link was up
  double attempts = 0;
  double load_cpu = 0;  ///< share of a core until all were back; near 1: the load was the bottleneck
  double server_cpu = 0;
  double peak_bytes = 0;     ///< resident, of the new server
  double settled_bytes = 0;  ///< its anonymous memory when all were back
};

StormResult run_storm(const StormOptions& options) {
  ScaleServerOptions server_options;
  server_options.timeout_ms = timeout_ms;
  const Shared<ScaleServerFigures> figures;
  std::optional<ServerProcess> server;
  server.emplace(server_core, serve_scale(server_options, *figures));
  server_options.port = server->port();

  CrowdOptions crowd_options;
  crowd_options.port = server->port();
  crowd_options.links = options.links;
  crowd_options.timeout_ms = timeout_ms;
  crowd_options.jitter = options.jitter;
  crowd_options.hello_after_ms = options.hello_after_ms;
  CrowdProcess crowd(load_core, crowd_options);
  crowd.wait_linked(return_limit_s);
  pause_for(0.5);

  const CrowdFigures& now = crowd.figures();
  const std::uint64_t refused_at_start = now.refused;
  server.reset();  // SIGKILL
  pause_for(options.away_s);
  server.emplace(server_core, serve_scale(server_options, *figures));
  const auto returned = Clock::now();
  const std::uint64_t refused = now.refused;
  const std::uint64_t timed_out = now.timed_out;
  const std::uint64_t turned_away = now.turned_away;
  const std::uint64_t attempts = now.attempts;
  const double load_before = crowd.cpu_seconds();
  const double server_before = cpu_seconds_of(server->pid());

  StormResult result;
  result.refused_before = static_cast<double>(refused - refused_at_start);
  // The clients hear of the end at once, but one after the other: until the last has, some count as linked.
  const bool all_lost = wait_until(return_limit_s, [&] { return now.lost == options.links; });
  wait_until(return_limit_s, [&] { return now.linked >= options.links / 2; });
  result.half_back_s = seconds_since(returned);
  if (!all_lost) throw std::runtime_error("not all clients noticed that the server had ended");
  crowd.wait_linked(return_limit_s);
  const Clock::time_point all_linked{Clock::duration(now.all_linked_ns)};
  result.all_back_s = std::chrono::duration<double>(all_linked - returned).count();
  result.load_cpu = (crowd.cpu_seconds() - load_before) / seconds_since(returned);
  result.server_cpu = (cpu_seconds_of(server->pid()) - server_before) / seconds_since(returned);
  result.refused = static_cast<double>(now.refused - refused);
  result.timed_out = static_cast<double>(now.timed_out - timed_out);
  result.turned_away = static_cast<double>(now.turned_away - turned_away);
  result.attempts = static_cast<double>(now.attempts - attempts);
  pause_for(0.3);
  if (figures->links_up != options.links) {
    throw std::runtime_error("the server has " + std::to_string(figures->links_up) + " links, the clients " +
                             std::to_string(now.linked));
  }
  result.peak_bytes = static_cast<double>(peak_resident_bytes_of(server->pid()));
  result.settled_bytes = static_cast<double>(anonymous_bytes_of(server->pid()));
  return result;
}

struct StormSeries {
  Series half_back_s, all_back_s, refused_before, refused, timed_out, turned_away, attempts, peak_bytes;

  void add(const StormResult& result) {
    half_back_s.add(result.half_back_s);
    all_back_s.add(result.all_back_s);
    refused_before.add(result.refused_before);
    refused.add(result.refused);
    timed_out.add(result.timed_out);
    turned_away.add(result.turned_away);
    attempts.add(result.attempts);
    peak_bytes.add(result.peak_bytes);
  }
};

void print(const StormResult& result, const StormOptions& options) {
  std::printf("  away %3.1f s, %-38s  half back %5.2f s, all back %5.2f s   refused %.0f before, %.0f after",
              options.away_s, options.contender(), result.half_back_s, result.all_back_s, result.refused_before,
              result.refused);
  std::printf(
      "; %.0f connects for %u links, %.0f timed out, %.0f turned away; peak %.1f MB; CPU %.0f %% (load %.0f %%)\n",
      result.attempts, options.links, result.timed_out, result.turned_away, result.peak_bytes / 1e6,
      100 * result.server_cpu, 100 * result.load_cpu);
  std::fflush(stdout);
}

void report_storm(Report& report, const StormOptions& options, const StormSeries& series) {
  const auto add = [&](const char* name, const char* unit, Series StormSeries::*values, const char* note,
                       std::optional<Target> target = {}) {
    Figure figure{.section = "storm",
                  .name = name,
                  .unit = unit,
                  .parameters = {{"links", options.links}, {"server away, s", options.away_s}},
                  .contender = options.contender(),
                  .values = series.*values,
                  .note = note};
    figure.target = std::move(target);
    report.add(figure);
  };
  std::optional<Target> within_5_s;
  if (options.jitter) within_5_s = Target{.what = "accepting a storm", .at_most = 5, .at_least = {}};
  add("Until all clients of a killed server are linked again", "s", &StormSeries::all_back_s,
      "from the moment that the new server listens", within_5_s);
  add("Until half of them are linked again", "s", &StormSeries::half_back_s, "");
  add("Connects refused after the server's return", "connects", &StormSeries::refused,
      "none is refused for good: all clients are linked at the end");
  add("Connects refused while there was no server", "connects", &StormSeries::refused_before, "");
  add("Connects without an answer for 2 s", "connects", &StormSeries::timed_out, "");
  add("Connections closed by the server before the link was up", "connections", &StormSeries::turned_away, "");
  add("Connects after the server's return", "connects", &StormSeries::attempts, "");
  add("Peak memory of the server in the storm", "B", &StormSeries::peak_bytes, "VmHWM: code included");
}

}  // namespace

void run_return(Report& report, bool quick) {
  const unsigned links = quick ? 4'000 : 15'000;
  const int rounds = quick ? 1 : 3;
  std::printf("%u clients lose the server (SIGKILL) and come back; from the moment that the new server listens:\n",
              links);
  std::fflush(stdout);
  std::vector<StormOptions> storms = {{links, 0, true, 0}, {links, 0, false, 0}};
  if (!quick) {
    storms.push_back({links, 4, true, 0});
    storms.push_back({links, 4, false, 0});
    storms.push_back({links, 4, true, slow_hello_ms});
  }
  std::vector<StormSeries> series(storms.size());
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < storms.size(); ++i) {
      if (storms[i].away_s != 0 && round >= 2) continue;  // these take their time, and scatter less
      const StormResult result = run_storm(storms[i]);
      print(result, storms[i]);
      series[i].add(result);
    }
  }
  for (std::size_t i = 0; i < storms.size(); ++i) report_storm(report, storms[i], series[i]);
  std::printf("\n");
}

}  // namespace bench
