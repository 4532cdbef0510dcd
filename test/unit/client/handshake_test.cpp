#include "fake_port.hpp"

namespace tautline::test {
namespace {

TEST(ClientHandshake, SaysHelloThenGoThenIsOpen) {
  Bench bench;
  bench.connect();
  EXPECT_EQ(bench.said(), "TL2 door w=2 n=64 t=1500\n");
  EXPECT_EQ(bench.client.state(), LinkState::handshake);
  bench.give("HI 7 99 w=8 n=1024 t=2000\n");
  EXPECT_EQ(bench.said(), "GO 7 - 0 -\n");
  EXPECT_FALSE(bench.client());
  bench.give("GO 7 0 40\n");
  EXPECT_TRUE(bench.client());
  EXPECT_EQ(bench.client.connects(), 1U);
  EXPECT_EQ(bench.client.last_reason(), Reason::none);
}

TEST(ClientHandshake, ResumesWithTheLinesThatTheServerDoesNotHave) {
  Bench bench;
  bench.open();
  bench.client.write("one");
  bench.client.write("two");
  bench.poll();
  EXPECT_EQ(bench.said(), "D1 one\nD2 two\n");
  bench.port.transport.fin = true;
  bench.poll();
  EXPECT_FALSE(bench.client());
  EXPECT_EQ(bench.client.last_reason(), Reason::peer_closed);

  bench.reconnect();
  EXPECT_EQ(bench.said(), "TL2 door w=2 n=64 t=1500\n");
  bench.give("HI 8 99 w=2 n=64 t=2000\n");
  EXPECT_EQ(bench.said(), "GO 8 40 0 7\n");
  bench.give("GO 8 1 40\n");
  EXPECT_EQ(bench.said(), "D2 two\n");
  EXPECT_EQ(bench.client.unacknowledged(), 1U);
}

TEST(ClientHandshake, APartialLineOfTheOldConnectionDoesNotSurvive) {
  Bench bench;
  bench.open();
  bench.give("D41 half a li");
  bench.port.transport.fin = true;
  bench.poll();
  bench.reconnect();
  bench.give("HI 8 99 w=2 n=64 t=2000\nGO 8 0 40\n");
  EXPECT_TRUE(bench.client());
  EXPECT_EQ(bench.read(), "(none)");
}

TEST(ClientHandshake, BytesNotSentOnTheOldConnectionAreNotSentOnTheNew) {
  Bench bench;
  bench.open();
  bench.port.transport.takes = 4;
  bench.client.write("a line that does not fit");
  bench.poll();
  EXPECT_EQ(bench.said(), "D1 a");
  bench.port.transport.fin = true;
  bench.poll();
  bench.port.transport.takes = SIZE_MAX;
  bench.reconnect();
  EXPECT_EQ(bench.said(), "TL2 door w=2 n=64 t=1500\n");
}

TEST(ClientHandshake, WaitsOneTimeoutForTheServer) {
  Bench bench;
  bench.connect();
  bench.pass(1499);
  EXPECT_EQ(bench.client.state(), LinkState::handshake);
  bench.pass(1);
  EXPECT_EQ(bench.client.state(), LinkState::waiting);
  EXPECT_EQ(bench.client.last_reason(), Reason::silent);
}

TEST(ClientHandshake, AnOverlongFirstLineEndsTheConnection) {
  Bench bench;
  bench.connect();
  bench.give(std::string(max_handshake_bytes + 1, 'x'));
  EXPECT_EQ(bench.client.last_reason(), Reason::syntax);
}

TEST(ClientHandshake, AServerThatAcknowledgesLinesNeverWrittenStartsANewEpoch) {
  Bench bench;
  bench.connect();
  bench.client.write("kept");
  bench.give("HI 7 99\n");
  bench.said();
  bench.give("GO 7 5 40\n");
  EXPECT_EQ(bench.said(), "BYE epoch\n");
  EXPECT_EQ(bench.client.last_reason(), Reason::epoch);
  bench.reconnect();
  bench.said();
  bench.give("HI 8 99\n");
  EXPECT_EQ(bench.said(), "GO 8 - 0 -\n");
  bench.give("GO 8 0 40\n");
  EXPECT_EQ(bench.said(), "D1 kept\n");
}

}  // namespace
}  // namespace tautline::test
