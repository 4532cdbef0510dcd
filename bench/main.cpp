// First numbers: Tautline beside the bare transport, in one run, alternating, as ratios.

#include <cstdio>
#include <exception>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "durable.hpp"
#include "load.hpp"
#include "ping_pong.hpp"
#include "process.hpp"
#include "series.hpp"
#include "servers.hpp"

namespace bench {
namespace {

struct Contender {
  std::string name;
  ServerProcess::Serve serve;
  Greeting greeting;
};

/// A server and how one line at a time is sent to it.
struct Exchange {
  std::string name;
  ServerProcess::Serve serve;
  std::function<LoadResult(std::uint16_t port, double seconds)> run;
};

/// The same minimal client for every server: what is compared is the server.
Exchange minimal_client(const Contender& contender) {
  return {contender.name, contender.serve, [greeting = contender.greeting](std::uint16_t port, double seconds) {
            LoadOptions options;
            options.port = port;
            options.greeting = greeting;
            options.seconds = seconds;
            options.record_latency = true;
            return run_load(options);
          }};
}

constexpr int server_core = 0;

void compare_latency(const Exchange& bare, const Exchange& ours, int load_core, int rounds, double seconds) {
  Series p50[2];
  Series p99[2];
  for (int round = 0; round < rounds; ++round) {
    for (int side = 0; side < 2; ++side) {
      const Exchange& exchange = side == 0 ? bare : ours;
      const ServerProcess server(server_core, exchange.serve);
      pin_to(load_core);
      const LoadResult result = exchange.run(server.port(), seconds);
      p50[side].values.push_back(result.percentile_us(0.50));
      p99[side].values.push_back(result.percentile_us(0.99));
    }
  }
  const char* const where = load_core == server_core ? "same core" : "cross core";
  for (int side = 0; side < 2; ++side) {
    std::printf("  %-10s  %-44s p50 %6.1f us (%.1f-%.1f)   p99 %6.1f us\n", where,
                (side == 0 ? bare : ours).name.c_str(), p50[side].median(), p50[side].low(), p50[side].high(),
                p99[side].median());
  }
  const Series r50 = ratios(p50[1], p50[0]);
  const Series r99 = ratios(p99[1], p99[0]);
  std::printf("  %-10s  ratio p50 %.2f (%.2f-%.2f), p99 %.2f   target: at most 1.25\n\n", where, r50.median(),
              r50.low(), r50.high(), r99.median());
}

void compare_throughput(const Contender& bare, const Contender& ours, unsigned links, unsigned window, double target,
                        int rounds, double seconds) {
  Series rate[2];
  Series load_cpu[2];
  for (int round = 0; round < rounds; ++round) {
    for (int side = 0; side < 2; ++side) {
      const Contender& contender = side == 0 ? bare : ours;
      const ServerProcess server(server_core, contender.serve);
      pin_to(1);
      LoadOptions options;
      options.port = server.port();
      options.greeting = contender.greeting;
      options.links = links;
      options.window = window;
      options.seconds = seconds;
      const LoadResult result = run_load(options);
      rate[side].values.push_back(result.lines_per_second());
      load_cpu[side].values.push_back(result.load_cpu_seconds / result.seconds);
    }
  }
  for (int side = 0; side < 2; ++side) {
    std::printf("  %-56s %6.2f M lines/s (%.2f-%.2f)   load CPU %3.0f %%\n", (side == 0 ? bare : ours).name.c_str(),
                rate[side].median() / 1e6, rate[side].low() / 1e6, rate[side].high() / 1e6,
                100 * load_cpu[side].median());
  }
  const Series r = ratios(rate[1], rate[0]);
  std::printf("  ratio %.2f (%.2f-%.2f)   target: at least %.2f\n\n", r.median(), r.low(), r.high(), target);
}

void run(int rounds, double seconds) {
  const Contender raw_epoll{"bare epoll", serve_raw_epoll, Greeting::none};
  const Contender raw_asio{"bare Asio, a coroutine per connection", serve_raw_asio, Greeting::none};
  const Contender batch{"Tautline server, one handler for all lines", serve_tautline_batch, Greeting::tautline_2};
  const Contender await{"Tautline server, one awaitable per line", serve_tautline_await, Greeting::tautline_2};

  std::printf("Lines of 32 bytes over loopback TCP, medians of %d alternating rounds of %.1f s (min-max).\n", rounds,
              seconds);
  std::printf("The load is one process that sends and counts acknowledgements; it is the same on both sides.\n\n");
  std::printf("One line at a time, from send to acknowledgement:\n");
  for (const int load_core : {server_core, 1}) {
    compare_latency(minimal_client(raw_asio), minimal_client(await), load_core, rounds, seconds);
  }
  std::printf("The same from write to return, with a client of the same kind on the other side:\n");
  const Exchange asio_both{"bare Asio coroutines on both sides", serve_raw_asio, ping_pong_asio};
  const Exchange tautline_both{"Tautline on both sides, co_await write", serve_tautline_await, ping_pong_tautline};
  for (const int load_core : {server_core, 1}) compare_latency(asio_both, tautline_both, load_core, rounds, seconds);
  std::printf("64 links, window 64, server on core 0, load on core 1:\n");
  compare_throughput(raw_epoll, batch, 64, 64, 0.8, rounds, seconds);
  compare_throughput(raw_epoll, await, 64, 64, 0.65, rounds, seconds);
  std::printf("1 link, window 64:\n");
  compare_throughput(raw_epoll, batch, 1, 64, 0.8, rounds, seconds);
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  CLI::App app{"Tautline beside the bare transport, the bare disk and other programs, in one run, as ratios."};
  bool quick = false;
  bool durable = false;
  std::string directory = std::filesystem::temp_directory_path().string();
  app.add_flag("--quick", quick, "Everything in a short form, for a first look");
  app.add_flag("--durable", durable, "Only what is durable: the store, the disk, JetStream");
  app.add_option("--directory", directory, "Where the files of the durable measurements are made")
      ->check(CLI::ExistingDirectory);
  CLI11_PARSE(app, argc, argv);
  try {
    if (!durable) bench::run(quick ? 3 : 7, quick ? 0.5 : 1.5);
    bench::run_durable({directory, quick ? 3 : 5, quick ? 0.5 : 1.5});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tautline_bench: %s\n", error.what());
    return 1;
  }
  return 0;
}
