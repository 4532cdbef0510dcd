#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "load.hpp"
#include "process.hpp"
#include "report.hpp"

/// How contenders are compared: in turn (A B C A B C ...), so that what the machine does meanwhile meets all of them.
namespace bench {

/// The cores of a measurement. The server always has the first.
constexpr int server_core = 0;
constexpr int other_core = 1;

/// "same core", "cross core": where the load runs, seen from the server.
const char* where(int load_core);

/// What all measurements of a run have in common.
struct Suite {
  Report& report;
  std::filesystem::path directory;  ///< where files are made, and removed
  int rounds = 5;
  double seconds = 0.5;  ///< of each measurement
  bool quick = false;    ///< fewer parameters, too
};

/// One contender of a comparison. `run` starts its server, measures once, and ends it.
struct Runner {
  std::string contender;
  std::function<LoadResult()> run;
};

/// What one contender reached, round by round.
struct Rounds {
  std::string contender;
  std::vector<LoadResult> results;
  std::string failure;  ///< why the rounds ended early; empty: they did not

  Series rate() const;  ///< lines a second
  Series percentile_us(double part) const;
  Series server_cpu() const;  ///< in cores; empty if it is not known
  Series load_cpu() const;
};

/// Runs all in turn. A contender that throws takes no part in later rounds; the others go on.
std::vector<Rounds> alternate(const std::vector<Runner>& runners, int rounds);

/// A ratio that is reported, pair by pair, and what is promised about it.
struct Claim {
  std::string of;  ///< a contender
  std::string to;  ///< another one; empty: the target is about the value itself
  std::optional<Target> target{};
  bool p50_only = false;  ///< of latencies: p99 is not promised
};

/// A comparison of contenders in one situation, and how it is reported.
struct Comparison {
  std::string section;
  std::string name;
  nlohmann::ordered_json parameters;
  std::vector<Claim> claims{};
  std::string note{};
};

/// Claims of all runners but the first, to the first; `target` for one of them.
std::vector<Claim> to_first(const std::vector<Runner>& runners, const std::string& judged = "",
                            const std::optional<Target>& target = {});

/// Prints and reports lines a second of each contender.
void report_rates(Suite& suite, const Comparison& comparison, const std::vector<Rounds>& all);
/// Prints and reports p50, p99 and p99.9. Targets are judged for p50 and p99.
void report_latencies(Suite& suite, const Comparison& comparison, const std::vector<Rounds>& all);
/// Prints and reports a figure that is no comparison.
void report_figure(Suite& suite, const Figure& figure);

/// That contender's rounds; nullptr if it took no part or has no result.
const Rounds* find(const std::vector<Rounds>& all, const std::string& contender);

}  // namespace bench
