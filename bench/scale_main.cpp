// Scale and storms: what very many links cost, and what happens when they all come back, read slowly, or are in
// company of connections that mean no good.

#include <algorithm>
#include <cstdio>
#include <exception>
#include <functional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "process.hpp"
#include "report.hpp"
#include "scale_idle.hpp"
#include "storm.hpp"

namespace bench {
namespace {

struct Part {
  std::string name;
  std::string section;
  std::string what;
  std::function<void(Report&, bool quick)> run;
};

const std::vector<Part> parts = {
    {"idle", "scale", "Idle links in one process", run_idle},
    {"mosquitto", "scale", "Idle clients of Mosquitto", run_mosquitto},
    {"machine", "scale", "Links on the whole machine", run_machine},
    {"return", "storm", "Clients that lost the server come back", run_return},
    {"slow", "storm", "Slow readers", run_slow_readers},
    {"flood", "storm", "Floods beside real clients", run_floods},
};

/// A part that fails does not take the others with it. False: one failed.
bool run_parts(Report& report, bool quick, const std::vector<std::string>& only) {
  bool good = true;
  for (const Part& part : parts) {
    if (!only.empty() && std::find(only.begin(), only.end(), part.name) == only.end()) continue;
    try {
      part.run(report, quick);
    } catch (const std::exception& error) {
      std::printf("  not measured: %s\n\n", error.what());
      report.failed(part.section, part.what, error.what());
      good = false;
    }
  }
  return good;
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  CLI::App app{"Scale and storms: very many links, and all of them at once."};
  bool quick = false;
  std::string json;
  std::vector<std::string> only;
  app.add_flag("--quick", quick, "Everything in a short form, for a first look");
  app.add_option("--json", json, "Append the figures to this file, a JSON object per line");
  std::string names;
  for (const bench::Part& part : bench::parts) names += (names.empty() ? "" : ", ") + part.name;
  app.add_option("--only", only, "Only these parts: " + names);
  CLI11_PARSE(app, argc, argv);
  try {
    bench::raise_open_files_limit();
    bench::Report report(json);
    report.describe({.name = bench::tautline_server,
                     .hops = 1,
                     .durability = "none",
                     .description = "one shard, no store; the application has one handler for all lines"});
    return bench::run_parts(report, quick, only) ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tautline_bench_scale: %s\n", error.what());
    return 1;
  }
}
