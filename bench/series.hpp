#pragma once

#include <algorithm>
#include <vector>

namespace bench {

/// The figures of one side over the rounds of a run.
struct Series {
  std::vector<double> values;
  double median() const {
    std::vector<double> sorted = values;
    std::sort(sorted.begin(), sorted.end());
    return sorted[sorted.size() / 2];
  }
  double low() const { return *std::min_element(values.begin(), values.end()); }
  double high() const { return *std::max_element(values.begin(), values.end()); }
};

/// Round by round, so that what the machine does to both sides at a time cancels out.
inline Series ratios(const Series& of, const Series& to) {
  Series result;
  for (std::size_t i = 0; i < of.values.size(); ++i) result.values.push_back(of.values[i] / to.values[i]);
  return result;
}

}  // namespace bench
