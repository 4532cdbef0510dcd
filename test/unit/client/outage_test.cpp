#include "fake_port.hpp"

namespace tautline::test {
namespace {

/// Polls exactly when the client asks for it, from open until the link is down; returns how long that took.
template <class AnyBench>
std::uint32_t time_to_outage(AnyBench& bench) {
  const std::uint32_t start = bench.now;
  for (int polls = 0; polls < 100 && bench.client(); ++polls) {
    bench.now = bench.deadline;
    bench.poll();
  }
  return bench.now - start;
}

TEST(ClientOutage, IsDetectedBetweenOneAndOneAndAQuarterTimeouts) {
  Bench bench;
  bench.open();
  const std::uint32_t took = time_to_outage(bench);
  EXPECT_GE(took, 1500U);
  EXPECT_LE(took, 1875U);
  EXPECT_EQ(bench.client.last_reason(), Reason::silent);
}

TEST(ClientOutage, TheConfiguredTimeoutCountsAndTheServerIsToldOfIt) {
  ClientConfig config;
  config.timeout_ms = 8000;
  Bench bench(config);
  bench.connect();
  EXPECT_EQ(bench.said(), "TL2 door w=2 n=64 t=8000\n");
  bench.give("HI 7 99\nGO 7 0 40\n");
  ASSERT_TRUE(bench.client());
  const std::uint32_t took = time_to_outage(bench);
  EXPECT_GE(took, 8000U);
  EXPECT_LE(took, 10000U);
}

TEST(ClientOutage, IsDetectedInTimeAlsoWhenTheTransportTakesNothing) {
  Bench bench;
  bench.open();
  bench.port.transport.takes = 0;
  const std::uint32_t took = time_to_outage(bench);
  EXPECT_GE(took, 1500U);
  EXPECT_LE(took, 1875U);
}

TEST(ClientOutage, AnyLineIsLife) {
  Bench bench;
  bench.open();
  for (int i = 0; i < 10; ++i) {
    bench.now += 1400;
    bench.give("\n");
    EXPECT_TRUE(bench.client());
  }
}

TEST(ClientOutage, AClientThatWakesLateReadsBeforeItJudges) {
  Bench bench;
  bench.open();
  bench.now += 60000;
  bench.give("A0 40\n");
  EXPECT_TRUE(bench.client());
}

TEST(ClientOutage, StatusLinesGoOutEveryQuarterOfTheServersTimeout) {
  Bench bench;
  bench.open();
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(bench.deadline - bench.now, 500U);
    bench.pass(499);
    EXPECT_EQ(bench.said(), "");
    bench.now += 1;
    bench.give("A0 40\n");
    EXPECT_EQ(bench.said(), "A40 0\n");
  }
}

TEST(ClientOutage, ATransportThatTakesNothingForOneTimeoutIsBlocked) {
  Bench bench;
  bench.open();
  bench.port.transport.takes = 5;
  bench.client.write("some line");
  bench.poll();
  bench.pass(1400);
  bench.give("A0 40\n");
  EXPECT_TRUE(bench.client());
  bench.pass(100);
  EXPECT_EQ(bench.client.last_reason(), Reason::blocked);
}

TEST(ClientOutage, BytesTakenOneByOneAreProgress) {
  Bench bench;
  bench.open();
  bench.port.transport.takes = 0;
  bench.client.write("some line");
  for (int i = 0; i < 5; ++i) {
    bench.port.transport.takes = 1;
    bench.now += 1400;
    bench.give("A0 40\n");
    EXPECT_TRUE(bench.client());
  }
}

TEST(ClientOutage, APlainLineAfterALongPauseIsNotTakenForABlockedOne) {
  Bench bench;
  bench.open();
  bench.now += 1400;
  bench.give("\n");
  bench.now += 1400;
  bench.give("\n");
  bench.client.write("x", false);
  bench.poll();
  EXPECT_TRUE(bench.client());
}

TEST(ClientOutage, AServerThatAcknowledgesNothingForTenTimeoutsIsReportedAsStalled) {
  Bench bench;
  bench.open();
  bench.client.write("waits");
  for (int i = 0; i < 15; ++i) {
    EXPECT_FALSE(bench.client.link().stalled());
    bench.now += 1000;
    bench.give("A0 40\n");
  }
  EXPECT_TRUE(bench.client.link().stalled());
  EXPECT_TRUE(bench.client());
  bench.give("A1 40\n");
  EXPECT_FALSE(bench.client.link().stalled());
}

}  // namespace
}  // namespace tautline::test
