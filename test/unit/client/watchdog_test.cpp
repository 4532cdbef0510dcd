#include "fake_port.hpp"

namespace tautline::test {
namespace {

ClientConfig watched() {
  ClientConfig config;
  config.wdog = true;
  return config;
}

TEST(ClientWatchdog, IsNotArmedBeforeTheFirstSuccess) {
  Bench bench(watched());
  bench.port.wifi.up = false;
  for (int i = 0; i < 10; ++i) bench.pass(5000);
  bench.port.wifi.up = true;
  bench.port.transport.status = ConnectStatus::unreachable;
  for (int i = 0; i < 100; ++i) bench.pass(5000);
  bench.port.transport.status = ConnectStatus::connected;
  bench.reconnect();
  bench.give("BYE id\n");
  EXPECT_EQ(bench.port.watchdog.starts, 0);
  EXPECT_EQ(bench.port.watchdog.feeds, 0);
  EXPECT_FALSE(bench.client.watchdog_runs());
  bench.client.close();
  EXPECT_FALSE(bench.port.watchdog.stopped) << "what never ran is left alone";
}

TEST(ClientWatchdog, IsArmedForTwentySecondsWhenTheLinkIsUpForTheFirstTime) {
  Bench bench(watched());
  bench.connect();
  bench.give("HI 7 99\n");
  EXPECT_EQ(bench.port.watchdog.starts, 0);
  bench.give("GO 7 0 40\n");
  ASSERT_TRUE(bench.client());
  EXPECT_EQ(bench.port.watchdog.starts, 1);
  EXPECT_EQ(bench.port.watchdog.timeout_ms, 20000U);
  EXPECT_TRUE(bench.client.watchdog_runs());
}

TEST(ClientWatchdog, IsArmedOnce) {
  Bench bench(watched());
  bench.open();
  for (int i = 0; i < 3; ++i) {
    bench.port.transport.fin = true;
    bench.poll();
    bench.reconnect();
    bench.give("HI 7 99\nGO 7 0 40\n");
    ASSERT_TRUE(bench.client());
  }
  EXPECT_EQ(bench.port.watchdog.starts, 1);
}

TEST(ClientWatchdog, IsFedByEachPollAlsoInAnOutage) {
  Bench bench(watched());
  bench.open();
  const int before = bench.port.watchdog.feeds;
  bench.port.wifi.up = false;
  for (int i = 1; i <= 10; ++i) {
    bench.pass(5000);
    EXPECT_EQ(bench.port.watchdog.feeds, before + i);
  }
  EXPECT_FALSE(bench.client());
}

TEST(ClientWatchdog, IsNotFedByAClientThatMakesNoProgress) {
  Bench bench(watched());
  bench.open();
  bench.pass(1);
  const int before = bench.port.watchdog.feeds;
  for (int i = 0; i < 10; ++i) bench.poll();  // the clock stands still, so nothing is ever due again
  std::string_view line;
  bench.client.write("the application goes on");
  bench.client.readline(line);
  EXPECT_EQ(bench.port.watchdog.feeds, before);
  bench.pass(1);
  EXPECT_EQ(bench.port.watchdog.feeds, before + 1);
}

TEST(ClientWatchdog, ShortensTheTimeBetweenPolls) {
  ClientConfig config = watched();
  config.timeout_ms = 600000;
  Bench bench(config);
  bench.connect();
  bench.give("HI 7 99 w=2 n=64 t=600000\n");
  bench.give("GO 7 0 40\n");
  ASSERT_TRUE(bench.client());
  EXPECT_EQ(bench.deadline - bench.now, 5000U) << "a link with a long timeout would be away for minutes";
  bench.client.close();
  EXPECT_EQ(bench.client.deadline_ms(), bench.now);
}

TEST(ClientWatchdog, IsDisarmedByClose) {
  Bench bench(watched());
  bench.open();
  bench.client.close();
  EXPECT_TRUE(bench.port.watchdog.stopped);
  EXPECT_FALSE(bench.client.watchdog_runs());
  const int before = bench.port.watchdog.feeds;
  bench.pass(1);
  bench.pass(60000);
  EXPECT_EQ(bench.client.state(), LinkState::closed);
  EXPECT_EQ(bench.port.watchdog.feeds, before);
  EXPECT_EQ(bench.port.watchdog.starts, 1);
}

TEST(ClientWatchdog, ThatCannotBeStoppedIsFedOnAndSaysSo) {
  Bench bench(watched());
  bench.port.watchdog.can_stop = false;
  bench.open();
  bench.client.close();
  EXPECT_TRUE(bench.client.watchdog_runs());
  const int before = bench.port.watchdog.feeds;
  for (int i = 1; i <= 3; ++i) {
    bench.pass(5000);
    EXPECT_EQ(bench.port.watchdog.feeds, before + i);
  }
  EXPECT_EQ(bench.client.state(), LinkState::closed);
  EXPECT_EQ(bench.deadline - bench.now, 5000U);
}

TEST(ClientWatchdog, IsOffUnlessAskedFor) {
  Bench bench;
  bench.open();
  bench.pass(1000);
  bench.client.close();
  EXPECT_EQ(bench.port.watchdog.starts, 0);
  EXPECT_EQ(bench.port.watchdog.feeds, 0);
  EXPECT_FALSE(bench.port.watchdog.stopped);
}

}  // namespace
}  // namespace tautline::test
