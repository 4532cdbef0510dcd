#include <cstdio>
#include <stdexcept>
#include <string>
#include <vector>

#include "load.hpp"
#include "scale_crowd.hpp"
#include "scale_idle.hpp"
#include "scale_server.hpp"
#include "storm.hpp"

namespace bench {
namespace {

constexpr int server_core = 0;
constexpr int load_core = 1;
constexpr unsigned crowd_links = 1'000;
constexpr unsigned busy_links = 64;
constexpr unsigned busy_window = 64;
constexpr std::uint32_t read_every_ms = 500;
constexpr std::size_t read_bytes = 1'024;

/// One round: what the others reach beside the crowd.
struct Beside {
  double lines_per_second = 0;
  double server_ns = 0;  ///< CPU of the server per line of that
  double p50_us = 0;
  double p99_us = 0;
  double written = 0;  ///< lines that the server's application could queue for the crowd
  double lost = 0;     ///< links of the crowd
};

LoadResult load(const ServerProcess& server, unsigned links, unsigned window, double seconds) {
  LoadOptions options;
  options.port = server.port();
  options.server_pid = server.pid();
  options.greeting = Greeting::tautline_2;
  options.links = links;
  options.window = window;
  options.seconds = seconds;
  options.record_latency = window == 1;
  pin_to(load_core);
  return run_load(options);
}

/// The crowd has the ids behind those of the load, which names its own from 1 on.
Beside run_round(bool slow, double seconds) {
  ScaleServerOptions server_options;
  server_options.timeout_ms = 60'000;
  server_options.written_from = busy_links + 1;
  server_options.written_to = slow ? busy_links + crowd_links : 0;
  const Shared<ScaleServerFigures> figures;
  const ServerProcess server(server_core, serve_scale(server_options, *figures));

  CrowdOptions options;
  options.port = server.port();
  options.links = crowd_links;
  options.first_id = busy_links + 1;
  options.timeout_ms = 60'000;
  options.read_every_ms = slow ? read_every_ms : 0;
  options.read_bytes = read_bytes;
  CrowdProcess crowd(load_core, options);
  crowd.wait_linked(20);
  pause_for(0.5);  // the outboxes fill up

  Beside result;
  const LoadResult busy = load(server, busy_links, busy_window, seconds);
  result.lines_per_second = busy.lines_per_second();
  result.server_ns = 1e9 * busy.server_cpu_seconds / static_cast<double>(busy.lines);
  const LoadResult single = load(server, 1, 1, seconds);
  result.p50_us = single.percentile_us(0.50);
  result.p99_us = single.percentile_us(0.99);
  result.written = static_cast<double>(figures->written);
  result.lost = static_cast<double>(crowd.figures().lost);
  return result;
}

struct BesideSeries {
  Series lines_per_second, server_ns, p50_us, p99_us;
};

void add_figures(Report& report, const char* name, const char* unit, const Series& quiet, const Series& slow) {
  const nlohmann::ordered_json parameters = {{"links beside", crowd_links}};
  const char* const quiet_name = "beside links that read at once";
  const char* const slow_name = "beside slow readers";
  report.add({.section = "storm",
              .name = name,
              .unit = unit,
              .parameters = parameters,
              .contender = quiet_name,
              .values = quiet});
  report.add(
      {.section = "storm",
       .name = name,
       .unit = unit,
       .parameters = parameters,
       .contender = slow_name,
       .values = slow,
       .ratio_to = quiet_name,
       .ratios = ratios(slow, quiet),
       .note = "each slow reader has a full outbox and takes 1 KiB every 0.5 s; the others have nothing to read"});
  const Series ratio = ratios(slow, quiet);
  std::printf("  %-60s quiet %.4g, slow %.4g %s, ratio %.2f (%.2f-%.2f)\n", name, quiet.median(), slow.median(), unit,
              ratio.median(), ratio.low(), ratio.high());
  std::fflush(stdout);
}

}  // namespace

void run_slow_readers(Report& report, bool quick) {
  const int rounds = quick ? 1 : 4;
  const double seconds = quick ? 0.6 : 1.0;
  std::printf("%u slow readers with full outboxes, beside %u links that read at once (quiet); server on core %d:\n",
              crowd_links, crowd_links, server_core);
  std::fflush(stdout);
  BesideSeries series[2];
  double written = 0;
  for (int round = 0; round < rounds; ++round) {
    for (const bool slow : {false, true}) {
      const Beside result = run_round(slow, seconds);
      if (result.lost != 0) {
        throw std::runtime_error(std::to_string(result.lost) + " links of the crowd were lost");
      }
      if (slow) written = result.written;
      BesideSeries& side = series[slow ? 1 : 0];
      side.lines_per_second.add(result.lines_per_second);
      side.server_ns.add(result.server_ns);
      side.p50_us.add(result.p50_us);
      side.p99_us.add(result.p99_us);
    }
  }
  add_figures(report, "64 links, window 64, with company", "lines/s", series[0].lines_per_second,
              series[1].lines_per_second);
  add_figures(report, "64 links, window 64, with company: CPU of the server per line", "ns", series[0].server_ns,
              series[1].server_ns);
  add_figures(report, "One line at a time with company, p50", "us", series[0].p50_us, series[1].p50_us);
  add_figures(report, "One line at a time with company, p99", "us", series[0].p99_us, series[1].p99_us);
  std::printf("  the application could queue %.0f lines of 1,000 bytes for the slow readers in the last round\n\n",
              written);
  std::fflush(stdout);
}

}  // namespace bench
