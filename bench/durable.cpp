#include "durable.hpp"

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "disk.hpp"
#include "jetstream.hpp"
#include "process.hpp"
#include "series.hpp"
#include "servers.hpp"
#include "store_alone.hpp"

namespace bench {
namespace {

/// The figures of one contender over all rounds.
struct Measured {
  std::string name;
  Series p50, p99, rate, server_cpu, load_cpu;

  void add(const LoadResult& result, double server_cpu_seconds = 0) {
    p50.values.push_back(result.percentile_us(0.50));
    p99.values.push_back(result.percentile_us(0.99));
    rate.values.push_back(result.lines_per_second());
    server_cpu.values.push_back(server_cpu_seconds / result.seconds);
    load_cpu.values.push_back(result.load_cpu_seconds / result.seconds);
  }
  void print_latency() const {
    std::printf("  %-56s p50 %6.0f us (%.0f-%.0f)   p99 %6.0f us\n", name.c_str(), p50.median(), p50.low(), p50.high(),
                p99.median());
  }
  void print_rate() const {
    std::printf("  %-56s %7.1f k lines/s (%.1f-%.1f)", name.c_str(), rate.median() / 1e3, rate.low() / 1e3,
                rate.high() / 1e3);
    if (server_cpu.median() > 0) {
      std::printf("   server CPU %3.0f %%, load CPU %3.0f %%", 100 * server_cpu.median(), 100 * load_cpu.median());
    }
    std::printf("\n");
  }
};

void print_ratio(const char* what, const Series& ratio, const char* target) {
  std::printf("  %s %.2f (%.2f-%.2f)   %s\n", what, ratio.median(), ratio.low(), ratio.high(), target);
}

/// The disk's mood changes within seconds: single lines are compared in more and shorter rounds.
DurableOptions finer(DurableOptions options) {
  constexpr int parts = 4;
  options.rounds *= parts;
  options.seconds /= parts;
  return options;
}

LoadOptions load_of(const ServerProcess& server, double seconds) {
  LoadOptions options;
  options.port = server.port();
  options.greeting = Greeting::tautline_2;
  options.seconds = seconds;
  return options;
}

void one_at_a_time(const DurableOptions& options) {
  std::printf("One line at a time, durable; loop, store's thread and load on core 0:\n");
  Measured bare{"append 32 B + fdatasync", {}, {}, {}, {}, {}};
  Measured alone{"a commit of the store, without server and network", {}, {}, {}, {}, {}};
  Measured network{"bare Asio server, nothing stored", {}, {}, {}, {}, {}};
  Measured server{"Tautline server with a SqliteStore", {}, {}, {}, {}, {}};
  for (int round = 0; round < options.rounds; ++round) {
    const WorkDirectory directory(options.below);
    pin_to(0);
    bare.add(append_and_sync(directory.path(), 1, options.seconds));
    {
      SharedCounters counters;
      const ServerProcess process(
          0, [&](const auto& report) { serve_tautline_durable(directory.path(), *counters, report); });
      LoadOptions load = load_of(process, options.seconds);
      load.record_latency = true;
      server.add(run_load(load));
    }
    alone.add(commit_alone(directory.path(), 1, options.seconds));
    {
      const ServerProcess process(0, serve_raw_asio);
      LoadOptions load = load_of(process, options.seconds / 2);
      load.greeting = Greeting::none;
      load.record_latency = true;
      network.add(run_load(load));
    }
  }
  for (const Measured* measured : {&bare, &alone, &network, &server}) measured->print_latency();
  print_ratio("commit to append + fdatasync, p50:", ratios(alone.p50, bare.p50), "");
  print_ratio("server to append + fdatasync, p50:", ratios(server.p50, bare.p50), "target: at most 1.50");
  print_ratio("server to append + fdatasync, p99:", ratios(server.p99, bare.p99), "");
  std::printf("  the least disturbed round of each: commit %.2f, server %.2f times append + fdatasync, p50\n",
              alone.p50.low() / bare.p50.low(), server.p50.low() / bare.p50.low());
  std::printf("\n");
}

void batches(const DurableOptions& options) {
  constexpr unsigned lines = 64;
  std::printf("%u lines a sync:\n", lines);
  Measured bare{"append 64 x 32 B + fdatasync", {}, {}, {}, {}, {}};
  Measured alone{"a commit of 64 lines of 64 links, without server", {}, {}, {}, {}, {}};
  for (int round = 0; round < options.rounds; ++round) {
    const WorkDirectory directory(options.below);
    pin_to(0);
    bare.add(append_and_sync(directory.path(), lines, options.seconds));
    alone.add(commit_alone(directory.path(), lines, options.seconds));
  }
  bare.print_rate();
  alone.print_rate();
  print_ratio("ratio", ratios(alone.rate, bare.rate), "");
  std::printf("\n");
}

constexpr unsigned links = 64;

/// Starts a fresh nats-server for one round.
LoadResult jetstream_round(const DurableOptions& options, unsigned window, double& server_cpu) {
  const WorkDirectory directory(options.below);
  const NatsServer server(directory.path());
  JetStreamOptions jetstream;
  jetstream.port = server.port();
  jetstream.publishers = links;
  jetstream.window = window;
  jetstream.seconds = options.seconds;
  const double before = server.cpu_seconds();
  const LoadResult result = run_jetstream(jetstream);
  server_cpu = server.cpu_seconds() - before;
  return result;
}

void beside_jetstream(const DurableOptions& options) {
  const bool installed = NatsServer::installed();
  std::printf("%u links; both sides may use all cores:\n", links);
  Measured small{"JetStream publish + push + ack, de-dup, window 4", {}, {}, {}, {}, {}};
  Measured large{"JetStream publish + push + ack, de-dup, window 64", {}, {}, {}, {}, {}};
  Measured server{"Tautline server with a SqliteStore, window 64", {}, {}, {}, {}, {}};
  Series lines_per_sync;
  Series best;
  use_all_cores();
  for (int round = 0; round < options.rounds; ++round) {
    if (installed) {
      double cpu = 0;
      const LoadResult of_small = jetstream_round(options, 4, cpu);
      small.add(of_small, cpu);
      const LoadResult of_large = jetstream_round(options, 64, cpu);
      large.add(of_large, cpu);
      best.values.push_back(std::max(of_small.lines_per_second(), of_large.lines_per_second()));
    }
    const WorkDirectory directory(options.below);
    SharedCounters counters;
    const ServerProcess process(ServerProcess::any_core, [&](const auto& report) {
      serve_tautline_durable(directory.path(), *counters, report);
    });
    LoadOptions load = load_of(process, options.seconds);
    load.links = links;
    load.window = 64;
    const double before = cpu_seconds_of(process.pid());
    const LoadResult result = run_load(load);
    server.add(result, cpu_seconds_of(process.pid()) - before);
    lines_per_sync.values.push_back(static_cast<double>(counters->lines) / static_cast<double>(counters->commits));
  }
  if (installed) {
    small.print_rate();
    large.print_rate();
  }
  server.print_rate();
  std::printf("  lines per fsync %.0f (%.0f-%.0f): lines received to commits, each of which is one sync of the log\n",
              lines_per_sync.median(), lines_per_sync.low(), lines_per_sync.high());
  std::printf("  target: at least 100 k lines/s\n");
  if (!installed) {
    std::printf("  nats-server is not installed (script/setup --all): no comparison with JetStream\n\n");
    return;
  }
  print_ratio("server to JetStream (the better of its windows)", ratios(server.rate, best), "target: above 1.00");
  std::printf(
      "  JetStream acknowledges without an fsync for the message (its file is synced every two minutes): a power\n"
      "  failure loses what it acknowledged last. Its consumer is another process: one hop more. The stream keeps its\n"
      "  messages (retention: limits), which costs it less than removing them.\n\n");
}

}  // namespace

void run_durable(const DurableOptions& options) {
  std::printf(
      "Durable lines of 32 bytes, files on %s, medians of %d alternating rounds of %.1f s\n"
      "(min-max), where no clients compete in four times as many, four times shorter ones.\n\n",
      file_system_of(options.below).c_str(), options.rounds, options.seconds);
  one_at_a_time(finer(options));
  batches(finer(options));
  beside_jetstream(options);
}

}  // namespace bench
