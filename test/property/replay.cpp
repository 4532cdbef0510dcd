// Draws the seed of all properties of this executable, and tells after a failure how to run the same cases again.

#include <cstdlib>
#include <iostream>
#include <random>
#include <string>

#include <gtest/gtest.h>

namespace {

class ReplayCommand : public testing::EmptyTestEventListener {
 public:
  ReplayCommand() {
    // RC_PARAMS is read by rapidcheck when the first property runs. One that the caller gives is left as it is.
    if (std::getenv("RC_PARAMS") != nullptr) return;
    const std::string parameters = "seed=" + std::to_string(std::random_device{}()) + " max_success=1000";
    ::setenv("RC_PARAMS", parameters.c_str(), 0);
  }

  void OnTestEnd(const testing::TestInfo& test) override {
    if (!test.result()->Failed()) return;
    std::cout << "replay: RC_PARAMS=\"" << std::getenv("RC_PARAMS")
              << "\" <build directory>/test/property/core_property_test --gtest_filter=" << test.test_suite_name()
              << "." << test.name() << std::endl;
  }
};

[[maybe_unused]] const bool installed = [] {
  testing::UnitTest::GetInstance()->listeners().Append(new ReplayCommand);
  return true;
}();

}  // namespace
