// Many links on one machine: the limit of open files is per process, so there are several server processes, each with a
// port and a process of clients of its own.

#include <algorithm>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "scale_crowd.hpp"
#include "scale_idle.hpp"
#include "scale_server.hpp"

namespace bench {
namespace {

constexpr double link_limit_s = 120;

/// A server process and its clients.
struct Pair {
  Shared<ScaleServerFigures> figures;
  std::unique_ptr<ServerProcess> server;
  std::unique_ptr<CrowdProcess> crowd;
};

struct MachineOptions {
  unsigned pairs = 1;
  unsigned links = 1;  ///< of each pair
  std::uint32_t timeout_ms = 60'000;
};

struct MachineFigures {
  double link_s = 0;  ///< until all were linked, one process after the other
  double server_bytes = 0;
  double kernel_bytes = 0;
  double server_cpu = 0;  ///< in cores, all servers
  double load_cpu = 0;
  double counted_s = 0;
  StatusCount status;  ///< of all pairs
};

class Machine {
 public:
  explicit Machine(const MachineOptions& options) : options_(options) {}

  MachineFigures run() {
    start_servers();
    const double kernel_before = static_cast<double>(kernel_bytes());
    const double bytes_before = server_bytes();
    const auto start = Clock::now();
    for (unsigned i = 0; i < options_.pairs; ++i) {
      link(i);
      std::printf("\r  %7u links after %3.0f s", (i + 1) * options_.links, seconds_since(start));
      std::fflush(stdout);
    }
    std::printf("\n");
    MachineFigures figures;
    figures.link_s = seconds_since(start);
    pause_for(quarter_s());
    check();
    count(figures);
    check();
    figures.server_bytes = server_bytes() - bytes_before;
    figures.kernel_bytes = static_cast<double>(kernel_bytes()) - kernel_before;
    return figures;
  }

 private:
  double quarter_s() const { return options_.timeout_ms / 4000.0; }

  void start_servers() {
    ScaleServerOptions server_options;
    server_options.timeout_ms = options_.timeout_ms;
    for (unsigned i = 0; i < options_.pairs; ++i) {
      auto pair = std::make_unique<Pair>();
      pair->server =
          std::make_unique<ServerProcess>(ServerProcess::any_core, serve_scale(server_options, *pair->figures));
      pairs_.push_back(std::move(pair));
    }
    pause_for(0.2);
  }

  void link(unsigned i) {
    CrowdOptions options;
    options.port = pairs_[i]->server->port();
    options.links = options_.links;
    options.first_id = 1 + i * options_.links;
    options.source = 1 + i;
    options.timeout_ms = options_.timeout_ms;
    pairs_[i]->crowd = std::make_unique<CrowdProcess>(ServerProcess::any_core, options);
    pairs_[i]->crowd->wait_linked(link_limit_s);
  }

  void check() const {
    for (const auto& pair : pairs_) {
      const CrowdFigures& crowd = pair->crowd->figures();
      if (pair->figures->links_up != options_.links || crowd.linked != options_.links || crowd.lost != 0) {
        throw std::runtime_error("a server has " + std::to_string(pair->figures->links_up) + " links, its clients " +
                                 std::to_string(crowd.linked) + " of " + std::to_string(options_.links) + "; lost " +
                                 std::to_string(crowd.lost));
      }
    }
  }

  void count(MachineFigures& figures) {
    const auto cpu = [this](double& servers, double& load) {
      servers = load = 0;
      for (const auto& pair : pairs_) {
        servers += cpu_seconds_of(pair->server->pid());
        load += pair->crowd->cpu_seconds();
      }
    };
    for (const auto& pair : pairs_) pair->crowd->begin_count();
    const auto start = Clock::now();
    double servers_before = 0;
    double load_before = 0;
    cpu(servers_before, load_before);
    pause_for(quarter_s());
    cpu(figures.server_cpu, figures.load_cpu);
    figures.counted_s = seconds_since(start);
    figures.server_cpu = (figures.server_cpu - servers_before) / figures.counted_s;
    figures.load_cpu = (figures.load_cpu - load_before) / figures.counted_s;
    figures.status.fewest = UINT32_MAX;
    for (const auto& pair : pairs_) {
      const StatusCount status = pair->crowd->end_count();
      figures.status.lines += status.lines;
      figures.status.late_gaps += status.late_gaps;
      figures.status.fewest = std::min(figures.status.fewest, status.fewest);
      figures.status.longest_gap_ms = std::max(figures.status.longest_gap_ms, status.longest_gap_ms);
    }
  }

  double server_bytes() const {
    double sum = 0;
    for (const auto& pair : pairs_) sum += static_cast<double>(anonymous_bytes_of(pair->server->pid()));
    return sum;
  }

  MachineOptions options_;
  std::vector<std::unique_ptr<Pair>> pairs_;
};

}  // namespace

void run_machine(Report& report, bool quick) {
  MachineOptions options;
  options.pairs = quick ? 2 : 14;
  options.links = quick ? 5'000 : 17'858;
  options.timeout_ms = quick ? 4'000 : 60'000;
  const unsigned links = options.pairs * options.links;
  std::printf("%u links on the machine: %u server processes, %u of clients, timeout %u s:\n", links, options.pairs,
              options.pairs, options.timeout_ms / 1000);
  std::fflush(stdout);
  const MachineFigures figures = Machine(options).run();
  const double due = figures.counted_s / (options.timeout_ms / 4000.0) * links;
  std::printf(
      "  user memory %.0f B a link, kernel memory %.0f B a link (both ends), servers %.2f cores, clients %.2f\n",
      figures.server_bytes / links, figures.kernel_bytes / links, figures.server_cpu, figures.load_cpu);
  std::printf("  status lines: %llu of %.0f due, at least %u on each link, longest gap %u ms, late %llu; none lost\n\n",
              static_cast<unsigned long long>(figures.status.lines), due, figures.status.fewest,
              figures.status.longest_gap_ms, static_cast<unsigned long long>(figures.status.late_gaps));
  std::fflush(stdout);

  const nlohmann::ordered_json parameters = {
      {"links", links}, {"server processes", options.pairs}, {"timeout_ms", options.timeout_ms}};
  const auto add = [&](const char* name, const char* unit, double value, const char* note) {
    report.add({.section = "scale",
                .name = name,
                .unit = unit,
                .parameters = parameters,
                .contender = tautline_server,
                .values = {{value}},
                .note = note});
  };
  Figure held{
      .section = "scale",
      .name = "Links held on the machine at a time",
      .unit = "links",
      .parameters = parameters,
      .contender = tautline_server,
      .values = {{static_cast<double>(links)}},
      .note = "servers and clients agree on the number, and none was lost while their status lines were counted"};
  if (!quick) held.target = Target{.what = "idle links on the machine", .at_most = {}, .at_least = 250'000};
  report.add(held);
  add("Time until all are linked", "s", figures.link_s, "one server process after the other");
  add("Memory per link, many processes", "B", figures.server_bytes / links, "RssAnon of all servers");
  add("Kernel memory per link", "B", figures.kernel_bytes / links,
      "growth of slab and page tables of the machine; both ends of the connection are in it");
  add("CPU of all servers", "cores", figures.server_cpu, "");
  add("Status lines of the servers, of those due", "part", static_cast<double>(figures.status.lines) / due,
      "counted by the clients; due: one a link in every quarter of the timeout");
  add("Longest time between two status lines", "ms", figures.status.longest_gap_ms,
      "a quarter of the timeout plus what the machine is late");
}

}  // namespace bench
