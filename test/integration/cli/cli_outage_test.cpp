// `tautline` through outages: nothing is lost, nothing comes twice.

#include <algorithm>
#include <csignal>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "program.hpp"
#include "relay.hpp"

namespace tautline::test {
namespace {

std::string numbered(int count, const std::string& prefix = {}, const std::string& suffix = {}) {
  std::string text;
  for (int i = 0; i < count; ++i) text += prefix + std::to_string(i) + suffix + "\n";
  return text;
}

std::vector<std::string> serve() {
  return {"serve", "--address", "127.0.0.1", "--port", "0", "--expect", "1", "--timeout", "300"};
}

std::vector<std::string> connect(const std::string& port, const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments{"connect", "--id", "1", "--server", "127.0.0.1", "--port", port};
  arguments.insert(arguments.end(), {"--timeout", "300"});
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

/// Sends all of it to one program while it is cut four times, and reads what the other prints.
void send_through_cuts(Program& from, const std::string& input, Program& to, std::size_t expected_bytes, Relay& relay) {
  std::size_t sent = 0;
  const std::size_t part = expected_bytes / 5 + 1;  // no cut at the end
  std::size_t next_cut = part;
  const bool complete = to.until(
      [&] {
        if (sent < input.size()) sent += from.send_some(input.substr(sent, 8192));
        from.run_for(0);
        if (to.output().size() >= next_cut) {
          relay.cut();
          next_cut += part;
        }
        return to.output().size() >= expected_bytes;
      },
      60'000);
  EXPECT_TRUE(complete) << to.output().size() << " of " << expected_bytes << " bytes arrived";
}

TEST(CliOutage, TenThousandLinesToTheServerThroughCuts) {
  for (const bool no_wait : {false, true}) {
    Program server(serve());
    Relay relay(static_cast<std::uint16_t>(std::stoi(server.port())));
    Program client(connect(relay.port(), no_wait ? std::vector<std::string>{"--no-wait"} : std::vector<std::string>{}));
    const std::string expected = numbered(10'000, "1\t");
    send_through_cuts(client, numbered(10'000), server, expected.size(), relay);
    client.end_input();
    EXPECT_EQ(client.wait(), 0) << client.errors();
    EXPECT_EQ(server.output(), expected) << "lost, twice, or out of order";
    EXPECT_GE(count_of(client.errors(), "connected as"), 3U);
  }
}

TEST(CliOutage, TenThousandLinesToTheClientThroughCuts) {
  Program server(serve());
  Relay relay(static_cast<std::uint16_t>(std::stoi(server.port())));
  Program client(connect(relay.port()));
  const std::string expected = numbered(10'000);
  send_through_cuts(server, numbered(10'000, "1\t"), client, expected.size(), relay);
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait(), 0) << server.errors();
  EXPECT_EQ(client.output(), expected) << "lost, twice, or out of order";
  EXPECT_GE(count_of(client.errors(), "connected as"), 3U);
}

TEST(CliOutage, AKilledClientsSuccessorGetsTheRest) {
  Program server(serve());
  const std::string filler = " " + std::string(40, 'x');
  Program first(connect(server.port()));
  first.leave_output();  // its stdout fills up: what is not printed is not taken
  const std::string input = numbered(20'000, "1\t", filler);
  std::size_t sent = 0;
  server.until(
      [&] {
        sent += server.send_some(input.substr(sent, 8192));
        return sent == input.size();
      },
      1000);
  EXPECT_LT(sent, input.size());
  first.signal(SIGKILL);
  first.read_output();
  EXPECT_EQ(first.wait(), 1000 + SIGKILL);
  const std::vector<std::string> before = lines_of(first.output());
  ASSERT_FALSE(before.empty());

  Program second(connect(server.port()));
  const std::string last = "\n19999" + filler + "\n";
  EXPECT_TRUE(server.until([&] {
    if (sent < input.size()) sent += server.send_some(input.substr(sent, 8192));
    second.run_for(0);
    const std::string& output = second.output();
    return output.size() >= last.size() && output.compare(output.size() - last.size(), last.size(), last) == 0;
  }));
  const std::vector<std::string> after = lines_of(second.output());
  ASSERT_FALSE(after.empty());
  const int resumed_at = std::stoi(after.front());
  const int printed = static_cast<int>(before.size());
  EXPECT_LE(resumed_at, printed) << "lost";
  EXPECT_LE(printed - resumed_at, 64) << "only what was not acknowledged may come again";
  EXPECT_EQ(static_cast<int>(after.size()), 20'000 - resumed_at);
  EXPECT_EQ(first.output().compare(0, first.output().rfind('\n') + 1, numbered(printed, {}, filler)), 0);
}

TEST(CliOutage, TheServersRestartLosesAndDoublesNothing) {
  auto server = std::make_unique<Program>(serve());
  const std::string port = server->port();
  Program client(connect(port, {"--no-wait"}));
  client.send(numbered(100));
  EXPECT_TRUE(server->until_output(numbered(100, "1\t")));
  server->signal(SIGTERM);
  EXPECT_EQ(server->wait(), 0);
  client.send("while it was away\n");
  server = std::make_unique<Program>(
      std::vector<std::string>{"serve", "--address", "127.0.0.1", "--port", port, "--expect", "1", "--timeout", "300"});
  EXPECT_TRUE(server->until_output("1\twhile it was away\n"));
  client.end_input();
  EXPECT_EQ(client.wait(), 0);
}

}  // namespace
}  // namespace tautline::test
