#include "harness.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <stdexcept>
#include <utility>

namespace bench {
namespace {

template <typename Get>
Series series_of(const std::vector<LoadResult>& results, Get get) {
  Series series;
  for (const LoadResult& result : results) series.add(get(result));
  return series;
}

/// Empty if nobody measured the CPU time.
Series cores_of(const std::vector<LoadResult>& results, double LoadResult::*cpu_seconds) {
  const auto known = [&](const LoadResult& result) { return result.*cpu_seconds > 0; };
  if (!std::any_of(results.begin(), results.end(), known)) return {};
  return series_of(results, [&](const LoadResult& result) { return result.*cpu_seconds / result.seconds; });
}

/// "4.25 M", "38.3": three digits, as a person reads them.
std::string readable(double value) {
  const double size = std::fabs(value);
  char text[32];
  if (size >= 1e6) {
    std::snprintf(text, sizeof text, "%.3g M", value / 1e6);
  } else if (size >= 1e4) {
    std::snprintf(text, sizeof text, "%.3g k", value / 1e3);
  } else {
    std::snprintf(text, sizeof text, size >= 1000 ? "%.0f" : "%.3g", value);
  }
  return text;
}

std::string with_range(const Series& series) {
  return readable(series.median()) + " (" + readable(series.low()) + "-" + readable(series.high()) + ")";
}

std::string words(const nlohmann::ordered_json& parameters) {
  std::string text;
  for (const auto& [key, value] : parameters.items()) {
    text += (text.empty() ? "" : ", ") + key + " " + (value.is_string() ? value.get<std::string>() : value.dump());
  }
  return text;
}

void print_situation(const Comparison& comparison) {
  if (!comparison.parameters.empty()) std::printf(" %s:\n", words(comparison.parameters).c_str());
}

void print_cpu(const Figure& figure) {
  if (!figure.server_cpu.empty()) std::printf("   server CPU %.0f %%", 100 * figure.server_cpu.median());
  if (!figure.load_cpu.empty()) std::printf("   load CPU %.0f %%", 100 * figure.load_cpu.median());
}

using Get = std::function<Series(const Rounds&)>;

Figure figure_of(const Comparison& comparison, const std::string& unit, const Rounds& rounds, const Get& get) {
  Figure figure;
  figure.section = comparison.section;
  figure.name = comparison.name;
  figure.unit = unit;
  figure.parameters = comparison.parameters;
  figure.contender = rounds.contender;
  figure.values = get(rounds);
  figure.note = comparison.note;
  figure.load_cpu = rounds.load_cpu();
  figure.server_cpu = rounds.server_cpu();
  return figure;
}

/// A figure for each claim about each contender, or one without a claim; in the order of the contenders.
std::vector<Figure> figures_of(const Comparison& comparison, const std::string& unit, const std::vector<Rounds>& all,
                               const Get& get) {
  std::vector<Figure> figures;
  for (const Rounds& rounds : all) {
    if (rounds.results.empty()) continue;
    const Figure plain = figure_of(comparison, unit, rounds, get);
    const std::size_t before = figures.size();
    for (const Claim& claim : comparison.claims) {
      const Rounds* const other = find(all, claim.to);
      if (claim.of != rounds.contender || (other == nullptr && !claim.to.empty())) continue;
      Figure figure = plain;
      figure.target = claim.target;
      if (other != nullptr) {
        figure.ratio_to = claim.to;
        figure.ratios = ratios(figure.values, get(*other));
      }
      figures.push_back(figure);
    }
    if (figures.size() == before) figures.push_back(plain);
  }
  return figures;
}

void report_failures(Suite& suite, const Comparison& comparison, const std::vector<Rounds>& all) {
  for (const Rounds& rounds : all) {
    if (rounds.failure.empty()) continue;
    std::fprintf(stderr, "  FAILED: %s (%s): %s\n", rounds.contender.c_str(), words(comparison.parameters).c_str(),
                 rounds.failure.c_str());
    const std::string name = comparison.name + " (" + words(comparison.parameters) + "): " + rounds.contender;
    suite.report.failed(comparison.section, name, rounds.failure);
  }
}

}  // namespace

Series Rounds::rate() const {
  return series_of(results, [](const LoadResult& result) { return result.lines_per_second(); });
}
Series Rounds::percentile_us(double part) const {
  return series_of(results, [part](const LoadResult& result) { return result.percentile_us(part); });
}
Series Rounds::server_cpu() const {
  return cores_of(results, &LoadResult::server_cpu_seconds);
}
Series Rounds::load_cpu() const {
  return cores_of(results, &LoadResult::load_cpu_seconds);
}

const char* where(int load_core) {
  return load_core == server_core ? "same core" : "cross core";
}

std::vector<Rounds> alternate(const std::vector<Runner>& runners, int rounds) {
  std::vector<Rounds> all;
  for (const Runner& runner : runners) all.push_back({runner.contender, {}, {}});
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < runners.size(); ++i) {
      if (!all[i].failure.empty()) continue;
      try {
        LoadResult result = runners[i].run();
        if (result.lines == 0) throw std::runtime_error("no message was acknowledged in one of the rounds");
        all[i].results.push_back(std::move(result));
      } catch (const std::exception& error) {
        all[i].failure = error.what();
      }
    }
  }
  return all;
}

