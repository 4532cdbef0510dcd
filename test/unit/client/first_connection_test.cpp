#include "changes.hpp"

namespace tautline::test {
namespace {

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

TEST(ClientFirstConnection, BadWifiIsNeverAskedAfterTheFirstSuccess) {
  Counting::bad_wifis = 0;
  Bench<Counting> bench;
  bench.open();
  bench.port.wifi.up = false;
  bench.poll();
  for (int i = 0; i < 10; ++i) bench.pass(wifi_limit_ms);
  EXPECT_EQ(bench.port.wifi.disconnects, 10);
  EXPECT_EQ(Counting::bad_wifis, 0);
  EXPECT_EQ(bench.client.state(), LinkState::wifi_down);
}

TEST(ClientFirstConnection, ASuspectedWifiIsNotABadOne) {
  Counting::bad_wifis = 0;
  Counting::bad_servers.clear();
  Bench<Counting> bench;
  bench.port.transport.status = ConnectStatus::unreachable;
  bench.poll();
  for (int i = 0; i < 6; ++i) {
    bench.poll();
    bench.reconnect();
  }
  EXPECT_EQ(bench.port.wifi.disconnects, 2);
  EXPECT_EQ(Counting::bad_wifis, 0);
  EXPECT_EQ(Counting::bad_servers.size(), 6U);
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

TEST(ClientFirstConnection, TheOriginalsWayStopsForARefusalToo) {
  Bench<StopIfServerFails> bench;
  bench.connect();
  bench.give("BYE id\n");
  EXPECT_EQ(bench.client.state(), LinkState::closed);
  EXPECT_EQ(bench.client.last_reason(), Reason::id);
}

TEST(ClientFirstConnection, TheOriginalsWayTriesWifiForEver) {
  Bench<StopIfServerFails> bench;
  bench.port.wifi.up = false;
  bench.poll();
  for (int i = 0; i < 10; ++i) bench.pass(wifi_limit_ms);
  EXPECT_EQ(bench.port.wifi.connects, 11);
  EXPECT_EQ(bench.client.state(), LinkState::wifi_down);
}

TEST(ClientFirstConnection, TheOriginalsWayGoesOnAfterTheFirstSuccess) {
  Bench<StopIfServerFails> bench;
  bench.open();
  bench.port.transport.fin = true;
  bench.poll();
  bench.port.transport.status = ConnectStatus::unreachable;
  for (int i = 0; i < 10; ++i) {
    bench.reconnect();
    bench.poll();
    EXPECT_EQ(bench.client.state(), LinkState::waiting);
  }
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

}  // namespace
}  // namespace tautline::test
