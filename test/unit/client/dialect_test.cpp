#include "fake_port.hpp"

namespace tautline::test {
namespace {

using DualBench = Bench<KeepTrying, true>;

ClientConfig speaking(Dialect dialect) {
  ClientConfig config;
  config.protocol = dialect;
  return config;
}

TEST(ClientDialect, ProtocolTwoStaysWithIt) {
  DualBench bench(speaking(Dialect::protocol_2));
  bench.connect();
  bench.give("\n");
  EXPECT_EQ(bench.client.last_reason(), Reason::not_protocol_2);
  bench.reconnect();
  EXPECT_EQ(bench.said(), "TL2 door w=2 n=64 t=1500\n");
}

TEST(ClientDialect, AutomaticSpeaksProtocolOneToAServerOfProtocolOne) {
  DualBench bench(speaking(Dialect::automatic));
  bench.client.write("first");
  bench.connect();
  EXPECT_EQ(bench.said(), "TL2 door w=2 n=64 t=1500\n");
  bench.give("\n");
  bench.reconnect();
  EXPECT_EQ(bench.said(), "door\n");
  EXPECT_FALSE(bench.client());
  bench.give("\n");
  EXPECT_TRUE(bench.client());
  EXPECT_EQ(bench.said(), "00first\n");
  bench.give("00\n");
  EXPECT_EQ(bench.client.unacknowledged(), 0U);
}

TEST(ClientDialect, AutomaticLooksAgainWhenNobodyAnswersOnProtocolOne) {
  DualBench bench(speaking(Dialect::automatic));
  bench.connect();
  bench.give("\n");
  bench.reconnect();
  bench.port.transport.fin = true;
  bench.poll();
  bench.reconnect();
  EXPECT_EQ(bench.said(), "TL2 door w=2 n=64 t=1500\n");
}

TEST(ClientDialect, LinesMoveFromProtocolOneToProtocolTwo) {
  DualBench bench(speaking(Dialect::automatic));
  const std::uint32_t first = bench.client.write("first").ticket;
  const std::uint32_t second = bench.client.write("second").ticket;
  bench.connect();
  bench.give("\n");
  bench.reconnect();
  bench.give("\n");
  bench.give("00\n");
  EXPECT_TRUE(bench.client.acknowledged(first));
  EXPECT_FALSE(bench.client.acknowledged(second));
  bench.port.transport.fin = true;
  bench.poll();
  bench.reconnect();  // the server is being replaced
  bench.port.transport.fin = true;
  bench.poll();
  bench.reconnect();
  bench.said();
  bench.give("HI 7 99\n");
  EXPECT_EQ(bench.said(), "GO 7 - 1 -\n");
  bench.give("GO 7 1 0\n");
  EXPECT_EQ(bench.said(), "D2 second\n");
  bench.give("A2 0\n");
  EXPECT_TRUE(bench.client.acknowledged(second));
}

TEST(ClientDialect, UntilTheProtocolIsKnownALineHasToFitBoth) {
  DualBench bench(speaking(Dialect::automatic));
  EXPECT_EQ(bench.client.write("").status, WriteStatus::empty);
  EXPECT_EQ(bench.client.write("\xff").status, WriteStatus::not_utf8);
  bench.open();
  EXPECT_EQ(bench.client.write("").status, WriteStatus::ok);
  EXPECT_EQ(bench.client.write("\xff").status, WriteStatus::ok);
}

// ---- protocol 1 ---------------------------------------------------------------------------------

class ClientProtocol1 : public testing::Test {
 public:
  void open() {
    bench.connect();
    ASSERT_EQ(bench.said(), "door\n");
    bench.give("\n");
    ASSERT_TRUE(bench.client());
    bench.said();
  }
  DualBench bench{speaking(Dialect::protocol_1)};
};

TEST_F(ClientProtocol1, SendsNothingBeforeTheServerDid) {
  bench.client.write("early");
  bench.connect();
  EXPECT_EQ(bench.said(), "door\n");
  bench.pass(1000);
  EXPECT_EQ(bench.said(), "");
  bench.give("\n");
  EXPECT_EQ(bench.said(), "00early\n");
}

TEST_F(ClientProtocol1, WaitsTwoTimeoutsForTheFirstLine) {
  bench.connect();
  bench.pass(2999);
  EXPECT_EQ(bench.client.state(), LinkState::handshake);
  bench.pass(1);
  EXPECT_EQ(bench.client.state(), LinkState::waiting);
}

TEST_F(ClientProtocol1, AnswersKeepalivesAndMessages) {
  open();
  bench.give("00hello\n");
  EXPECT_EQ(bench.read(), "hello");
  EXPECT_EQ(bench.said(), "00\n");
  bench.give("00hello\n");
  EXPECT_EQ(bench.read(), "(none)");
  EXPECT_EQ(bench.said(), "00\n");
}

TEST_F(ClientProtocol1, AFullInboxStopsReadingAndAcknowledging) {
  open();
  std::string lines;
  for (const char number : {'0', '1', '2', '3', '4', '5'}) {
    lines += std::string("0") + number + std::string(60, number) + "\n";
  }
  bench.give(lines);
  EXPECT_EQ(bench.said(), "00\n01\n02\n03\n");
  for (int i = 0; i < 10; ++i) bench.pass(300);
  EXPECT_TRUE(bench.client()) << "silence is not judged while nothing is read";
  bench.said();
  std::string all;
  for (int i = 0; i < 6; ++i) {
    all += bench.read().substr(0, 1);
    bench.poll();
  }
  EXPECT_EQ(all, "012345");
  EXPECT_EQ(bench.said(), "04\n05\n");
}

TEST_F(ClientProtocol1, ResumesItsNumbersAfterAnOutage) {
  open();
  bench.client.write("zero");
  bench.poll();
  EXPECT_EQ(bench.said(), "00zero\n");
  bench.give("00\n");
  bench.client.write("one");
  bench.poll();
  EXPECT_EQ(bench.said(), "01one\n");
  bench.port.transport.fin = true;
  bench.poll();
  EXPECT_GE(bench.deadline - bench.now, 3000U) << "the old server refuses a connection while the old one looks alive";
  bench.reconnect();
  EXPECT_EQ(bench.said(), "door\n");
  bench.give("\n");
  EXPECT_EQ(bench.said(), "01one\n");
}

TEST_F(ClientProtocol1, APlainLineUsesTheSameNumbers) {
  EXPECT_EQ(bench.client.write("x", false).status, WriteStatus::would_block);
  open();
  bench.client.write("zero");
  bench.poll();
  bench.give("00\n");
  bench.said();
  EXPECT_EQ(bench.client.write("x", false).status, WriteStatus::ok);
  bench.poll();
  EXPECT_EQ(bench.said(), "01x\n");
}

}  // namespace
}  // namespace tautline::test
