#pragma once

#include <algorithm>
#include <ostream>
#include <string>

#include <gtest/gtest.h>

#include "rig.hpp"

namespace tautline::test {

/// How GoogleTest shows which board a test is for.
inline void PrintTo(const Board* board, std::ostream* out) {
  *out << board->name;
}

/// A test that runs on each board, with one device whose id is "1".
class BoardTest : public testing::TestWithParam<const Board*> {
 protected:
  void SetUp() override { ASSERT_TRUE(has_firmware()) << "run script/firmware first"; }
  static const Board& board() { return *GetParam(); }
};

inline auto all_boards() {
  return testing::Values(&lm3s6965(), &mps2_an385(), &lx106());
}

/// The board's name as a part of the test's.
inline std::string board_name(const testing::TestParamInfo<const Board*>& info) {
  std::string name = info.param->name;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

}  // namespace tautline::test
