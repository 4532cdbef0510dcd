// `tautline serve` and `tautline connect`: lines through them, and input that is not as it should be.

#include <cstdio>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "program.hpp"

namespace tautline::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::string> serve(const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments{"serve",    "--address", "127.0.0.1", "--port", "0",
                                     "--expect", "1,2",       "--timeout", "400"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

std::vector<std::string> connect(Program& server, const std::vector<std::string>& more = {},
                                 const std::string& id = "1") {
  std::vector<std::string> arguments{"connect", "--id",        id,          "--server", "127.0.0.1",
                                     "--port",  server.port(), "--timeout", "400"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

/// A file with that text, removed at the end.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& text) : name_(::testing::TempDir() + "tautline_cli_XXXXXX") {
    ::close(::mkstemp(name_.data()));
    std::ofstream(name_) << text;
  }
  ~TemporaryFile() { std::remove(name_.c_str()); }
  const std::string& name() const { return name_; }

 private:
  std::string name_;
};

TEST(CliInput, LinesGoBothWays) {
  Program server(serve());
  Program one(connect(server));
  Program two(connect(server, {}, "2"));
  one.send("hello\n");
  EXPECT_TRUE(server.until_output("1\thello\n"));
  server.send("2\tto two\n1\tto one\n2\t\n");
  EXPECT_TRUE(one.until_output("to one\n"));
  EXPECT_TRUE(two.until_output("to two\n\n")) << "an empty line is a line";
  two.send("from two\twith a TAB\n");
  EXPECT_TRUE(server.until_output("1\thello\n2\tfrom two\twith a TAB\n"));
  EXPECT_THAT(server.errors(), HasSubstr("client '1': link up"));
  one.end_input();
  EXPECT_EQ(one.wait(), 0);
  EXPECT_TRUE(server.until_errors("client '1': link down"));
}

TEST(CliInput, RegularFilesAndALastLineWithoutNewline) {
  const TemporaryFile to_clients("1\tfirst\n1\tlast, without newline");
  const TemporaryFile to_server("a\n\nb");
  Program server(serve({"--once"}), to_clients.name());
  Program client(connect(server, {"--linger"}), to_server.name());
  EXPECT_TRUE(server.until_output("1\ta\n1\t\n1\tb\n"));
  EXPECT_TRUE(client.until_output("first\nlast, without newline\n"));
  EXPECT_EQ(server.wait(), 0);
  EXPECT_TRUE(client.until_errors("the server stopped; trying on"));
}

TEST(CliInput, QosZeroWaitsForTheLink) {
  Program server(serve({"--qos", "0"}));
  server.send("1\tnot lost, because the link was down\n");
  Program client(connect(server, {"--qos", "0"}));
  EXPECT_TRUE(client.until_output("not lost, because the link was down\n"));
  client.send("a\nb\n");
  EXPECT_TRUE(server.until_output("1\ta\n1\tb\n"));
  client.end_input();
  EXPECT_EQ(client.wait(), 0);
}

TEST(CliInput, Protocol1) {
  Program server(serve());
  Program client(connect(server, {"--protocol", "1"}));
  client.send("one\n\ntwo\n");
  EXPECT_TRUE(server.until_output("1\tone\n1\ttwo\n"));
  server.send("1\tback\n1\tand forth\n");
  EXPECT_TRUE(client.until_output("back\nand forth\n"));
  client.end_input();
  EXPECT_EQ(client.wait(), 4) << "the empty line was skipped";
  EXPECT_THAT(client.errors(), HasSubstr("input line 2: skipped"));
}

TEST(CliInput, LinesThatAreTooLongOrMalformedAreNamedAndSkipped) {
  Program server(serve({"--max-line", "64"}));
  Program client(connect(server, {"--max-line", "100"}));
  const std::string longest(64, 'x');
  client.send(longest + "\n" + std::string(65, 'y') + "\n" + std::string(200'000, 'z') + "\ncr\r\nn" +
              std::string(1, '\0') + "l\nend\n");
  client.end_input();
  EXPECT_EQ(client.wait(), 4);
  EXPECT_TRUE(server.until_output("1\t" + longest + "\n1\tend\n"));
  EXPECT_THAT(client.errors(), HasSubstr("input line 2: skipped, it has 65 bytes and the maximum is 64"));
  EXPECT_THAT(client.errors(), HasSubstr("input line 3: skipped, it has 200000 bytes and the maximum is 100"));
  EXPECT_THAT(client.errors(), HasSubstr("input line 4: skipped, byte 3 is CR"));
  EXPECT_THAT(client.errors(), HasSubstr("input line 5: skipped, byte 2 is NUL"));
}

TEST(CliInput, ServeNamesAndSkipsBadLines) {
  Program server(serve({"--once", "--max-line", "64"}));
  Program client(connect(server, {"--linger", "--max-line", "32"}));
  server.send("1\tgood\n");
  EXPECT_TRUE(client.until_output("good\n"));
  server.send("no tab\n1\t" + std::string(33, 'x') + "\n1\t" + std::string(65, 'y') + "\n1\tlast\n");
  server.end_input();
  EXPECT_EQ(server.wait(), 4);
  EXPECT_TRUE(client.until_output("good\nlast\n"));
  EXPECT_THAT(server.errors(), HasSubstr("input line 2: skipped, it has no TAB"));
  EXPECT_THAT(server.errors(), HasSubstr("input line 3: skipped, it has 33 bytes and the maximum is 32"));
  EXPECT_THAT(server.errors(), HasSubstr("input line 4: skipped, it has 65 bytes and the maximum is 64"));
}

TEST(CliInput, UnknownClientIsNamedAndHasItsOwnStatus) {
  Program server(serve({"--once"}));
  Program client(connect(server, {"--linger"}));
  server.send("9\tnobody\n1\tgood\n");
  server.end_input();
  EXPECT_EQ(server.wait(), 5);
  EXPECT_TRUE(client.until_output("good\n"));
  EXPECT_THAT(server.errors(), HasSubstr("input line 1: skipped, client '9' is not in --expect"));
}

TEST(CliInput, NothingIsReadWhileAQueueIsFull) {
  Program server(serve());
  std::string expected;
  for (int i = 0; i < 30'000; ++i) expected += "line " + std::to_string(i) + "\n";
  std::string input;
  for (const std::string& line : lines_of(expected)) input += "1\t" + line + "\n";
  std::size_t sent = 0;
  EXPECT_FALSE(server.until(
      [&] {
        sent += server.send_some(input.substr(sent, 4096));
        return sent == input.size();
      },
      500))
      << "a queue without bound";
  EXPECT_LT(sent, 300'000U);
  EXPECT_THAT(server.errors(), HasSubstr("client '1': 1024 lines wait for it, the input is not read meanwhile"));
  Program client(connect(server));
  EXPECT_TRUE(server.until([&] {
    sent += server.send_some(input.substr(sent, 4096));
    client.run_for(0);
    return sent == input.size();
  }));
  EXPECT_TRUE(client.until_output(expected));
}

TEST(CliInput, HostNamesAndIpv6) {
  Program server({"serve", "--address", "::1", "--port", "0", "--expect", "1"});
  Program client({"connect", "--id", "1", "--server", "::1", "--port", server.port()});
  client.send("six\n");
  EXPECT_TRUE(server.until_output("1\tsix\n"));
  EXPECT_THAT(server.errors(), testing::StartsWith("listening on [::1]:")) << "programs read the port from this line";
  Program local(serve());
  Program by_name({"connect", "--id", "1", "--server", "localhost", "--port", local.port()});
  by_name.send("name\n");
  EXPECT_TRUE(local.until_output("1\tname\n"));
}

}  // namespace
}  // namespace tautline::test
