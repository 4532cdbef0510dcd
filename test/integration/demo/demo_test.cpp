// script/demo, and that its count would find what it says there is not.

#include <stdlib.h>

#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "demo_run.hpp"

namespace tautline::test {
namespace {

using ::testing::HasSubstr;

class DemoCount : public ::testing::Test {
 protected:
  DemoCount() : directory_(::testing::TempDir() + "tautline_demo_XXXXXX") {
    EXPECT_NE(::mkdtemp(directory_.data()), nullptr);
  }
  ~DemoCount() override { run("rm -r '" + directory_ + "'"); }

  Outcome count(const std::string& server, const std::string& client) {
    std::ofstream(directory_ + "/server") << server;
    std::ofstream(directory_ + "/client") << client;
    return run(program("main_demo_count") + " '" + directory_ + "/server' '" + directory_ + "/client'");
  }

  std::string directory_;
};

TEST(Demo, LosesNothing) {
  const Outcome demo = run(demo_command(""));
  EXPECT_EQ(demo.status, 0) << demo.output;
  EXPECT_EQ(demo.last_line(), "total lost=0 duplicated=0 out_of_order=0");
  EXPECT_THAT(demo.output, HasSubstr("client 1 | Link is down: silent"));
  EXPECT_THAT(demo.output, HasSubstr("client 4 | Link is down: closing"));
}

TEST_F(DemoCount, NothingWrong) {
  const Outcome result = count("written 1 0\nreceived 1 0\nwritten 1 1\n", "written 1 0\nreceived 1 0\nreceived 1 1\n");
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(result.last_line(), "total lost=0 duplicated=0 out_of_order=0");
}

TEST_F(DemoCount, FindsLostDuplicatedAndSwapped) {
  const std::string written = "written 1 0\nwritten 1 1\nwritten 1 2\nreceived 1 0\n";
  EXPECT_EQ(count(written, "written 1 0\nreceived 1 0\nreceived 1 2\n").last_line(),
            "total lost=1 duplicated=0 out_of_order=0");
  EXPECT_EQ(count(written, "written 1 0\nreceived 1 0\nreceived 1 1\nreceived 1 0\nreceived 1 2\n").last_line(),
            "total lost=0 duplicated=1 out_of_order=0");
  const Outcome swapped = count(written, "written 1 0\nreceived 1 0\nreceived 1 2\nreceived 1 1\n");
  EXPECT_EQ(swapped.last_line(), "total lost=0 duplicated=0 out_of_order=1");
  EXPECT_EQ(swapped.status, 1);
}

TEST_F(DemoCount, SilenceIsNoSuccess) {
  EXPECT_EQ(count("", "written 1 0\n").status, 1);
  EXPECT_EQ(count("", "").status, 1);
}

}  // namespace
}  // namespace tautline::test
