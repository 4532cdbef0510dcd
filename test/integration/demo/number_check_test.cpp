// What the demos count with would find what they say there is not.

#include "number_check.hpp"

#include <initializer_list>
#include <stdexcept>

#include <gtest/gtest.h>

namespace example {
namespace {

NumberCheck check_of(std::initializer_list<long> numbers) {
  NumberCheck check;
  for (const long number : numbers) check.received(number);
  return check;
}

TEST(NumberCheck, NothingWrong) {
  NumberCheck check = check_of({0, 1, 2});
  check.ended(3);
  EXPECT_TRUE(check.all_well());
  EXPECT_EQ(check.text(), "received=3 missed=0 duplicated=0 out_of_order=0");
}

TEST(NumberCheck, FindsMissed) {
  EXPECT_EQ(check_of({0, 3}).missed(), 2);
  NumberCheck last_missed = check_of({0, 1});
  last_missed.ended(3);
  EXPECT_EQ(last_missed.missed(), 1);
  EXPECT_FALSE(last_missed.all_well());
}

TEST(NumberCheck, FindsDuplicates) {
  EXPECT_EQ(check_of({0, 1, 1, 0}).duplicated(), 2);
  EXPECT_FALSE(check_of({0, 0}).all_well());
}

TEST(NumberCheck, FindsWhatIsOutOfOrder) {
  const NumberCheck check = check_of({0, 2, 1, 3});
  EXPECT_EQ(check.text(), "received=4 missed=0 duplicated=0 out_of_order=1");
  EXPECT_FALSE(check.all_well());
}

TEST(NumberCheck, KeepsWhatWasWrongBeforeANewSeries) {
  NumberCheck check = check_of({0, 2, 2});
  check.begin_again();
  check.received(0);
  EXPECT_EQ(check.text(), "received=4 missed=1 duplicated=1 out_of_order=0");
}

TEST(NumberCheck, GoesOnFromWhatWasSaved) {
  auto check = nlohmann::json::parse(nlohmann::json(check_of({0, 2})).dump()).get<NumberCheck>();
  check.received(1);
  check.received(3);
  EXPECT_EQ(check.text(), "received=4 missed=0 duplicated=0 out_of_order=1");
}

TEST(NumberCheck, RefusesWhatIsNoNumberOfALine) {
  NumberCheck check;
  EXPECT_THROW(check.received(-1), std::runtime_error);
  EXPECT_THROW(check.received(5'000'000'000), std::runtime_error);
}

}  // namespace
}  // namespace example