std::vector<Claim> to_first(const std::vector<Runner>& runners, const std::string& judged,
                            const std::optional<Target>& target) {
  std::vector<Claim> claims;
  for (std::size_t i = 1; i < runners.size(); ++i) {
    const bool promised = runners[i].contender == judged;
    claims.push_back({runners[i].contender, runners[0].contender, promised ? target : std::nullopt});
  }
  return claims;
}

const Rounds* find(const std::vector<Rounds>& all, const std::string& contender) {
  for (const Rounds& rounds : all) {
    if (rounds.contender == contender && !rounds.results.empty()) return &rounds;
  }
  return nullptr;
}

void report_figure(Suite& suite, const Figure& figure) {
  if (figure.values.empty()) return;
  suite.report.add(figure);
  const std::string situation = words(figure.parameters);
  std::printf("  %s: %s %s%s%s\n", figure.contender.c_str(), with_range(figure.values).c_str(), figure.unit.c_str(),
              situation.empty() ? "" : ", ", situation.c_str());
}

void report_rates(Suite& suite, const Comparison& comparison, const std::vector<Rounds>& all) {
  print_situation(comparison);
  std::string printed;
  for (const Figure& figure : figures_of(comparison, "lines/s", all, [](const Rounds& of) { return of.rate(); })) {
    suite.report.add(figure);
    if (figure.contender != printed) {
      std::printf("  %-44s %s lines/s", figure.contender.c_str(), with_range(figure.values).c_str());
      print_cpu(figure);
      std::printf("\n");
    }
    printed = figure.contender;
    if (figure.ratios.empty()) continue;
    std::printf("      to %-39s %s\n", figure.ratio_to.c_str(), with_range(figure.ratios).c_str());
  }
  std::fflush(stdout);
  report_failures(suite, comparison, all);
}

void report_latencies(Suite& suite, const Comparison& comparison, const std::vector<Rounds>& all) {
  constexpr std::array<std::pair<const char*, double>, 3> percentiles{{{"p50", 0.5}, {"p99", 0.99}, {"p99.9", 0.999}}};
  std::vector<std::vector<Figure>> columns;
  for (const auto& [percentile, part] : percentiles) {
    Comparison one = comparison;
    one.parameters["percentile"] = percentile;
    for (Claim& claim : one.claims) {
      if (part > 0.99 || (claim.p50_only && part > 0.5)) claim.target.reset();
      if (claim.target) claim.target->what += std::string(", ") + percentile;
    }
    columns.push_back(
        figures_of(one, "us", all, [part = part](const Rounds& rounds) { return rounds.percentile_us(part); }));
    for (const Figure& figure : columns.back()) suite.report.add(figure);
  }
  print_situation(comparison);
  for (std::size_t row = 0; row < columns[0].size(); ++row) {
    const Figure& figure = columns[0][row];
    if (row == 0 || figure.contender != columns[0][row - 1].contender) {
      std::printf("  %-44s", figure.contender.c_str());
      for (std::size_t i = 0; i < columns.size(); ++i) {
        std::printf(" %s %-24s", percentiles[i].first, with_range(columns[i][row].values).c_str());
      }
      std::printf(" us\n");
    }
    if (figure.ratios.empty()) continue;
    std::printf("      to %-37s", figure.ratio_to.c_str());
    for (const auto& column : columns) std::printf("     %-24s", with_range(column[row].ratios).c_str());
    std::printf("\n");
  }
  std::fflush(stdout);
  report_failures(suite, comparison, all);
}

}  // namespace bench
