#include "durable.hpp"

#include <cstdio>
#include <string>
#include <vector>

#include "contenders.hpp"
#include "disk.hpp"
#include "nats.hpp"
#include "ping_pong.hpp"
#include "servers.hpp"
#include "store_alone.hpp"

namespace bench {
namespace {

constexpr const char* section = "durable";
constexpr unsigned links = 64;

LoadOptions load_of(const ServerProcess& server, double seconds) {
  LoadOptions options;
  options.port = server.port();
  options.server_pid = server.pid();
  options.greeting = Greeting::tautline_2;
  options.seconds = seconds;
  return options;
}

std::string file_system(const Suite& suite) {
  return "files on " + file_system_of(suite.directory);
}

/// Loop, store's thread and load on one core, so that no wake-up of another core is measured with the disk.
void one_at_a_time(Suite& suite) {
  std::printf("\nOne line at a time, durable, everything on one core:\n");
  const auto on_one_core = [&](const char* name, const auto& measure) {
    return Runner{name, [&suite, measure] {
                    const WorkDirectory directory(suite.directory);
                    pin_to(server_core);
                    return measure(directory.path());
                  }};
  };
  const std::vector<Runner> runners{
      on_one_core(names::append, [&](const auto& path) { return append_and_sync(path, 1, suite.seconds); }),
      on_one_core(names::durable,
                  [&](const auto& path) {
                    SharedCounters counters;
                    const ServerProcess server(
                        server_core, [&](const auto& report) { serve_tautline_durable(path, *counters, report); });
                    LoadOptions load = load_of(server, suite.seconds);
                    load.record_latency = true;
                    return run_load(load);
                  }),
      on_one_core(names::commit, [&](const auto& path) { return commit_alone(path, 1, suite.seconds); }),
      on_one_core(names::raw_asio,
                  [&](const auto&) {
                    const ServerProcess server(server_core, serve_asio);
                    LoadOptions load = load_of(server, suite.seconds / 2);
                    load.greeting = Greeting::none;
                    load.record_latency = true;
                    return run_load(load);
                  }),
  };
  Comparison comparison{section, "One durable line at a time, on one core", {}, {}, file_system(suite)};
  comparison.claims = {
      {names::durable, names::append, Target{"durable, one at a time, to append + fdatasync", 1.5, {}}, true},
      {names::commit, names::append, {}},
  };
  // p99 of a disk is that of its neighbours; the target is about the usual line.
  std::vector<Rounds> all = alternate(runners, suite.rounds);
  report_latencies(suite, comparison, all);
}

void batches(Suite& suite) {
  constexpr unsigned lines = 64;
  std::printf("\n%u lines a sync, no server:\n", lines);
  const std::vector<Runner> runners{
      {names::append,
       [&] {
         const WorkDirectory directory(suite.directory);
         pin_to(server_core);
         return append_and_sync(directory.path(), lines, suite.seconds);
       }},
      {names::commit,
       [&] {
         const WorkDirectory directory(suite.directory);
         pin_to(server_core);
         return commit_alone(directory.path(), lines, suite.seconds);
       }},
  };
  const Comparison comparison{
      section, "Durable lines, 64 a sync, no server", {}, to_first(runners), file_system(suite)};
  report_rates(suite, comparison, alternate(runners, suite.rounds));
}

Runner jetstream(const Suite& suite, const char* name, unsigned window, double seconds) {
  return {name, [&suite, window, seconds] {
            const WorkDirectory directory(suite.directory);
            const NatsServer server(ServerProcess::any_core, directory.path(), NatsServer::Kind::jetstream);
            use_all_cores();
            LoadOptions options;
            options.port = server.port();
            options.server_pid = server.pid();
            options.links = links;
            options.window = window;
            options.seconds = seconds;
            return Load(
                       options, [&](unsigned index) { return jetstream_publisher(index, options.line_bytes); }, 1,
                       [](unsigned) { return jetstream_subscriber(); })
                .run();
          }};
}

void beside_jetstream(Suite& suite) {
  std::printf("\nDurable lines over %u links, both sides may use all cores:\n", links);
  Series lines_per_sync;
  const double seconds = 2 * suite.seconds;  // long enough to meet a checkpoint of the log
  std::vector<Runner> runners{{names::durable, [&] {
                                 const WorkDirectory directory(suite.directory);
                                 SharedCounters counters;
                                 const ServerProcess server(ServerProcess::any_core, [&](const auto& report) {
                                   serve_tautline_durable(directory.path(), *counters, report);
                                 });
                                 use_all_cores();
                                 LoadOptions load = load_of(server, seconds);
                                 load.links = links;
                                 load.window = 64;
                                 const LoadResult result = run_load(load);
                                 lines_per_sync.add(static_cast<double>(counters->lines) /
                                                    static_cast<double>(counters->commits));
                                 return result;
                               }}};
  Comparison comparison{section, "Durable lines over 64 links", {}, {}, file_system(suite)};
  comparison.claims.push_back({names::durable, "", Target{"durable, 64 links, lines/s", {}, 100'000}});
  if (NatsServer::installed()) {
    runners.push_back(jetstream(suite, names::jetstream_4, 4, seconds));
    runners.push_back(jetstream(suite, names::jetstream_64, 64, seconds));
    for (const char* const peer : {names::jetstream_4, names::jetstream_64}) {
      comparison.claims.push_back({names::durable, peer, Target{std::string("durable, ahead of ") + peer, {}, 1.0}});
    }
  } else {
    suite.report.failed(section, "NATS JetStream", "not installed: script/setup --all");
  }
  report_rates(suite, comparison, alternate(runners, suite.rounds));
  if (lines_per_sync.empty()) return;
  const Figure figure{section,       "Durable lines per fsync, 64 links", "lines per fsync", {}, names::durable,
                      lines_per_sync};
  report_figure(suite, figure);
}

}  // namespace

void run_durable(Suite& suite) {
  std::printf("\nDurable lines; %s:\n", file_system(suite).c_str());
  // The disk's mood changes within seconds: single lines are compared in more and shorter rounds.
  Suite finer = suite;
  finer.rounds = 2 * suite.rounds;
  finer.seconds = suite.seconds / 1.5;
  one_at_a_time(finer);
  batches(finer);
  beside_jetstream(suite);
}

}  // namespace bench
