#include "report.hpp"

#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "temporary_directory.hpp"

namespace bench {
namespace {

class ReportFile : public testing::Test {
 protected:
  std::string path() const { return (directory_ / "figures.jsonl").string(); }
  std::vector<nlohmann::json> objects() const {
    std::vector<nlohmann::json> all;
    std::ifstream file(path());
    for (std::string line; std::getline(file, line);) all.push_back(nlohmann::json::parse(line));
    return all;
  }

 private:
  tautline::test::TemporaryDirectory directory_;
};

Figure plain() {
  return {"throughput", "Lines", "lines/s", {{"links", 64}, {"direction", "to server"}}, "ours", {{1, 2.5}}};
}

TEST_F(ReportFile, AFigureIsOneObjectOnALineOfItsOwn) {
  Report(path()).add(plain());
  const nlohmann::json expected = {
      {"section", "throughput"}, {"name", "Lines"},
      {"unit", "lines/s"},       {"parameters", {{"links", 64}, {"direction", "to server"}}},
      {"contender", "ours"},     {"values", {1.0, 2.5}}};
  ASSERT_EQ(objects().size(), 1U);
  EXPECT_EQ(objects()[0], expected);
}

TEST_F(ReportFile, RatiosTargetAndNoteStandOnlyWhereTheyAreKnown) {
  Figure figure = plain();
  figure.ratio_to = "theirs";
  figure.ratios = {{0.5, 0.75}};
  figure.target = Target{"as fast as theirs", {}, 0.8};
  figure.note = "on one core";
  Report(path()).add(figure);
  const nlohmann::json object = objects().at(0);
  EXPECT_EQ(object["ratio_to"], "theirs");
  EXPECT_EQ(object["ratios"], nlohmann::json({0.5, 0.75}));
  EXPECT_EQ(object["target"], nlohmann::json({{"what", "as fast as theirs"}, {"at_least", 0.8}}));
  EXPECT_EQ(object["note"], "on one core");
}

TEST_F(ReportFile, AppendsToWhatAnotherProgramWrote) {
  Report(path()).add(plain());
  Report second(path());
  second.describe({"ours", 1, "none", "one handler"});
  second.failed("latency", "Round trip", "the peer is not installed");
  ASSERT_EQ(objects().size(), 3U);
  EXPECT_EQ(objects()[1]["hops"], 1);
  EXPECT_EQ(objects()[2]["failed"], "the peer is not installed");
}

TEST_F(ReportFile, WithoutParametersThereIsAnEmptyObject) {
  Figure figure = plain();
  figure.parameters = {};
  Report(path()).add(figure);
  EXPECT_EQ(objects().at(0)["parameters"], nlohmann::json::object());
}

TEST(Report, WithoutAPathNothingIsWritten) {
  Report report("");
  report.add(plain());
}

TEST(Report, AFileThatCannotBeOpenedIsAnError) {
  EXPECT_THROW(Report("/nowhere/at/all.jsonl"), std::runtime_error);
}

}  // namespace
}  // namespace bench
