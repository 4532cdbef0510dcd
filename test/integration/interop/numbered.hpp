#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tautline::test {

inline std::int64_t now_ms() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

/// The text of line `number` of `who`.
inline std::string numbered(const std::string& who, unsigned number) {
  return who + " " + std::to_string(number) + " " + std::string(number * 37 % 100, 'x');
}

/// All of them, each once, in order.
inline void expect_all_once_in_order(const std::string& who, unsigned count, const std::vector<std::string>& lines) {
  for (unsigned i = 0; i < count && i < lines.size(); ++i) {
    ASSERT_EQ(lines[i], numbered(who, i)) << "place " << i << " of the lines of " << who;
  }
  ASSERT_EQ(lines.size(), count) << "of " << who;
}

/// Random numbers of a test; a failure says how to get the same again.
class Dice {
 public:
  explicit Dice(const char* test)
      : seed_(chosen_seed()),
        trace_(__FILE__, __LINE__,
               "replay: TAUTLINE_SEED=" + std::to_string(seed_) + " interop_test --gtest_filter=" + test),
        engine_(seed_) {
    std::printf("TAUTLINE_SEED=%llu\n", static_cast<unsigned long long>(seed_));
  }
  unsigned below(unsigned limit) { return static_cast<unsigned>(engine_() % limit); }

 private:
  static std::uint64_t chosen_seed() {
    const char* const seed = std::getenv("TAUTLINE_SEED");
    return seed != nullptr ? std::strtoull(seed, nullptr, 10) : std::random_device{}();
  }

  const std::uint64_t seed_;
  const ::testing::ScopedTrace trace_;
  std::mt19937_64 engine_;
};

}  // namespace tautline::test
