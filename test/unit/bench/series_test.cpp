#include "series.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bench {
namespace {

using testing::ElementsAre;

TEST(Series, MedianOfAnOddNumberIsTheMiddleOne) {
  const Series series{{9, 1, 5}};
  EXPECT_EQ(series.median(), 5);
  EXPECT_EQ(series.low(), 1);
  EXPECT_EQ(series.high(), 9);
}

TEST(Series, MedianOfAnEvenNumberLiesBetweenTheMiddleTwo) {
  const Series series{{9, 1, 5, 3}};
  EXPECT_EQ(series.median(), 4);
}

TEST(Series, RatiosAreMadePairByPair) {
  const Series ours{{2, 9, 4}};
  const Series theirs{{1, 3, 8}};
  EXPECT_THAT(ratios(ours, theirs).values, ElementsAre(2, 3, 0.5));
}

TEST(Series, ARoundWithoutItsPairHasNoRatio) {
  EXPECT_THAT(ratios(Series{{2, 9}}, Series{{1}}).values, ElementsAre(2));
}

}  // namespace
}  // namespace bench
