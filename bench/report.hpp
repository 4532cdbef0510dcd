#pragma once

#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "series.hpp"

/// What the benchmark programs measured, for script/bench: a file of JSON objects, one per line.
namespace bench {

/// Who is compared: said once per program, joined to its figures by name.
struct Contender {
  std::string name;
  int hops = 1;             ///< network hops from the sender's application to the receiver's
  std::string durability;   ///< where an acknowledged line is kept: "nowhere", "server's memory", "disk, synced", ...
  std::string description;  ///< how it is set up; one sentence, may be empty
};

/// A promise of the project about a figure: about the median of its ratios if it has any, else of its values.
struct Target {
  std::string what;  ///< its name in the table of targets and the heading of its reason in bench/reasons.md
  std::optional<double> at_most;
  std::optional<double> at_least;
};

/// One measured figure of one contender. Figures of the same section, name and unit make one table, whose rows are
/// parameters and contender.
struct Figure {
  std::string section;                ///< "latency", "throughput", "durable", "scale", "storm"
  std::string name;                   ///< title of the table; the same words in each of its figures
  std::string unit;                   ///< of the values: "us", "lines/s", "B", "s", "%"
  nlohmann::ordered_json parameters;  ///< an object of numbers and strings: {{"links", 64}, {"window", 8}}
  std::string contender;              ///< a Contender's name
  Series values;                      ///< of each round
  std::string ratio_to{};             ///< the contender that `ratios` divide by; empty: none
  Series ratios{};                    ///< pair by pair; empty if ratio_to is
  std::optional<Target> target{};     ///< judged by script/bench, never by the program
  std::string note{};                 ///< what a reader must know to understand the figure
  Series server_cpu{};                ///< of each round, in cores; empty: not known
  Series load_cpu{};                  ///< the same of the load: near 1 it, not the server, is the bottleneck
};

/// Appends to a file as the figures come, so that what was measured before a failure is kept.
class Report {
 public:
  /// Appends to `path`; an empty path: reports go nowhere. Throws std::runtime_error if the file can't be opened.
  explicit Report(const std::string& path);
  ~Report();
  Report(const Report&) = delete;
  Report& operator=(const Report&) = delete;

  void describe(const Contender& contender);
  void add(const Figure& figure);
  /// A measurement that could not be made, and why: the report says so, and the other figures are not lost.
  void failed(const std::string& section, const std::string& name, const std::string& why);

 private:
  void write(const nlohmann::ordered_json& object);

  std::FILE* file_ = nullptr;
};

}  // namespace bench
