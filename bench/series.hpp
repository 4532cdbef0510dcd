#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace bench {

/// The figures of one contender over the rounds of a run. All but empty() and add() need at least one.
struct Series {
  std::vector<double> values;

  bool empty() const { return values.empty(); }
  void add(double value) { values.push_back(value); }
  double median() const {
    std::vector<double> sorted = values;
    std::sort(sorted.begin(), sorted.end());
    const std::size_t middle = sorted.size() / 2;
    return sorted.size() % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
  double low() const { return *std::min_element(values.begin(), values.end()); }
  double high() const { return *std::max_element(values.begin(), values.end()); }
};

/// Round by round, so that what the machine does to both sides at a time cancels out. Both have as many rounds.
inline Series ratios(const Series& of, const Series& to) {
  Series result;
  for (std::size_t i = 0; i < of.values.size() && i < to.values.size(); ++i) {
    result.values.push_back(of.values[i] / to.values[i]);
  }
  return result;
}

}  // namespace bench
