#include "throughput.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <latch>
#include <map>
#include <thread>
#include <utility>
#include <vector>

#include "contenders.hpp"
#include "disk.hpp"
#include "mosquitto.hpp"
#include "nats.hpp"
#include "raw_epoll.hpp"
#include "servers.hpp"

namespace bench {
namespace {

constexpr const char* section = "throughput";

struct Shape {
  unsigned links;
  unsigned window;
  unsigned line_bytes;
  int load_core = other_core;
};

/// One axis at a time around 64 links, window 64, 32 bytes; and the corners that differ in kind: one line at a time
/// over few and many links, and many links with full windows.
std::vector<Shape> shapes(bool quick) {
  std::vector<Shape> all;
  for (const unsigned links : {1U, 64U, 1000U}) all.insert(all.end(), {{links, 64, 32}, {links, 1, 32}});
  all.push_back({64, 8, 32});
  for (const unsigned line_bytes : {8U, 256U, 1024U}) all.push_back({64, 64, line_bytes});
  all.insert(all.end(), {{64, 64, 32, server_core}, {1000, 1, 32, server_core}});
  if (!quick) {
    all.insert(all.end(),
               {{10'000, 64, 32}, {10'000, 1, 32}, {1000, 8, 32}, {1000, 64, 1024}, {1, 64, 32, server_core}});
  }
  return all;
}

LoadOptions load_of(const Suite& suite, const Shape& shape, const ServerProcess& server, bool raw) {
  LoadOptions options;
  options.port = server.port();
  options.server_pid = server.pid();
  options.greeting = raw ? Greeting::none : Greeting::tautline_2;
  options.links = shape.links;
  options.window = shape.window;
  options.line_bytes = shape.line_bytes;
  options.seconds = suite.seconds;
  // Thousands of links with full windows take a while until their rhythm is that of the server.
  options.warm_up_seconds = suite.quick ? 0.05 : 0.1;
  return options;
}

Runner runner(const Suite& suite, const char* name, const Shape& shape, Direction direction, bool raw,
              ServerProcess::Serve serve) {
  return {name, [=, serve = std::move(serve)] {
            const ServerProcess server(server_core, serve);
            pin_to(shape.load_core);
            LoadOptions options = load_of(suite, shape, server, raw);
            options.direction = direction;
            return run_load(options);
          }};
}

std::vector<Runner> runners_to_server(const Suite& suite, const Shape& shape) {
  std::vector<Runner> runners{
      runner(suite, names::raw_epoll, shape, Direction::to_server, true, serve_raw_epoll),
      runner(suite, names::batch, shape, Direction::to_server, false, serve_tautline_batch),
  };
  if (shape.links == 64 && shape.line_bytes == 32) {
    runners.push_back(runner(suite, names::await, shape, Direction::to_server, false,
                             [](const auto& report) { serve_tautline_await(report); }));
  }
  return runners;
}

std::vector<Runner> runners_to_client(const Suite& suite, const Shape& shape) {
  return {
      runner(suite, names::raw_epoll, shape, Direction::to_client, true,
             [=](const auto& report) { serve_raw_epoll_writing(shape.window, shape.line_bytes, report); }),
      runner(suite, names::writing, shape, Direction::to_client, false,
             [=](const auto& report) { serve_tautline_writing(shape.links, shape.line_bytes, report); }),
  };
}

std::vector<Claim> promises(const Shape& shape) {
  Claim batch{names::batch, names::raw_epoll, {}};
  Claim await{names::await, names::raw_epoll, {}};
  const std::string to_bare = std::string(", to bare epoll, ") + where(shape.load_core);
  if (shape.line_bytes == 32 && shape.links == 64 && shape.window == 64) {
    batch.target = Target{"64 links, window 64, one handler" + to_bare, {}, 0.8};
    await.target = Target{"64 links, window 64, an awaitable per line" + to_bare, {}, 0.65};
  } else if (shape.line_bytes == 32 && shape.links == 1 && shape.window == 64) {
    batch.target = Target{"1 link, window 64" + to_bare, {}, 0.8};
  } else if (shape.line_bytes == 32 && shape.links == 1000 && shape.window == 1) {
    batch.target = Target{"one at a time over 1,000 links" + to_bare, {}, 0.9};
  }
  return {batch, await, {names::writing, names::raw_epoll, {}}};
}

/// Rates by window and number of links, of lines of 32 bytes: what the slopes are made from.
using Growth = std::map<std::pair<unsigned, unsigned>, std::vector<Rounds>>;

void all_shapes(Suite& suite, Direction direction, Growth& growth) {
  const bool to_server = direction == Direction::to_server;
  std::printf("\nLines a second %s; cross core: server on one core, load on the other:\n",
              to_server ? "to the server" : "to clients");
  for (const Shape& shape : shapes(suite.quick)) {
    Comparison comparison{section,
                          to_server ? "Lines from clients to the server" : "Lines from the server to clients",
                          {{"links", shape.links},
                           {"window", shape.window},
                           {"line bytes", shape.line_bytes},
                           {"cores", where(shape.load_core)}},
                          promises(shape),
                          {}};
    const std::vector<Rounds> all =
        alternate(to_server ? runners_to_server(suite, shape) : runners_to_client(suite, shape), suite.rounds);
    report_rates(suite, comparison, all);
    const bool grows = to_server && shape.line_bytes == 32 && shape.load_core == other_core;
    if (grows) growth[{shape.window, shape.links}] = all;
  }
}

/// Slope of the line through the logarithms by least squares: 0 is no growth, 1 is growth in proportion.
double slope(const std::vector<std::pair<double, double>>& points) {
  double x = 0, y = 0, xx = 0, xy = 0;
  for (const auto& [links, time] : points) {
    x += std::log(links);
    y += std::log(time);
    xx += std::log(links) * std::log(links);
    xy += std::log(links) * std::log(time);
  }
  const auto n = static_cast<double>(points.size());
  return (n * xy - x * y) / (n * xx - x * x);
}

void report_slopes(Suite& suite, const Growth& growth) {
  std::printf("\nGrowth of the time per line with the number of links (0: flat, 1: in proportion):\n");
  for (const unsigned window : {1U, 64U}) {
    for (const char* const contender : {names::raw_epoll, names::batch}) {
      for (const bool of_cpu : {false, true}) {
        Figure figure{section, "Growth with the number of links, log-log slope", "slope", {}, contender, {}};
        unsigned fewest = 0;
        unsigned most = 0;
        for (int round = 0; round < suite.rounds; ++round) {
          std::vector<std::pair<double, double>> points;
          for (const auto& [key, all] : growth) {
            const Rounds* const rounds = find(all, contender);
            // With less than full load time per line is that of a round trip, which says nothing about cost.
            if (key.first != window || key.second < 64 || rounds == nullptr) continue;
            if (static_cast<std::size_t>(round) >= rounds->results.size()) continue;
            const LoadResult& result = rounds->results[static_cast<std::size_t>(round)];
            const double seconds = of_cpu ? result.server_cpu_seconds : result.seconds;
            points.emplace_back(key.second, seconds / static_cast<double>(result.lines));
            fewest = fewest == 0 ? key.second : std::min(fewest, key.second);
            most = std::max(most, key.second);
          }
          if (points.size() >= 2) figure.values.add(slope(points));
        }
        if (figure.values.empty()) continue;
        figure.parameters = {{"window", window},
                             {"links", std::to_string(fewest) + " to " + std::to_string(most)},
                             {"of", of_cpu ? "server CPU per line" : "time per line"}};
        // "Flat": ten times as many links, at most a quarter more time per line.
        const double flat = 0.1;
        if (contender == names::batch && !suite.quick) {
          figure.target = Target{"growth of " + std::string(of_cpu ? "server CPU" : "time") + " per line, window " +
                                     std::to_string(window),
                                 flat,
                                 {}};
        }
        report_figure(suite, figure);
      }
    }
  }
}

/// Half of the links from each of two threads, so that one load is not what limits two shards. Thread i talks to the
/// shard i modulo the number of shards.
LoadResult run_two_loads(const LoadOptions& options, const ServerProcess& server, unsigned shards) {
  constexpr unsigned loads = 2;
  std::vector<LoadResult> results(loads);
  std::vector<std::string> failures(loads);
  std::latch ready(loads);
  const auto one = [&](unsigned which) {
    bool arrived = false;
    try {
      LoadOptions half = options;
      half.links = options.links / loads;
      half.first_id = 1 + which * half.links;
      half.port = server.port(which % shards);
      if (which != 0) half.server_pid = 0;
      Load load(half);
      arrived = true;
      ready.arrive_and_wait();
      results[which] = load.run();
    } catch (const std::exception& error) {
      failures[which] = error.what();
      if (!arrived) ready.count_down();
    }
  };
  std::thread second(one, 1U);
  one(0);
  second.join();
  for (const std::string& failure : failures) {
    if (!failure.empty()) throw std::runtime_error(failure);
  }
  LoadResult sum = results[0];
  sum.lines += results[1].lines;
  sum.load_cpu_seconds += results[1].load_cpu_seconds;
  return sum;
}

void shards(Suite& suite) {
  std::printf(
      "\nOne shard and two (two Servers in one process, each with a thread and a port), server and load on both "
      "cores:\n");
  std::vector<Shape> all{{64, 64, 32}, {1000, 1, 32}};
  if (!suite.quick) all.push_back({1000, 64, 1024});
  for (const Shape& shape : all) {
    const auto with = [&](const char* name, unsigned count) {
      return Runner{name, [&suite, shape, count] {
                      const ServerProcess server(
                          ServerProcess::any_core,
                          [count](const auto& report) { serve_tautline_shards(count, report); }, count);
                      use_all_cores();
                      return run_two_loads(load_of(suite, shape, server, false), server, count);
                    }};
    };
    const std::vector<Runner> runners{with(names::shards_1, 1), with(names::shards_2, 2)};
    const Comparison comparison{section,
                                "One shard and two, server and load share both cores",
                                {{"links", shape.links}, {"window", shape.window}, {"line bytes", shape.line_bytes}},
                                to_first(runners),
                                {}};
    report_rates(suite, comparison, alternate(runners, suite.rounds));
  }
}

// ---- beside brokers

LoadOptions peer_load(const Suite& suite, unsigned links, std::uint16_t port, pid_t pid) {
  LoadOptions options;
  options.port = port;
  options.server_pid = pid;
  options.links = links;
  options.window = 64;
  options.seconds = suite.seconds;
  return options;
}

Runner mosquitto(const Suite& suite, const char* name, unsigned links, std::uint8_t qos) {
  return {name, [&suite, links, qos] {
            const WorkDirectory directory(suite.directory);
            const Mosquitto server(server_core, directory.path());
            pin_to(other_core);
            const LoadOptions options = peer_load(suite, links, server.port(), server.pid());
            return Load(
                       options, [&](unsigned index) { return mqtt_publisher(index, qos, options.line_bytes); }, 1,
                       [&](unsigned) { return mqtt_subscriber(qos); })
                .run();
          }};
}

Runner nats_core(const Suite& suite, unsigned links) {
  return {names::nats, [&suite, links] {
            const WorkDirectory directory(suite.directory);
            const NatsServer server(server_core, directory.path(), NatsServer::Kind::core);
            pin_to(other_core);
            const LoadOptions options = peer_load(suite, links, server.port(), server.pid());
            return Load(
                       options, [&](unsigned index) { return nats_publisher(index, options.line_bytes); }, 1,
                       [](unsigned) { return nats_subscriber(); })
                .run();
          }};
}

void beside_brokers(Suite& suite) {
  std::printf("\nMessages delivered to an application, 64 links (or one), window 64, 32 bytes, server on one core:\n");
  const Shape shape{64, 64, 32};
  std::vector<Runner> runners{runner(suite, names::batch, shape, Direction::to_server, false, serve_tautline_batch)};
  std::vector<Claim> claims;
  if (Mosquitto::installed()) {
    runners.push_back(mosquitto(suite, names::mosquitto_1, 64, 1));
    runners.push_back(mosquitto(suite, names::mosquitto_1_link, 1, 1));
    runners.push_back(mosquitto(suite, names::mosquitto_2, 64, 2));
    runners.push_back(mosquitto(suite, names::mosquitto_2_link, 1, 2));
    claims.push_back({names::batch, names::mosquitto_1, {}});
    claims.push_back({names::batch, names::mosquitto_1_link, {}});
    claims.push_back({names::batch, names::mosquitto_2, Target{"64 links, window 64, to Mosquitto QoS 2", {}, 100}});
    claims.push_back({names::batch, names::mosquitto_2_link,
                      Target{"64 links, window 64, to Mosquitto QoS 2 with one publisher", {}, 100}});
  }
  if (NatsServer::installed()) {
    runners.push_back(nats_core(suite, 64));
    claims.push_back({names::batch, names::nats, {}});
  }
  const Comparison comparison{
      section, "Messages delivered, beside brokers", {{"window", 64}, {"line bytes", 32}}, claims, {}};
  report_rates(suite, comparison, alternate(runners, suite.rounds));
}

}  // namespace

void run_throughput(Suite& suite) {
  Growth growth;
  all_shapes(suite, Direction::to_server, growth);
  report_slopes(suite, growth);
  all_shapes(suite, Direction::to_client, growth);
  shards(suite);
  beside_brokers(suite);
}

}  // namespace bench
