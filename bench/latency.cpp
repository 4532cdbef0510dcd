#include "latency.hpp"

#include <cstdio>
#include <vector>

#include "contenders.hpp"
#include "disk.hpp"
#include "mosquitto.hpp"
#include "nats.hpp"
#include "ping_pong.hpp"
#include "raw_epoll.hpp"
#include "servers.hpp"

namespace bench {
namespace {

constexpr const char* section = "latency";

/// A message at a time with the smallest client there is: what is compared is the server.
LoadOptions one_at_a_time(const Suite& suite, std::uint16_t port) {
  LoadOptions options;
  options.port = port;
  options.seconds = suite.seconds;
  options.record_latency = true;
  return options;
}

Runner lines(const Suite& suite, const char* name, Greeting greeting, int load_core, ServerProcess::Serve serve) {
  return {name, [=, serve = std::move(serve)] {
            const ServerProcess server(server_core, serve);
            pin_to(load_core);
            LoadOptions options = one_at_a_time(suite, server.port());
            options.greeting = greeting;
            return run_load(options);
          }};
}

Runner mosquitto(const Suite& suite, const char* name, std::uint8_t qos, unsigned subscribers, int load_core) {
  return {name, [=] {
            const WorkDirectory directory(suite.directory);
            const Mosquitto server(server_core, directory.path());
            pin_to(load_core);
            const LoadOptions options = one_at_a_time(suite, server.port());
            return Load(
                       options, [&](unsigned index) { return mqtt_publisher(index, qos, options.line_bytes); },
                       subscribers, [&](unsigned) { return mqtt_subscriber(qos); })
                .run();
          }};
}

Runner nats(const Suite& suite, const char* name, NatsServer::Kind kind, int load_core) {
  return {name, [=] {
            const bool stream = kind == NatsServer::Kind::jetstream;
            const WorkDirectory directory(suite.directory);
            const NatsServer server(server_core, directory.path(), kind);
            pin_to(load_core);
            const LoadOptions options = one_at_a_time(suite, server.port());
            return Load(
                       options,
                       [&](unsigned index) {
                         return stream ? jetstream_publisher(index, options.line_bytes)
                                       : nats_publisher(index, options.line_bytes);
                       },
                       1, [&](unsigned) { return stream ? jetstream_subscriber() : nats_subscriber(); })
                .run();
          }};
}

void add_peers(Suite& suite, int load_core, std::vector<Runner>& runners) {
  if (Mosquitto::installed()) {
    runners.push_back(mosquitto(suite, names::mosquitto_1, 1, 1, load_core));
    runners.push_back(mosquitto(suite, names::mosquitto_1_alone, 1, 0, load_core));
    runners.push_back(mosquitto(suite, names::mosquitto_2, 2, 1, load_core));
  } else {
    suite.report.failed(section, "Mosquitto", "not installed: script/setup --all");
  }
  if (NatsServer::installed()) {
    runners.push_back(nats(suite, names::nats, NatsServer::Kind::core, load_core));
    runners.push_back(nats(suite, names::jetstream, NatsServer::Kind::jetstream, load_core));
  } else {
    suite.report.failed(section, "NATS", "not installed: script/setup --all");
  }
}

void beside_peers(Suite& suite) {
  std::printf(
      "\nOne message at a time, from send to acknowledgement, each server with the smallest client there is:\n");
  for (const int load_core : {server_core, other_core}) {
    std::vector<Runner> runners{
        lines(suite, names::raw_asio, Greeting::none, load_core, serve_asio),
        lines(suite, names::raw_epoll, Greeting::none, load_core, serve_raw_epoll),
        lines(suite, names::await, Greeting::tautline_2, load_core,
              [](const auto& report) { serve_tautline_await(report); }),
        lines(suite, names::protocol_1, Greeting::tautline_1, load_core,
              [](const auto& report) { serve_tautline_await(report); }),
    };
    add_peers(suite, load_core, runners);
    Comparison comparison{section, "One message at a time, the smallest client", {{"cores", where(load_core)}}, {}, {}};
    const std::string situation = std::string(", one at a time, ") + where(load_core);
    comparison.claims = {
        {names::await, names::raw_asio, Target{"server and smallest client to bare Asio" + situation, 1.25, {}}},
        {names::await, names::mosquitto_1, Target{"faster than Mosquitto QoS 1" + situation, 1.0, {}}},
        {names::await, names::mosquitto_1_alone,
         Target{"faster than Mosquitto QoS 1 that delivers to nobody" + situation, 1.0, {}}},
        {names::await, names::mosquitto_2, {}},
        {names::protocol_1, names::raw_asio, {}},
    };
    report_latencies(suite, comparison, alternate(runners, suite.rounds));
  }
}

// ---- the same program on both sides

constexpr unsigned background_links = 1000;
constexpr double background_lines_per_second = 10'000;
constexpr unsigned background_first_id = 1000;

/// Other links that send lines to the server under test, from a process of their own on the other core.
class Background {
 public:
  Background(std::uint16_t port, Greeting greeting)
      : process_(other_core, [=](const auto& report_ready) {
          LoadOptions options;
          options.port = port;
          options.greeting = greeting;
          options.links = background_links;
          options.first_id = background_first_id;
          options.lines_per_second = background_lines_per_second;
          options.seconds = 1e6;  // until it is killed
          Load load(options);
          report_ready(port);
          load.run();
        }) {}

