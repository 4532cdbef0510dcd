#include "harness.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

namespace bench {
namespace {

template <typename Get>
Series series_of(const std::vector<LoadResult>& results, Get get) {
  Series series;
  for (const LoadResult& result : results) series.add(get(result));
  return series;
}

struct Scale {
  double factor;
  const char* unit;
};

Scale readable(double value, const std::string& unit) {
  if (unit == "lines/s" && value >= 1e6) return {1e-6, "M lines/s"};
  if (unit == "lines/s" && value >= 1e3) return {1e-3, "k lines/s"};
  return {1, unit.c_str()};
}

std::string words(const nlohmann::ordered_json& parameters) {
  std::string text;
  for (const auto& [key, value] : parameters.items()) {
    text += (text.empty() ? "" : ", ") + key + " " + (value.is_string() ? value.get<std::string>() : value.dump());
  }
  return text;
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

/// A figure for each claim about each contender, or one without a claim.
void show(Suite& suite, const Comparison& comparison, const std::string& unit, const std::vector<Rounds>& all,
          const Get& get) {
  std::printf(" %s:\n", words(comparison.parameters).c_str());
  for (const Rounds& rounds : all) {
    if (rounds.results.empty()) continue;
    const Figure plain = figure_of(comparison, unit, rounds, get);
    bool claimed = false;
    for (const Claim& claim : comparison.claims) {
      const Rounds* const other = find(all, claim.to);
      if (claim.of != rounds.contender || (other == nullptr && !claim.to.empty())) continue;
      Figure figure = plain;
      figure.target = claim.target;
      if (other != nullptr) {
        figure.ratio_to = claim.to;
        figure.ratios = ratios(figure.values, get(*other));
      }
      print(figure);
      suite.report.add(figure);
      claimed = true;
    }
    if (claimed) continue;
    print(plain);
    suite.report.add(plain);
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
  const auto known = [](const LoadResult& result) { return result.server_cpu_seconds > 0; };
  if (!std::any_of(results.begin(), results.end(), known)) return {};
  return series_of(results, [](const LoadResult& result) { return result.server_cpu_seconds / result.seconds; });
}
Series Rounds::load_cpu() const {
  return series_of(results, [](const LoadResult& result) { return result.load_cpu_seconds / result.seconds; });
}

std::vector<Rounds> alternate(const std::vector<Runner>& runners, int rounds) {
  std::vector<Rounds> all;
  for (const Runner& runner : runners) all.push_back({runner.contender, {}, {}});
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < runners.size(); ++i) {
      if (!all[i].failure.empty()) continue;
      try {
        all[i].results.push_back(runners[i].run());
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

void print(const Figure& figure) {
  if (figure.values.empty()) return;
  const auto [factor, unit] = readable(figure.values.median(), figure.unit);
  std::printf("  %-46s %8.4g %s (%.4g-%.4g)", figure.contender.c_str(), factor * figure.values.median(), unit,
              factor * figure.values.low(), factor * figure.values.high());
  if (!figure.ratios.empty()) {
    std::printf("   %.3gx %s (%.3g-%.3g)", figure.ratios.median(), figure.ratio_to.c_str(), figure.ratios.low(),
                figure.ratios.high());
  }
  if (!figure.server_cpu.empty()) std::printf("   server CPU %.0f %%", 100 * figure.server_cpu.median());
  if (!figure.load_cpu.empty()) std::printf("   load CPU %.0f %%", 100 * figure.load_cpu.median());
  std::printf("\n");
  std::fflush(stdout);
}

void report_failures(Suite& suite, const Comparison& comparison, const std::vector<Rounds>& all) {
  for (const Rounds& rounds : all) {
    if (rounds.failure.empty()) continue;
    std::fprintf(stderr, "  %s (%s): %s\n", rounds.contender.c_str(), words(comparison.parameters).c_str(),
                 rounds.failure.c_str());
    suite.report.failed(comparison.section, comparison.name + ", " + rounds.contender, rounds.failure);
  }
}

void report_rates(Suite& suite, const Comparison& comparison, const std::vector<Rounds>& all) {
  show(suite, comparison, "lines/s", all, [](const Rounds& rounds) { return rounds.rate(); });
  report_failures(suite, comparison, all);
}

void report_latencies(Suite& suite, const Comparison& comparison, const std::vector<Rounds>& all) {
  constexpr std::array<std::pair<const char*, double>, 3> percentiles{{{"p50", 0.5}, {"p99", 0.99}, {"p99.9", 0.999}}};
  for (const auto& [percentile, part] : percentiles) {
    Comparison one = comparison;
    one.parameters["percentile"] = percentile;
    for (Claim& claim : one.claims) {
      if (part > 0.99) claim.target.reset();
      if (claim.target) claim.target->what += std::string(", ") + percentile;
    }
    show(suite, one, "us", all, [part = part](const Rounds& rounds) { return rounds.percentile_us(part); });
  }
  report_failures(suite, comparison, all);
}

}  // namespace bench
