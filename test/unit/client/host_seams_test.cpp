#include <cstdio>

#include "fake_port.hpp"

namespace tautline::test {
namespace {

using Changes = std::vector<std::pair<bool, Reason>>;

ClientConfig told_to(Changes& changes) {
  ClientConfig config;
  config.conn_cb = [](void* argument, bool up, Reason reason) {
    static_cast<Changes*>(argument)->emplace_back(up, reason);
  };
  config.conn_cb_argument = &changes;
  return config;
}

TEST(ClientCallback, TellsEveryChangeWithItsReason) {
  Changes changes;
  Bench bench(told_to(changes));
  bench.open();
  EXPECT_EQ(changes, (Changes{{true, Reason::none}}));
  bench.pass(1500);
  bench.port.transport.status = ConnectStatus::unreachable;
  bench.reconnect();
  bench.poll();
  bench.reconnect();
  bench.poll();
  EXPECT_EQ(changes, (Changes{{true, Reason::none}, {false, Reason::silent}, {false, Reason::unreachable}}));
  bench.port.transport.status = ConnectStatus::connected;
  bench.reconnect();
  bench.give("HI 8 99\nGO 8 0 40\n");
  EXPECT_EQ(changes.back(), (std::pair{true, Reason::none}));
  bench.client.close();
  bench.poll();
  EXPECT_EQ(changes.back(), (std::pair{false, Reason::local_close}));
  EXPECT_EQ(changes.size(), 5U);
}

TEST(ClientCallback, TellsAnOutageThatBeganAndEndedWithinOnePoll) {
  Changes changes;
  Bench bench(told_to(changes));
  bench.connect();
  bench.give("HI 7 99\nGO 7 0 40\nBYE closing\n");
  EXPECT_EQ(bench.client.connects(), 1U);
  EXPECT_EQ(changes, (Changes{{false, Reason::closing}}));
}

TEST(ClientLed, TogglesOnEachKeepalive) {
  ClientConfig config;
  config.led = true;
  Bench bench(config);
  bench.open();
  bench.give("A0 40\n");
  EXPECT_EQ(bench.port.led.toggles, 1);
  bench.give("A0 40\n\n");
  EXPECT_EQ(bench.port.led.toggles, 3);
  bench.give("D41 x\n");
  EXPECT_EQ(bench.port.led.toggles, 3);
}

TEST(ClientLed, IsLeftAloneUnlessAskedFor) {
  Bench bench;
  bench.open();
  bench.give("A0 40\n");
  EXPECT_EQ(bench.port.led.toggles, 0);
}

TEST(ClientWatchdog, IsFedByEveryPollAlsoInAnOutage) {
  ClientConfig config;
  config.wdog = true;
  Bench bench(config);
  EXPECT_EQ(bench.port.watchdog.timeout_ms, 20000U);
  bench.port.wifi.up = false;
  for (int i = 1; i <= 10; ++i) {
    bench.pass(5000);
    EXPECT_EQ(bench.port.watchdog.feeds, i);
  }
  bench.client.close();
  EXPECT_TRUE(bench.port.watchdog.stopped);
}

TEST(ClientWatchdog, IsOffUnlessAskedFor) {
  Bench bench;
  bench.poll();
  bench.client.close();
  EXPECT_EQ(bench.port.watchdog.timeout_ms, 0U);
  EXPECT_EQ(bench.port.watchdog.feeds, 0);
  EXPECT_FALSE(bench.port.watchdog.stopped);
}

TEST(ClientLog, TellsEveryStateWhenVerbose) {
  ClientConfig config;
  config.verbose = true;
  Bench bench(config);
  bench.open();
  EXPECT_EQ(bench.port.log.states, (std::vector{LinkState::connecting, LinkState::handshake, LinkState::open}));
}

// ---- the first connection -----------------------------------------------------------------------

struct Counting {
  static inline int bad_wifis = 0;
  static inline std::vector<Reason> bad_servers;
  bool bad_wifi() { return ++bad_wifis < 2; }
  bool bad_server(Reason reason) {
    bad_servers.push_back(reason);
    return true;
  }
};

TEST(ClientFirstConnection, BadServerIsAskedUntilTheFirstSuccessOnly) {
  Counting::bad_servers.clear();
  Bench<Counting> bench;
  bench.port.transport.status = ConnectStatus::unresolved;
  bench.poll();
  bench.poll();
  bench.port.transport.status = ConnectStatus::connected;
  bench.reconnect();
  bench.give("BYE busy\n");
  EXPECT_EQ(Counting::bad_servers, (std::vector{Reason::unresolved, Reason::busy}));
  bench.reconnect();
  bench.said();
  bench.give("HI 7 99\nGO 7 0 40\n");
  ASSERT_TRUE(bench.client());
  bench.port.transport.fin = true;
  bench.poll();
  bench.reconnect();
  bench.give("BYE busy\n");
  EXPECT_EQ(Counting::bad_servers.size(), 2U);
}

TEST(ClientFirstConnection, BadWifiMayStopTheClient) {
  Counting::bad_wifis = 0;
  Counting::bad_servers.clear();
  Bench<Counting> bench;
  bench.port.wifi.up = false;
  bench.poll();
  bench.pass(wifi_limit_ms);
  EXPECT_EQ(Counting::bad_wifis, 1);
  EXPECT_EQ(bench.client.state(), LinkState::wifi_down);
  bench.pass(wifi_limit_ms);
  EXPECT_EQ(bench.client.state(), LinkState::closed);
  EXPECT_EQ(bench.client.last_reason(), Reason::wifi);
  EXPECT_TRUE(Counting::bad_servers.empty());
}

TEST(ClientFirstConnection, TheOriginalsWayIsToReportAndStop) {
  Changes changes;
  Bench<StopIfServerFails> bench(told_to(changes));
  bench.port.transport.status = ConnectStatus::unreachable;
  bench.poll();
  bench.poll();
  EXPECT_EQ(bench.client.state(), LinkState::closed);
  EXPECT_EQ(changes, (Changes{{false, Reason::unreachable}}));
  bench.pass(100000);
  EXPECT_EQ(bench.port.transport.connects, 1);
}

TEST(ClientFirstConnection, ByDefaultItIsLikeEveryOther) {
  Bench bench;
  bench.port.transport.status = ConnectStatus::unreachable;
  bench.poll();
  for (int i = 0; i < 100; ++i) {
    bench.poll();
    bench.reconnect();
  }
  EXPECT_EQ(bench.client.state(), LinkState::connecting);
}

// ---- size ---------------------------------------------------------------------------------------

TEST(ClientSize, IsPrinted) {
  std::printf("LinkClient %zu bytes, with protocol 1 %zu; Client with its default buffers %zu\n", sizeof(LinkClient),
              sizeof(DualLinkClient), sizeof(Client<FakePort>));
  EXPECT_LE(sizeof(LinkClient), 320U) << "64-bit host; the device figure stands in the size table";
}

}  // namespace
}  // namespace tautline::test
