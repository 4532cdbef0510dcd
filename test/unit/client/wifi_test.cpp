#include "fake_port.hpp"

namespace tautline::test {
namespace {

using Calls = std::vector<std::string>;

ClientConfig in_the_attic() {
  ClientConfig config;
  config.ssid = "attic";
  config.pw = "secret";
  return config;
}

/// A board with credentials in flash, not yet on any network.
FakeWifi with_memory() {
  FakeWifi wifi;
  wifi.remembers = true;
  wifi.drops = true;
  wifi.up = false;
  return wifi;
}

// ---- which credentials --------------------------------------------------------------------------

TEST(ClientWifi, ABoardWithoutStoredCredentialsUsesTheConfiguredNetwork) {
  Bench bench(in_the_attic());
  EXPECT_EQ(bench.port.wifi.calls, (Calls{"attic/secret"}));
}

TEST(ClientWifi, StoredCredentialsComeFirst) {
  Bench bench(in_the_attic(), with_memory());
  EXPECT_EQ(bench.port.wifi.calls, (Calls{"stored"}));
  bench.poll();
  bench.pass(wifi_limit_ms - 1);
  EXPECT_EQ(bench.port.wifi.calls, (Calls{"stored"}));
}

TEST(ClientWifi, TheConfiguredNetworkIsTriedWhenTheStoredOneDoesNotComeUpInTenSeconds) {
  EXPECT_EQ(wifi_limit_ms, 10000U);
  Bench bench(in_the_attic(), with_memory());
  bench.poll();
  bench.pass(wifi_limit_ms);
  EXPECT_EQ(bench.port.wifi.calls, (Calls{"stored", "disconnect", "attic/secret"}));
}

TEST(ClientWifi, BothTakeTurnsWhileTheLinkWasNeverUp) {
  Bench bench(in_the_attic(), with_memory());
  bench.poll();
  for (int i = 0; i < 3; ++i) bench.pass(wifi_limit_ms);
  EXPECT_EQ(bench.port.wifi.calls,
            (Calls{"stored", "disconnect", "attic/secret", "disconnect", "stored", "disconnect", "attic/secret"}));
}

TEST(ClientWifi, WithoutAConfiguredNetworkOnlyTheStoredOneIsTried) {
  Bench bench(ClientConfig{}, with_memory());
  bench.poll();
  for (int i = 0; i < 2; ++i) bench.pass(wifi_limit_ms);
  EXPECT_EQ(bench.port.wifi.calls, (Calls{"stored", "disconnect", "stored", "disconnect", "stored"}));
}

/// From nothing to open over a WiFi that is down at first.
template <class AnyBench>
void come_up_and_open(AnyBench& bench) {
  bench.port.wifi.up = true;
  bench.poll();
  bench.now += wifi_stable_ms;
  bench.open();
}

TEST(ClientWifi, StoredCredentialsThatWorkedAreNeverWrittenOver) {
  Bench bench(in_the_attic(), with_memory());
  bench.poll();
  come_up_and_open(bench);
  bench.port.wifi.up = false;  // the access point is away for ten minutes
  for (int i = 0; i < 60; ++i) bench.pass(wifi_limit_ms);
  EXPECT_GE(bench.port.wifi.disconnects, 50);
  EXPECT_EQ(std::count(bench.port.wifi.calls.begin(), bench.port.wifi.calls.end(), "attic/secret"), 0);
}

TEST(ClientWifi, ConfiguredCredentialsThatWorkedAreUsedAgain) {
  Bench bench(in_the_attic(), with_memory());
  bench.poll();
  bench.pass(wifi_limit_ms);
  come_up_and_open(bench);
  bench.port.wifi.calls.clear();
  bench.pass(1500);
  ASSERT_EQ(bench.client.last_reason(), Reason::silent);
  for (int i = 0; i < 2; ++i) bench.pass(wifi_limit_ms);
  EXPECT_EQ(bench.port.wifi.calls,
            (Calls{"disconnect", "attic/secret", "disconnect", "attic/secret", "disconnect", "attic/secret"}));
}

// ---- attempts, stability ------------------------------------------------------------------------

TEST(ClientWifi, AnAttemptHasTenSecondsAndEachBeginsWithADisconnect) {
  Bench bench(in_the_attic());
  bench.port.wifi.up = false;
  bench.poll();
  bench.pass(wifi_limit_ms - 1);
  EXPECT_EQ(bench.port.wifi.calls, (Calls{"attic/secret"}));
  bench.pass(1);
  EXPECT_EQ(bench.port.wifi.calls, (Calls{"attic/secret", "disconnect", "attic/secret"}));
  EXPECT_EQ(bench.client.last_reason(), Reason::wifi);
  bench.pass(wifi_limit_ms - 1);
  EXPECT_EQ(bench.port.wifi.disconnects, 1);
  bench.pass(1);
  EXPECT_EQ(bench.port.wifi.calls, (Calls{"attic/secret", "disconnect", "attic/secret", "disconnect", "attic/secret"}));
}

TEST(ClientWifi, NothingConnectsBeforeItIsUpAndStableForThreeSeconds) {
  EXPECT_EQ(wifi_stable_ms, 3000U);
  Bench bench;
  bench.port.wifi.up = false;
  bench.poll();
  EXPECT_EQ(bench.client.state(), LinkState::wifi_down);
  bench.pass(3000);
  bench.port.wifi.up = true;
  bench.poll();
  bench.pass(wifi_stable_ms - 1);
  EXPECT_EQ(bench.port.transport.connects, 0);
  bench.pass(1);
  EXPECT_EQ(bench.port.transport.connects, 1);
}

TEST(ClientWifi, ItsStabilityCountsAnewAfterEachLoss) {
  Bench bench;
  bench.port.wifi.up = false;
  bench.poll();
  bench.port.wifi.up = true;
  bench.poll();
  bench.pass(wifi_stable_ms - 1);
  bench.port.wifi.up = false;
  bench.poll();
  bench.port.wifi.up = true;
  bench.poll();
  bench.pass(wifi_stable_ms - 1);
  EXPECT_EQ(bench.port.transport.connects, 0);
  bench.pass(1);
  EXPECT_EQ(bench.port.transport.connects, 1);
}

TEST(ClientWifi, ThatIsUpAtTheFirstLookMakesNobodyWait) {
  Bench bench;
  bench.poll();
  EXPECT_EQ(bench.port.transport.connects, 1);
}

TEST(ClientWifi, ItsLossEndsTheConnection) {
  Bench bench;
  bench.open();
  bench.port.wifi.up = false;
  bench.poll();
  EXPECT_FALSE(bench.client());
  EXPECT_EQ(bench.client.last_reason(), Reason::wifi);
  EXPECT_EQ(bench.port.transport.closes, 1);
  EXPECT_EQ(bench.port.wifi.disconnects, 0) << "it is down already, and may come back by itself";
  bench.port.wifi.up = true;
  bench.poll();
  bench.pass(wifi_stable_ms - 1);
  EXPECT_EQ(bench.port.transport.connects, 1);
  bench.pass(1);
  EXPECT_EQ(bench.port.transport.connects, 2);
}

// ---- when it is cycled --------------------------------------------------------------------------

TEST(ClientWifi, IsCycledAfterSilence) {
  Bench bench(in_the_attic());
  bench.open();
  bench.pass(1500);
  EXPECT_EQ(bench.client.last_reason(), Reason::silent);
  EXPECT_EQ(bench.port.wifi.calls, (Calls{"attic/secret", "disconnect", "attic/secret"}));
}

TEST(ClientWifi, IsCycledAfterATransportTookNothing) {
  Bench bench(in_the_attic());
  bench.open();
  bench.port.transport.takes = 0;
  bench.client.write("some line");
  bench.poll();
  bench.pass(1400);
  bench.give("A0 40\n");
  bench.pass(100);
  EXPECT_EQ(bench.client.last_reason(), Reason::blocked);
  EXPECT_EQ(bench.port.wifi.calls, (Calls{"attic/secret", "disconnect", "attic/secret"}));
}

TEST(ClientWifi, ThatWasCycledMustBeStableEvenIfItIsBackBeforeTheNextLook) {
  FakeWifi wifi;
  wifi.drops = true;
  Bench bench(ClientConfig{}, wifi);
  bench.open();
  bench.pass(1500);
  ASSERT_EQ(bench.port.wifi.disconnects, 1);
  bench.port.wifi.up = true;
  bench.poll();
  bench.pass(wifi_stable_ms - 1);
  EXPECT_EQ(bench.port.transport.connects, 1);
  bench.pass(1);
  EXPECT_EQ(bench.port.transport.connects, 2);
}

TEST(ClientWifi, ThatNobodyCanCycleMakesNobodyWait) {
  Bench bench;  // as on Linux: disconnect() does nothing
  bench.open();
  bench.pass(1500);
  ASSERT_EQ(bench.port.wifi.disconnects, 1);
  EXPECT_EQ(bench.deadline - bench.now, Backoff::first_ms / 2);
}

/// Lets attempts to connect fail and returns after which of them WiFi was cycled.
std::vector<int> cycled_after(const std::vector<ConnectStatus>& attempts) {
  Bench bench;
  std::vector<int> found;
  bench.poll();
  for (std::size_t i = 0; i < attempts.size(); ++i) {
    const int before = bench.port.wifi.disconnects;
    bench.port.transport.status = attempts[i];
    bench.poll();
    if (attempts[i] == ConnectStatus::connected) {
      bench.port.transport.fin = true;
      bench.poll();
    }
    EXPECT_EQ(bench.client.state(), LinkState::waiting);
    if (bench.port.wifi.disconnects != before) found.push_back(static_cast<int>(i) + 1);
    bench.port.transport.status = ConnectStatus::connecting;
    bench.reconnect();
  }
  return found;
}

constexpr ConnectStatus unreachable = ConnectStatus::unreachable;
constexpr ConnectStatus unresolved = ConnectStatus::unresolved;
constexpr ConnectStatus refused = ConnectStatus::refused;
constexpr ConnectStatus accepted = ConnectStatus::connected;

TEST(ClientWifi, IsCycledAfterEachThreeFailedConnectsInARow) {
  EXPECT_EQ(cycled_after(std::vector(7, unreachable)), (std::vector{3, 6}));
  EXPECT_EQ(cycled_after({unreachable, unresolved, unreachable}), (std::vector{3}));
}

TEST(ClientWifi, IsNotCycledWhileTheServersHostRefusesConnections) {
  EXPECT_EQ(cycled_after(std::vector(20, refused)), std::vector<int>{});
}

TEST(ClientWifi, AnAnswerInBetweenShowsThatItIsWell) {
  EXPECT_EQ(cycled_after({unreachable, unreachable, accepted, unreachable, unreachable, accepted}), std::vector<int>{});
  EXPECT_EQ(cycled_after({unreachable, unreachable, refused, unreachable}), std::vector<int>{});
}

/// Ends six connections in one way, each once open and once not, and counts how often WiFi was cycled.
template <class End>
int cycles_when_connections_end_by(End end) {
  Bench bench;
  bench.open();
  for (int i = 0; i < 6; ++i) {
    end(bench);
    EXPECT_FALSE(bench.client());
    bench.reconnect();
    end(bench);
    bench.reconnect();
    bench.give("HI 7 99\nGO 7 0 40\n");
    EXPECT_TRUE(bench.client());
  }
  return bench.port.wifi.disconnects;
}

TEST(ClientWifi, IsNotCycledAfterAFin) {
  EXPECT_EQ(cycles_when_connections_end_by([](auto& bench) {
              bench.port.transport.fin = true;
              bench.poll();
            }),
            0);
}

TEST(ClientWifi, IsNotCycledAfterAnRst) {
  EXPECT_EQ(cycles_when_connections_end_by([](auto& bench) {
              bench.port.transport.rst = true;
              bench.poll();
            }),
            0);
}

TEST(ClientWifi, IsNotCycledAfterABye) {
  for (const char* code : {"busy", "superseded", "closing", "id", "syntax"}) {
    EXPECT_EQ(cycles_when_connections_end_by([code](auto& bench) { bench.give(std::string("BYE ") + code + "\n"); }), 0)
        << code;
  }
}

}  // namespace
}  // namespace tautline::test
