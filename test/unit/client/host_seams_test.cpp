#include <cstdio>

#include "changes.hpp"

namespace tautline::test {
namespace {

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

TEST(ClientCallback, TellsALinkThatCameUpAndFellWithinOnePoll) {
  Changes changes;
  Bench bench(told_to(changes));
  bench.connect();
  bench.give("HI 7 99\nGO 7 0 40\nBYE closing\n");
  EXPECT_EQ(bench.client.connects(), 1U);
  EXPECT_EQ(changes, (Changes{{true, Reason::none}, {false, Reason::closing}}));
}

TEST(ClientCallback, IsOptional) {
  Bench bench;
  bench.open();
  bench.pass(1500);
  EXPECT_FALSE(bench.client());
}

TEST(ClientCallback, MayCloseTheLinkItIsToldOf) {
  using TheBench = Bench<>;
  TheBench* told = nullptr;
  ClientConfig config;
  config.conn_cb = [](void* bench, bool up, Reason) {
    if (up) (*static_cast<TheBench**>(bench))->client.close();
  };
  config.conn_cb_argument = &told;
  TheBench bench(config);
  told = &bench;
  bench.connect();
  bench.give("HI 7 99\nGO 7 0 40\n");
  bench.poll();
  EXPECT_EQ(bench.client.state(), LinkState::closed);
  EXPECT_EQ(bench.client.last_reason(), Reason::local_close);
}

/// What the callback is told when an open link falls by `end`.
template <class End>
Changes told_when(End end) {
  Changes changes;
  Bench bench(told_to(changes));
  bench.open();
  end(bench);
  EXPECT_FALSE(bench.client());
  return changes;
}

Changes up_then(Reason reason) {
  return {{true, Reason::none}, {false, reason}};
}

TEST(ClientCallback, SaysThatWifiIsTheReason) {
  EXPECT_EQ(told_when([](auto& bench) {
              bench.port.wifi.up = false;
              bench.poll();
            }),
            up_then(Reason::wifi));
}

TEST(ClientCallback, SaysThatWifiDoesNotComeBack) {
  auto expected = up_then(Reason::closing);
  expected.emplace_back(false, Reason::wifi);
  EXPECT_EQ(told_when([](auto& bench) {
              bench.give("BYE closing\n");
              bench.port.wifi.up = false;
              bench.poll();
              bench.pass(wifi_limit_ms);
            }),
            expected);
}

TEST(ClientCallback, SaysThatTheServerIsUnreachable) {
  for (const auto& [status, reason] : {std::pair{ConnectStatus::unreachable, Reason::unreachable},
                                       std::pair{ConnectStatus::refused, Reason::unreachable},
                                       std::pair{ConnectStatus::unresolved, Reason::unresolved}}) {
    Changes changes;
    Bench bench(told_to(changes));
    bench.port.transport.status = status;
    bench.poll();
    bench.poll();
    EXPECT_EQ(changes, (Changes{{false, reason}}));
  }
}

TEST(ClientCallback, SaysThatTheServerIsSilent) {
  EXPECT_EQ(told_when([](auto& bench) { bench.pass(1500); }), up_then(Reason::silent));
}

TEST(ClientCallback, SaysThatTheServerRefuses) {
  for (const Reason reason : {Reason::id, Reason::busy, Reason::version, Reason::size}) {
    Changes changes;
    Bench bench(told_to(changes));
    bench.connect();
    bench.give(std::string("BYE ") + to_string(reason) + "\n");
    EXPECT_EQ(changes, (Changes{{false, reason}}));
  }
}

TEST(ClientCallback, SaysThatANewerConnectionOfTheSameIdTookOver) {
  EXPECT_EQ(told_when([](auto& bench) { bench.give("BYE superseded\n"); }), up_then(Reason::superseded));
}

TEST(ClientCallback, SaysThatThePeerEndedTheConnection) {
  EXPECT_EQ(told_when([](auto& bench) {
              bench.port.transport.rst = true;
              bench.poll();
            }),
            up_then(Reason::peer_closed));
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

TEST(ClientLed, TogglesOnEachKeepaliveOfProtocolOneToo) {
  ClientConfig config;
  config.led = true;
  config.protocol = Dialect::protocol_1;
  Bench<KeepTrying, true> bench(config);
  bench.connect();
  bench.give("\n");
  const int before = bench.port.led.toggles;
  bench.give("\n");
  bench.give("\n\n");
  EXPECT_EQ(bench.port.led.toggles, before + 3);
}

TEST(ClientLed, IsLeftAloneUnlessAskedFor) {
  Bench bench;
  bench.open();
  bench.give("A0 40\n");
  EXPECT_EQ(bench.port.led.toggles, 0);
}

TEST(ClientLog, TellsEveryStateWhenVerbose) {
  ClientConfig config;
  config.verbose = true;
  Bench bench(config);
  bench.open();
  EXPECT_EQ(bench.port.log.states, (std::vector{LinkState::connecting, LinkState::handshake, LinkState::open}));
}

// ---- size ---------------------------------------------------------------------------------------

TEST(ClientSize, IsPrinted) {
  std::printf("LinkClient %zu bytes, with protocol 1 %zu; Client with its default buffers %zu\n", sizeof(LinkClient),
              sizeof(DualLinkClient), sizeof(Client<FakePort>));
  EXPECT_LE(sizeof(LinkClient), 320U) << "64-bit host; the device figure stands in the size table";
}

}  // namespace
}  // namespace tautline::test
