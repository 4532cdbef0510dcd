// `tautline serve --store`: what was accepted survives the program.

#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "program.hpp"
#include "temporary_directory.hpp"

namespace tautline::test {
namespace {

using ::testing::HasSubstr;

class CliStore : public ::testing::Test {
 protected:
  std::vector<std::string> serve(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments{"serve",
                                       "--address",
                                       "127.0.0.1",
                                       "--port",
                                       "0",
                                       "--timeout",
                                       "300",
                                       "--expect",
                                       "door",
                                       "--store",
                                       (directory_ / "links.db").string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
  static std::vector<std::string> connect(const std::string& port) {
    return {"connect", "--id", "door", "--server", "127.0.0.1", "--port", port, "--timeout", "300"};
  }
  TemporaryDirectory directory_{std::filesystem::temp_directory_path()};
};

TEST_F(CliStore, LinesForAClientThatIsAwaySurviveAKill) {
  {
    Program server(serve());
    server.send("door\topen\ndoor\tclose\n");
    ASSERT_TRUE(server.until_input_read());
    server.run_for(200);  // a commit takes less; without one the test fails below
    server.signal(SIGKILL);
    EXPECT_EQ(server.wait(), 1000 + SIGKILL);
  }
  Program server(serve());
  Program client(connect(server.port()));
  EXPECT_TRUE(client.until_output("open\nclose\n")) << client.output() << server.errors();
}

TEST_F(CliStore, WhatIsLeftAtSigtermWaitsInTheStore) {
  {
    Program server(serve());
    server.send("door\topen\n");
    ASSERT_TRUE(server.until_input_read());
    server.run_for(200);
    server.signal(SIGTERM);
    EXPECT_EQ(server.wait(), 0) << "it is no failure";
    EXPECT_THAT(server.errors(), HasSubstr("client 'door': 1 line in the store, to be sent after the next start"));
  }
  Program server(serve());
  Program client(connect(server.port()));
  EXPECT_TRUE(client.until_output("open\n"));
}

TEST_F(CliStore, FileThatCannotBeOpenedIsNamed) {
  std::vector<std::string> arguments = serve();
  arguments.back() = (directory_ / "no" / "links.db").string();
  Program server(arguments, "/dev/null");
  EXPECT_EQ(server.wait(), 3);
  EXPECT_THAT(server.errors(), HasSubstr("links.db"));
}

}  // namespace
}  // namespace tautline::test
