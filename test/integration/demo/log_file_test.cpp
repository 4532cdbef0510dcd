// The local log's file.

#include "log_file.hpp"

#include <stdlib.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

namespace local_log {
namespace {

class LogFileTest : public ::testing::Test {
 protected:
  LogFileTest() : directory_(::testing::TempDir() + "tautline_log_XXXXXX") {
    EXPECT_NE(::mkdtemp(directory_.data()), nullptr);
    name_ = directory_ + "/node.log";
  }
  ~LogFileTest() override { std::filesystem::remove_all(directory_); }

  static std::string content(const std::string& name) {
    std::ostringstream text;
    text << std::ifstream(name).rdbuf();
    return text.str();
  }

  std::string directory_, name_;
};

TEST_F(LogFileTest, AppendsToWhatIsThere) {
  std::ofstream(name_) << "old\n";
  LogFile file(name_, {});
  EXPECT_FALSE(file.append("new"));
  EXPECT_FALSE(file.sync());
  EXPECT_EQ(content(name_), "old\nnew\n");
  EXPECT_EQ(file.lines(), 1U);
}

TEST_F(LogFileTest, EndsALineThatAnEarlierProcessDidNotEnd) {
  std::ofstream(name_) << "old\nhal";
  LogFile file(name_, {});
  EXPECT_FALSE(file.append("new"));
  EXPECT_EQ(content(name_), "old\nhal\nnew\n");
}

TEST_F(LogFileTest, RenamesAFileAtItsLimitAndKeepsSoMany) {
  LogFile file(name_, {.bytes = 4, .keep = 2});
  for (const char* const line : {"a", "b", "c", "d", "e", "f", "g"}) EXPECT_FALSE(file.append(line));
  EXPECT_EQ(content(name_), "g\n");
  EXPECT_EQ(content(name_ + ".1"), "e\nf\n");
  EXPECT_EQ(content(name_ + ".2"), "c\nd\n");
  EXPECT_FALSE(std::filesystem::exists(name_ + ".3"));
}

TEST_F(LogFileTest, KeepsNoOldFileIfToldSo) {
  LogFile file(name_, {.bytes = 2, .keep = 0});
  for (const char* const line : {"a", "b"}) EXPECT_FALSE(file.append(line));
  EXPECT_EQ(content(name_), "b\n");
  EXPECT_FALSE(std::filesystem::exists(name_ + ".1"));
}

TEST_F(LogFileTest, SaysThatThereIsNoDirectory) {
  LogFile file(directory_ + "/missing/node.log", {});
  EXPECT_EQ(file.append("a"), std::errc::no_such_file_or_directory);
  EXPECT_EQ(file.lines(), 0U);
}

// A full disk, as far as a process can bring one about: its files may not become larger.
TEST_F(LogFileTest, LeavesNoPartOfALineThatDoesNotFit) {
  LogFile file(name_, {});
  EXPECT_FALSE(file.append("first"));
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit limit{10, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  const std::error_code error = file.append("second");
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_EQ(error, std::errc::file_too_large);
  EXPECT_EQ(content(name_), "first\n");
  EXPECT_FALSE(file.append("second"));
  EXPECT_EQ(content(name_), "first\nsecond\n");
}

}  // namespace
}  // namespace local_log