 private:
  ServerProcess process_;
};

struct Situation {
  bool to_server;
  int client_core;
  bool loaded;
};

using Client = std::function<LoadResult(const SharedSamples& samples, std::uint16_t port, double seconds)>;
using Server = std::function<void(SharedSamples& samples, const ServerProcess::ReportPort& report_port)>;

Runner pair(const Suite& suite, const char* name, const Situation& situation, Greeting background, Server serve,
            Client client) {
  return {name, [=, serve = std::move(serve), client = std::move(client)] {
            SharedSamples samples;
            const ServerProcess server(server_core, [&](const auto& report) { serve(samples, report); });
            std::optional<Background> others;
            if (situation.loaded) others.emplace(server.port(), background);
            pin_to(situation.client_core);
            return client(samples, server.port(), suite.seconds);
          }};
}

Runner asio_pair(const Suite& suite, const Situation& situation) {
  if (situation.to_server) {
    return pair(
        suite, names::both_asio, situation, Greeting::none, [](auto&, const auto& report) { serve_asio(report); },
        [](const auto&, std::uint16_t port, double seconds) { return write_over_asio(port, seconds); });
  }
  return pair(suite, names::both_asio, situation, Greeting::none, serve_asio_writing, read_over_asio);
}

Runner tautline_pair(const Suite& suite, const Situation& situation, const char* name, tautline::Dialect dialect) {
  if (situation.to_server) {
    return pair(
        suite, name, situation, Greeting::tautline_2, [](auto&, const auto& report) { serve_ping_pong(report); },
        [dialect](const auto&, std::uint16_t port, double seconds) {
          return write_over_tautline(dialect, port, seconds);
        });
  }
  return pair(suite, name, situation, Greeting::tautline_2, serve_ping_pong_writing,
              [dialect](const auto& samples, std::uint16_t port, double seconds) {
                return read_over_tautline(dialect, samples, port, seconds);
              });
}

void both_sides(Suite& suite) {
  std::printf(
      "\nThe same from write to return, a program of the same kind on both sides. Load: %u other links that send\n"
      "%.0f lines a second in all, from the other core:\n",
      background_links, background_lines_per_second);
  for (const bool to_server : {true, false}) {
    for (const int client_core : {server_core, other_core}) {
      for (const bool loaded : {false, true}) {
        const Situation situation{to_server, client_core, loaded};
        const std::vector<Runner> runners{
            asio_pair(suite, situation),
            tautline_pair(suite, situation, names::both_2, tautline::Dialect::protocol_2),
            tautline_pair(suite, situation, names::both_1, tautline::Dialect::protocol_1),
        };
        const char* const direction = to_server ? "to server" : "to client";
        Comparison comparison{
            section,
            "One qos write at a time, from write to return",
            {{"direction", direction}, {"cores", where(client_core)}, {"other links", loaded ? background_links : 0}},
            {},
            {}};
        // The target speaks of a quiet server; under load both sides queue behind the same lines.
        const Target target{
            std::string("qos write to bare Asio, one at a time, ") + direction + ", " + where(client_core), 1.25, {}};
        comparison.claims = to_first(runners, names::both_2, loaded ? std::nullopt : std::optional(target));
        report_latencies(suite, comparison, alternate(runners, suite.rounds));
      }
    }
  }
}

}  // namespace

void run_latency(Suite& suite) {
  beside_peers(suite);
  both_sides(suite);
}

}  // namespace bench
