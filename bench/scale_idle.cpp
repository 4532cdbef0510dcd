#include "scale_idle.hpp"

#include <cmath>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <vector>

#include "scale_crowd.hpp"
#include "scale_server.hpp"

namespace bench {
namespace {

constexpr int server_core = 0;
constexpr int load_core = 1;
constexpr std::uint32_t timeout_ms = 10'000;
constexpr double quarter_s = timeout_ms / 4000.0;
constexpr double link_limit_s = 60;

/// One server process with that many idle links.
struct IdlePoint {
  unsigned links = 0;
  double empty_server_bytes = 0;  ///< before the first of them
  double bytes = 0;               ///< with all of them
  Series cpu;                     ///< share of a core in per cent, of each quarter of the timeout
  double load_cpu = 0;
  double counted_s = 0;
  StatusCount status;

  double bytes_per_link() const { return (bytes - empty_server_bytes) / links; }
  double cpu_us_per_link() const { return cpu.median() / 100 * 1e6 / links; }
  double status_lines_due() const { return counted_s / quarter_s * links; }
};

/// What the load believes must be what the server says, or the figures are of something else.
void check_links(const CrowdProcess& crowd, const ScaleServerFigures& server, unsigned links) {
  const bool agreed = wait_until(2, [&] { return server.connections == links && server.links_up == links; });
  if (!agreed || crowd.figures().linked != links) {
    throw std::runtime_error("the server has " + std::to_string(server.links_up) + " links on " +
                             std::to_string(server.connections) + " connections, the clients " +
                             std::to_string(crowd.figures().linked) + " of " + std::to_string(links));
  }
}

/// The links come evenly over `ramp_s`: a quarter of the timeout for status lines that come evenly too, as on a server
/// that runs for long, and not in a burst. `quarters` of the timeout are measured; 0: memory only.
IdlePoint measure_idle(unsigned links, unsigned expected, unsigned quarters, double ramp_s) {
  ScaleServerOptions server_options;
  server_options.timeout_ms = timeout_ms;
  server_options.expected = expected;
  const Shared<ScaleServerFigures> figures;
  const ServerProcess server(server_core, serve_scale(server_options, *figures));
  pause_for(0.2);
  IdlePoint point;
  point.links = links;
  point.empty_server_bytes = static_cast<double>(anonymous_bytes_of(server.pid()));

  CrowdOptions options;
  options.port = server.port();
  options.links = links;
  options.timeout_ms = timeout_ms;
  options.links_per_second = links / ramp_s;
  CrowdProcess crowd(load_core, options);
  crowd.wait_linked(link_limit_s);
  pause_for(quarters == 0 ? 0.5 : quarter_s);  // every link has had its first status line
  check_links(crowd, *figures, links);

  if (quarters != 0) {
    crowd.begin_count();
    const auto start = Clock::now();
    const double load_before = crowd.cpu_seconds();
    for (unsigned quarter = 0; quarter < quarters; ++quarter) {
      const auto begin = Clock::now();
      const double before = cpu_seconds_of(server.pid());
      pause_for(quarter_s);
      const double used = cpu_seconds_of(server.pid()) - before;
      point.cpu.add(100 * used / seconds_since(begin));
    }
    point.load_cpu = 100 * (crowd.cpu_seconds() - load_before) / seconds_since(start);
    point.counted_s = seconds_since(start);
    point.status = crowd.end_count();
    check_links(crowd, *figures, links);
    if (crowd.figures().lost != 0) throw std::runtime_error("idle links were lost while they were measured");
  }
  point.bytes = static_cast<double>(anonymous_bytes_of(server.pid()));
  return point;
}

/// Of the straight line through log(links), log(cost per link): 0 means that a link costs the same however many there
/// are.
double log_log_slope(const std::vector<IdlePoint>& points, double (IdlePoint::*cost)() const) {
  double mean_x = 0;
  double mean_y = 0;
  for (const IdlePoint& point : points) {
    mean_x += std::log(point.links) / static_cast<double>(points.size());
    mean_y += std::log((point.*cost)()) / static_cast<double>(points.size());
  }
  double xy = 0;
  double xx = 0;
  for (const IdlePoint& point : points) {
    const double x = std::log(point.links) - mean_x;
    xy += x * (std::log((point.*cost)()) - mean_y);
    xx += x * x;
  }
  return xy / xx;
}

void print(const IdlePoint& point) {
  std::printf("  %6u links  %5.0f B a link   CPU %5.2f %% of a core (%.2f-%.2f), %5.2f us a link and second",
              point.links, point.bytes_per_link(), point.cpu.median(), point.cpu.low(), point.cpu.high(),
              point.cpu_us_per_link());
  std::printf("   load CPU %.0f %%\n", point.load_cpu);
  std::printf(
      "                status lines: %llu of %.0f due, at least %u on each link, longest gap %u ms, late %llu\n",
      static_cast<unsigned long long>(point.status.lines), point.status_lines_due(), point.status.fewest,
      point.status.longest_gap_ms, static_cast<unsigned long long>(point.status.late_gaps));
  std::fflush(stdout);
}

const char* const memory_note =
    "RssAnon of the server process with the links less that before the first, by the number of links; what the kernel "
    "has for the sockets is not in it";
/// Judged at this size: with few links pages of 4 KiB and the first allocation of each kind are a part of the figure.
constexpr unsigned judged_links = 18'000;

Figure memory_figure(const IdlePoint& point, const char* ids) {
  return {.section = "scale",
          .name = memory_title,
          .unit = "B",
          .parameters = {{"links", point.links}, {"ids", ids}},
          .contender = tautline_server,
          .values = {{point.bytes_per_link()}},
          .note = memory_note};
}

void report_point(Report& report, const IdlePoint& point) {
  const bool judged = point.links >= judged_links;
  Figure memory = memory_figure(point, "all admitted");
  if (judged) memory.target = Target{.what = "user-space memory per idle link", .at_most = 256, .at_least = {}};
  report.add(memory);

  const nlohmann::ordered_json links = {{"links", point.links}};
  Figure cpu{.section = "scale",
             .name = "CPU of idle links at a timeout of 10 s",
             .unit = "% of a core",
             .parameters = links,
             .contender = tautline_server,
             .values = point.cpu,
             .note = "each link sends and gets a status line every 2.5 s; one value per 2.5 s"};
  if (judged) cpu.target = Target{.what = "idle links", .at_most = 30, .at_least = {}};
  report.add(cpu);

  report.add({.section = "scale",
              .name = "Status lines of the server, of those due",
              .unit = "part",
              .parameters = links,
              .contender = tautline_server,
              .values = {{static_cast<double>(point.status.lines) / point.status_lines_due()}},
              .note = "counted by the clients; due: one a link in every quarter of the timeout"});
  report.add({.section = "scale",
              .name = "Longest time between two status lines on any link",
              .unit = "ms",
              .parameters = links,
              .contender = tautline_server,
              .values = {{static_cast<double>(point.status.longest_gap_ms)}},
              .note = "a quarter of the timeout is 2,500 ms"});
}

void report_slope(Report& report, const char* of, double slope, const std::vector<IdlePoint>& points) {
  std::printf("  growth of %s from %u to %u links: log-log slope %+.3f (0: flat)\n", of, points.front().links,
              points.back().links, slope);
  report.add({.section = "scale",
              .name = "Growth with the number of links",
              .unit = "log-log slope",
              .parameters = {{"of", of}, {"from", points.front().links}, {"to", points.back().links}},
              .contender = tautline_server,
              .values = {{slope}},
              .note = "0: a link costs the same however many there are"});
}

}  // namespace

void run_idle(Report& report, bool quick) {
  std::printf("Idle links in one server process, timeout 10 s, server on core %d, clients on core %d:\n", server_core,
              load_core);
  std::fflush(stdout);
  std::vector<IdlePoint> points;
  const std::vector<unsigned> sizes =
      quick ? std::vector<unsigned>{1'000, 10'000} : std::vector<unsigned>{1'000, 10'000, judged_links};
  for (const unsigned links : sizes) {
    points.push_back(measure_idle(links, 0, quick ? 1 : 4, quick ? 1 : quarter_s));
    print(points.back());
    report_point(report, points.back());
  }
  report_slope(report, "memory per link", log_log_slope(points, &IdlePoint::bytes_per_link), points);
  report_slope(report, "CPU per link", log_log_slope(points, &IdlePoint::cpu_us_per_link), points);
  if (!quick) {
    IdlePoint listed = measure_idle(judged_links, judged_links, 0, quarter_s);
    listed.empty_server_bytes = points.back().empty_server_bytes;
    std::printf("  %6u links  %5.0f B a link if each id is named in ServerOptions::expected (the lists counted)\n",
                listed.links, listed.bytes_per_link());
    report.add(memory_figure(listed, "each named in `expected`; the lists are counted"));
  }
  std::printf("\n");
}

}  // namespace bench
