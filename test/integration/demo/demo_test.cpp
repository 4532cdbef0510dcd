// script/demo, and that its count would find what it says there is not.

#include <stdlib.h>
#include <sys/wait.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tautline::test {
namespace {

using ::testing::HasSubstr;

struct Outcome {
  int status = -1;
  std::string output;
  std::string last_line() const {
    const std::size_t end = output.find_last_not_of('\n');
    const std::size_t begin = output.rfind('\n', end);
    return output.substr(begin + 1, end - begin);
  }
};

Outcome run(const std::string& command) {
  Outcome result;
  std::FILE* const pipe = ::popen((command + " 2>&1").c_str(), "r");
  char bytes[4096];
  for (std::size_t count = 0; (count = std::fread(bytes, 1, sizeof bytes, pipe)) != 0;) {
    result.output.append(bytes, count);
  }
  const int status = ::pclose(pipe);
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return result;
}

std::string program(const std::string& name) {
  return std::string(TAUTLINE_PROGRAM_DIR) + "/" + name;
}

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
  const Outcome demo =
      run(std::string(TAUTLINE_SOURCE_DIR) + "/script/demo --build-dir '" + TAUTLINE_PROGRAM_DIR + "/..'");
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
