// A client that keeps eight bytes over its reboots takes no line of the server twice.

#include "fake_port.hpp"

namespace tautline::test {
namespace {

TEST(ClientKeptNumbers, NothingToKeepBeforeTheFirstServer) {
  Bench bench;
  KeptNumbers kept;
  EXPECT_FALSE(bench.client.numbers_to_keep(kept));
  bench.connect();
  bench.give("HI 7 99 w=2 n=64 t=2000\n");
  EXPECT_FALSE(bench.client.numbers_to_keep(kept)) << "the server has not said where its lines begin";
  bench.give("GO 7 0 40\n");
  ASSERT_TRUE(bench.client.numbers_to_keep(kept));
  EXPECT_EQ(kept.sid, 99U);
  EXPECT_EQ(kept.ack, 40U);
}

TEST(ClientKeptNumbers, ALineCountsWhenItIsAccepted) {
  Bench bench;
  bench.open();
  bench.give("D41 a\nD42 b\n");
  EXPECT_EQ(bench.read(), "a");
  KeptNumbers kept;
  bench.client.numbers_to_keep(kept);
  EXPECT_EQ(kept.ack, 40U) << "handed out, not accepted";
  bench.client.accept();
  bench.client.numbers_to_keep(kept);
  EXPECT_EQ(kept.ack, 41U);
  EXPECT_EQ(bench.said(), "") << "kept before the server is told";
}

TEST(ClientKeptNumbers, ANewLifeGoesOnWhereTheOldOneStopped) {
  Bench bench;
  bench.client.resume({99, 41});
  bench.connect();
  bench.said();
  bench.give("HI 8 99 w=2 n=64 t=2000\n");
  EXPECT_EQ(bench.said(), "GO 8 41 0 -\n") << "the epoch is new, the acknowledgement is not";
  // The server had not heard the acknowledgement, and heard it now.
  bench.give("GO 8 0 41\nD41 a\nD42 b\n");
  EXPECT_EQ(bench.read(), "b");
  EXPECT_EQ(bench.read(), "(none)");
}

TEST(ClientKeptNumbers, ForgottenWhenTheServersRecordIsNew) {
  Bench bench;
  bench.client.resume({99, 41});
  bench.connect();
  bench.said();
  bench.give("HI 8 100 w=2 n=64 t=2000\n");
  EXPECT_EQ(bench.said(), "GO 8 - 0 -\n");
  bench.give("GO 8 0 0\nD1 of another record\n");
  EXPECT_EQ(bench.read(), "of another record");
}

}  // namespace
}  // namespace tautline::test
