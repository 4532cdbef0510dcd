#include "fake_port.hpp"

namespace tautline::test {
namespace {

// ---- writing ------------------------------------------------------------------------------------

TEST(ClientWrite, TheTicketIsAcknowledgedWhenTheServerSaysSo) {
  Bench bench;
  bench.open();
  const WriteResult first = bench.client.write("one");
  const WriteResult second = bench.client.write("two\n");
  ASSERT_EQ(first.status, WriteStatus::ok);
  ASSERT_EQ(second.status, WriteStatus::ok);
  EXPECT_EQ(bench.client.deadline_ms(), bench.now) << "a line to send is due at once";
  bench.poll();
  EXPECT_EQ(bench.said(), "D1 one\nD2 two\n");
  EXPECT_FALSE(bench.client.acknowledged(first.ticket));
  bench.give("A1 40\n");
  EXPECT_TRUE(bench.client.acknowledged(first.ticket));
  EXPECT_FALSE(bench.client.acknowledged(second.ticket));
  EXPECT_EQ(bench.client.unacknowledged(), 1U);
  bench.give("A2 40\n");
  EXPECT_TRUE(bench.client.acknowledged(second.ticket));
}

TEST(ClientWrite, QueuesWhileTheLinkIsDownUntilTheQueueIsFull) {
  Bench bench;
  const std::string longest(64, 'x');
  for (int i = 0; i < 3; ++i) EXPECT_EQ(bench.client.write(longest).status, WriteStatus::ok);
  int more = 0;
  while (bench.client.write(longest).status == WriteStatus::ok) ++more;
  EXPECT_LE(more, 1) << "the spare record of LineQueue::bytes_for()";
  EXPECT_EQ(bench.client.write(longest).status, WriteStatus::would_block);
  bench.open();
  EXPECT_EQ(bench.client.unacknowledged(), static_cast<std::uint32_t>(3 + more));
}

TEST(ClientWrite, RefusesWhatIsNoLine) {
  Bench bench;
  EXPECT_EQ(bench.client.write("a\nb").status, WriteStatus::bad_line);
  EXPECT_EQ(bench.client.write("a\n\n").status, WriteStatus::bad_line);
  EXPECT_EQ(bench.client.write("a\r").status, WriteStatus::bad_line);
  EXPECT_EQ(bench.client.write(std::string_view("a\0b", 3)).status, WriteStatus::bad_line);
  EXPECT_EQ(bench.client.write("").status, WriteStatus::ok) << "protocol 2 carries an empty line";
}

TEST(ClientWrite, TheAgreedMaximumIsTheSmallerOfBoth) {
  Bench bench;
  EXPECT_EQ(bench.client.max_line(), 64U);
  bench.connect();
  bench.give("HI 7 99 n=40\nGO 7 0 40\n");
  EXPECT_EQ(bench.client.max_line(), 40U);
  EXPECT_EQ(bench.client.write(std::string(41, 'x')).status, WriteStatus::too_long);
  EXPECT_EQ(bench.client.write(std::string(40, 'x') + "\n").status, WriteStatus::ok);
  bench.port.transport.fin = true;
  bench.poll();
  EXPECT_EQ(bench.client.max_line(), 40U) << "remembered through an outage";
}

TEST(ClientWrite, ALineThatTheServerNoLongerTakesEndsTheConnectionWithSize) {
  Bench bench;
  bench.client.write(std::string(64, 'x'));
  bench.connect();
  bench.said();
  bench.give("HI 7 99 n=40\n");
  bench.said();
  bench.give("GO 7 0 40\n");
  EXPECT_EQ(bench.said(), "BYE size\n");
  EXPECT_EQ(bench.client.last_reason(), Reason::size);
  EXPECT_GE(bench.deadline - bench.now, Backoff::longest_ms / 2) << "trying soon is of no use";
  EXPECT_EQ(bench.client.unacknowledged(), 1U);
}

TEST(ClientWrite, APlainLineGoesAtOnceOrNotAtAll) {
  Bench bench;
  EXPECT_EQ(bench.client.write("x", false).status, WriteStatus::would_block) << "the link is down: it never queues";
  bench.open();
  const WriteResult result = bench.client.write("x", false);
  EXPECT_EQ(result.status, WriteStatus::ok);
  EXPECT_TRUE(bench.client.acknowledged(result.ticket)) << "there is nothing to wait for";
  bench.poll();
  EXPECT_EQ(bench.said(), "U x\n");
}

TEST(ClientWrite, APlainLineNeverLandsInsideAnotherLine) {
  Bench bench;
  bench.open();
  bench.port.transport.takes = 3;
  bench.client.write("qos line");
  bench.poll();
  EXPECT_EQ(bench.client.write("plain", false).status, WriteStatus::ok);
  bench.client.write("second");
  bench.port.transport.takes = SIZE_MAX;
  bench.poll();
  EXPECT_EQ(bench.said(), "D1 qos line\nU plain\nD2 second\n");
}

TEST(ClientWrite, APlainLineWouldBlockWhileTheOutputIsFull) {
  Bench bench;
  bench.open();
  bench.port.transport.takes = 0;
  int accepted = 0;
  while (bench.client.write(std::string(60, 'x'), false).status == WriteStatus::ok) ++accepted;
  EXPECT_GE(accepted, 1);
  EXPECT_LE(accepted, 2);
}

TEST(ClientWrite, WaitsForCreditBeyondTheServersWindow) {
  Bench bench;
  bench.open();
  bench.client.write("one");
  bench.client.write("two");
  bench.client.write("three");
  bench.poll();
  EXPECT_EQ(bench.said(), "D1 one\nD2 two\n");
  bench.give("A1 40\n");
  EXPECT_EQ(bench.said(), "D3 three\n");
}

// ---- reading ------------------------------------------------------------------------------------

TEST(ClientRead, ALineIsTakenWhenTheNextOneIsAskedFor) {
  Bench bench;
  bench.open();
  bench.give("D41 one\nD42 two\n");
  EXPECT_EQ(bench.said(), "") << "received is not taken";
  EXPECT_EQ(bench.read(), "one");
  bench.poll();
  EXPECT_EQ(bench.said(), "") << "handed out is not taken";
  EXPECT_EQ(bench.read(), "two");
  bench.poll();
  EXPECT_EQ(bench.said(), "A41 0\n");
  EXPECT_EQ(bench.read(), "(none)");
  bench.poll();
  EXPECT_EQ(bench.said(), "A42 0\n");
}

TEST(ClientRead, AcceptTakesTheLine) {
  Bench bench;
  bench.open();
  bench.give("D41 one\n");
  EXPECT_EQ(bench.read(), "one");
  bench.client.accept();
  bench.client.accept();  // nothing is held any more
  bench.poll();
  EXPECT_EQ(bench.said(), "A41 0\n");
}

TEST(ClientRead, OneAcknowledgementServesAllLinesTakenSinceTheLastPoll) {
  Bench bench;
  bench.open();
  bench.give("D41 one\nD42 two\n");
  EXPECT_EQ(bench.read(), "one");
  EXPECT_EQ(bench.read(), "two");
  bench.client.accept();
  bench.poll();
  EXPECT_EQ(bench.said(), "A42 0\n");
}

TEST(ClientRead, LinesBeyondTheWindowAreNotAccepted) {
  Bench bench;
  bench.open();
  bench.give("D41 one\nD42 two\nD43 three\n");
  EXPECT_EQ(bench.read(), "one");
  EXPECT_EQ(bench.read(), "two");
  EXPECT_EQ(bench.read(), "(none)");
  bench.poll();
  EXPECT_EQ(bench.said(), "A42 0\n");
  bench.give("A0 43\n");
  EXPECT_EQ(bench.said(), "R43\n");
}

TEST(ClientRead, APlainLineNeverTakesASlotThatTheWindowPromises) {
  Bench bench;
  bench.open();
  bench.give("U a\nU b\n");
  EXPECT_EQ(bench.client.link().dropped_plain_lines(), 0U) << "the application gets a turn to make room";
  EXPECT_EQ(bench.client.deadline_ms(), bench.now);
  bench.poll();
  EXPECT_EQ(bench.client.link().dropped_plain_lines(), 1U);
  bench.give("D41 one\nD42 two\n");
  EXPECT_EQ(bench.read(), "a");
  EXPECT_EQ(bench.read(), "one");
  EXPECT_EQ(bench.read(), "two");
  EXPECT_EQ(bench.read(), "(none)");
}

TEST(ClientRead, AnApplicationThatReadsWhenPolledLosesNoPlainLine) {
  Bench bench;
  bench.open();
  std::string given;
  for (int i = 0; i < 20; ++i) given += "U " + std::to_string(i) + "\n";
  bench.give(given + "D41 last\n");
  std::string got;
  for (int turn = 0; turn < 30; ++turn) {
    for (std::string line = bench.read(); line != "(none)"; line = bench.read()) got += line + " ";
    bench.poll();
  }
  EXPECT_EQ(got, "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 last ");
  EXPECT_EQ(bench.client.link().dropped_plain_lines(), 0U);
}

TEST(ClientRead, TheLineInHandStaysValidThroughAnOutage) {
  Bench bench;
  bench.open();
  bench.give("D41 in hand\n");
  std::string_view line;
  ASSERT_TRUE(bench.client.readline(line));
  bench.port.transport.fin = true;
  bench.poll();
  bench.reconnect();
  bench.said();
  bench.give("HI 8 99\n");
  EXPECT_EQ(bench.said(), "GO 8 40 0 7\n") << "not taken yet";
  bench.give("GO 8 0 40\nD42 next\n");
  EXPECT_EQ(line, "in hand");
  bench.said();
  EXPECT_EQ(bench.read(), "next");
  bench.poll();
  EXPECT_EQ(bench.said(), "A41 0\n");
}

TEST(ClientRead, ALineTakenDuringAnOutageIsToldInTheNextGo) {
  Bench bench;
  bench.open();
  bench.give("D41 one\n");
  EXPECT_EQ(bench.read(), "one");
  bench.port.transport.fin = true;
  bench.poll();
  bench.client.accept();
  bench.reconnect();
  bench.said();
  bench.give("HI 8 99\n");
  EXPECT_EQ(bench.said(), "GO 8 41 0 7\n");
}

TEST(ClientRead, AForgottenSessionDropsTheInboxButNotTheLineInHand) {
  Bench bench;
  bench.open();
  bench.give("D41 in hand\nD42 dropped\n");
  std::string_view line;
  ASSERT_TRUE(bench.client.readline(line));
  bench.port.transport.fin = true;
  bench.poll();
  bench.reconnect();
  bench.said();
  bench.give("HI 8 1234 w=2 n=64 t=2000\n");
  EXPECT_EQ(bench.said(), "GO 8 - 0 7\n");
  bench.give("GO 8 0 70\nD71 fresh\nD72 fresher\n");
  EXPECT_EQ(line, "in hand");
  bench.said();
  EXPECT_EQ(bench.read(), "fresh");
  bench.poll();
  EXPECT_EQ(bench.said(), "") << "the line in hand belonged to nobody's session: nothing was acknowledged";
  EXPECT_EQ(bench.read(), "fresher");
  bench.poll();
  EXPECT_EQ(bench.said(), "A71 0\n");
}

TEST(ClientRead, LinesArriveInAnyPieces) {
  Bench bench;
  bench.open();
  for (const char byte : std::string("D41 one\nD42 two\n")) bench.give(std::string(1, byte));
  EXPECT_EQ(bench.read(), "one");
  EXPECT_EQ(bench.read(), "two");
}

TEST(ClientRead, AnOverlongLineEndsTheConnection) {
  Bench bench;
  bench.open();
  bench.give("D41 " + std::string(200, 'x'));
  EXPECT_EQ(bench.said(), "BYE syntax\n");
  EXPECT_EQ(bench.client.last_reason(), Reason::syntax);
}

// ---- closing ------------------------------------------------------------------------------------

TEST(ClientClose, SendsALastStatusLineAndIsOverForGood) {
  Bench bench;
  bench.open();
  bench.give("D41 one\n");
  EXPECT_EQ(bench.read(), "one");
  bench.client.accept();
  bench.client.close();
  EXPECT_FALSE(bench.client());
  bench.poll();
  EXPECT_EQ(bench.said(), "A41 0\n");
  EXPECT_EQ(bench.client.state(), LinkState::closed);
  EXPECT_EQ(bench.client.last_reason(), Reason::local_close);
  EXPECT_FALSE(bench.port.transport.connected);
  EXPECT_EQ(bench.client.write("x").status, WriteStatus::closed);
  bench.pass(100000);
  EXPECT_EQ(bench.port.transport.connects, 1);
}

TEST(ClientClose, APeerThatTakesNoBytesDelaysItByOneTimeoutAtMost) {
  Bench bench;
  bench.open();
  bench.port.transport.takes = 0;
  bench.client.close();
  bench.poll();
  EXPECT_EQ(bench.client.state(), LinkState::closing);
  bench.pass(1500);
  EXPECT_EQ(bench.client.state(), LinkState::closed);
}

TEST(ClientClose, WorksInEveryState) {
  {
    Bench bench;
    bench.client.close();
    bench.poll();
    EXPECT_EQ(bench.client.state(), LinkState::closed);
    EXPECT_EQ(bench.port.transport.connects, 0);
  }
  {
    Bench bench;
    bench.port.transport.status = ConnectStatus::connecting;
    bench.poll();
    bench.client.close();
    bench.poll();
    EXPECT_EQ(bench.client.state(), LinkState::closed);
    EXPECT_EQ(bench.port.transport.closes, 1);
  }
  {
    Bench bench;
    bench.connect();
    bench.client.close();
    bench.poll();
    EXPECT_EQ(bench.client.state(), LinkState::closed);
  }
}

}  // namespace
}  // namespace tautline::test
