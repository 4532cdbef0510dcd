#include "fake_port.hpp"

namespace tautline::test {
namespace {

/// Lets every attempt fail and collects the delays between them.
std::vector<std::uint32_t> delays(std::uint32_t random, int count) {
  Bench bench;
  bench.port.random.value = random;
  bench.port.transport.status = ConnectStatus::unreachable;
  bench.poll();
  std::vector<std::uint32_t> found;
  for (int i = 0; i < count; ++i) {
    bench.poll();  // the attempt fails
    EXPECT_EQ(bench.client.state(), LinkState::waiting);
    found.push_back(bench.deadline - bench.now);
    bench.now = bench.deadline - 1;
    bench.poll();
    EXPECT_EQ(bench.client.state(), LinkState::waiting);
    bench.pass(1);
    EXPECT_EQ(bench.client.state(), LinkState::connecting);
  }
  return found;
}

TEST(ClientConnecting, AsksForTheConfiguredServer) {
  ClientConfig config;
  config.port = 4711;
  Bench bench(config);
  bench.poll();
  EXPECT_EQ(bench.port.transport.host, "house");
  EXPECT_EQ(bench.port.transport.port, 4711);
}

TEST(ClientConnecting, DelaysDoubleFromHalfToWhole) {
  EXPECT_EQ(delays(0, 8), (std::vector<std::uint32_t>{50, 100, 200, 400, 800, 1600, 2000, 2000}));
  const auto longer = delays(0xFFFFFFFFU, 8);
  std::uint32_t whole = Backoff::first_ms;
  for (const std::uint32_t delay : longer) {
    EXPECT_GE(delay, whole / 2);
    EXPECT_LE(delay, whole);
    whole = std::min(whole * 2, Backoff::longest_ms);
  }
}

TEST(ClientConnecting, ALinkThatOpensAndFallsAtOnceKeepsItsDelay) {
  Bench bench;
  std::vector<std::uint32_t> found;
  for (int i = 0; i < 4; ++i) {
    if (i == 0) {
      bench.open();
    } else {
      bench.reconnect();
      bench.give("HI 8 99\nGO 8 0 40\n");
    }
    ASSERT_TRUE(bench.client());
    bench.port.transport.fin = true;
    bench.poll();
    found.push_back(bench.deadline - bench.now);
  }
  EXPECT_EQ(found, (std::vector<std::uint32_t>{50, 100, 200, 400}));

  // Open for one timeout, and the peer still talks: the next delay is the first again.
  bench.reconnect();
  bench.give("HI 8 99\nGO 8 0 40\n");
  for (int i = 0; i < 4; ++i) {
    bench.pass(375);
    bench.give("A0 40\n");
  }
  bench.port.transport.fin = true;
  bench.poll();
  EXPECT_EQ(bench.deadline - bench.now, 50U);
}

TEST(ClientConnecting, ThatTheServerCannotServeUsSlowsDown) {
  for (const char* code : {"id", "version", "size"}) {
    Bench bench;
    bench.connect();
    bench.give(std::string("BYE ") + code + " some text\n");
    EXPECT_STREQ(to_string(bench.client.last_reason()), code);
    EXPECT_EQ(bench.deadline - bench.now, Backoff::longest_ms / 2);
  }
  Bench bench;
  bench.connect();
  bench.give("BYE busy\n");
  EXPECT_EQ(bench.deadline - bench.now, 50U);
}

TEST(ClientConnecting, AnAttemptHasALimitOfItsOwn) {
  Bench bench;
  bench.port.transport.status = ConnectStatus::connecting;
  bench.poll();
  bench.poll();
  EXPECT_EQ(bench.deadline, bench.now + connect_limit_ms);
  bench.pass(connect_limit_ms - 1);
  EXPECT_EQ(bench.client.state(), LinkState::connecting);
  bench.pass(1);
  EXPECT_EQ(bench.client.last_reason(), Reason::unreachable);
  EXPECT_EQ(bench.port.transport.closes, 1);
}

TEST(ClientConnecting, EveryAddressHasTheWholeLimit) {
  Bench bench;
  bench.port.transport.status = ConnectStatus::connecting;
  bench.port.transport.more_addresses = 1;
  bench.poll();
  bench.poll();
  bench.pass(connect_limit_ms);
  EXPECT_EQ(bench.client.state(), LinkState::connecting);
  bench.pass(connect_limit_ms);
  EXPECT_EQ(bench.client.state(), LinkState::waiting);
}

TEST(ClientConnecting, ANameThatIsNotFoundInTimeIsUnresolved) {
  Bench bench;
  bench.port.transport.status = ConnectStatus::resolving;
  bench.poll();
  bench.pass(resolve_limit_ms);
  EXPECT_EQ(bench.client.last_reason(), Reason::unresolved);
}

}  // namespace
}  // namespace tautline::test
