// Tautline beside the bare transport and other programs, in one run, in turn, as ratios.

#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>

#include <CLI/CLI.hpp>

#include "contenders.hpp"
#include "durable.hpp"
#include "harness.hpp"
#include "latency.hpp"
#include "throughput.hpp"

int main(int argc, char** argv) {
  CLI::App app{"Tautline beside the bare transport, the bare disk and other programs, in one run, in turn, as ratios."};
  bool quick = false;
  bool latency = false;
  bool throughput = false;
  bool durable = false;
  std::string json;
  std::string directory = std::filesystem::temp_directory_path().string();
  app.add_flag("--quick", quick, "Everything in a short form, for a first look");
  app.add_flag("--latency", latency, "Only one message at a time");
  app.add_flag("--throughput", throughput, "Only lines a second");
  app.add_flag("--durable", durable, "Only what is durable: the store, the disk, JetStream");
  app.add_option("--json", json, "Append the figures to this file, a JSON object on each line");
  app.add_option("--directory", directory, "Where the files of the measurements are made, and removed")
      ->check(CLI::ExistingDirectory);
  CLI11_PARSE(app, argc, argv);
  const bool all = !latency && !throughput && !durable;
  try {
    bench::Report report(json);
    bench::Suite suite{report, directory, quick ? 2 : 5, quick ? 0.15 : 0.4, quick};
    std::printf(
        "Lines of 32 bytes over loopback TCP if nothing else is said; medians of %d alternating rounds of %.2f s\n"
        "(min-max). The load is one process, the same code for every server; its CPU shows whether it is the limit.\n",
        suite.rounds, suite.seconds);
    bench::describe_contenders(report);
    if (all || latency) bench::run_latency(suite);
    if (all || throughput) bench::run_throughput(suite);
    if (all || durable) bench::run_durable(suite);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tautline_bench: %s\n", error.what());
    return 1;
  }
  return 0;
}
