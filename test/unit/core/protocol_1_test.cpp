#include "tautline/core/protocol_1.hpp"

#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "side_1.hpp"

// The scripts read: a side hears bytes, says bytes. Timeout 2000 ms, so keepalives are due every 500 ms.

namespace tautline::test {
namespace {

using namespace std::string_view_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::uint32_t timeout_ms = Side1::timeout_ms;

std::string hex(unsigned number) {
  constexpr std::string_view digits = "0123456789abcdef";
  return {digits[number / 16], digits[number % 16]};
}

/// Hears the acknowledgements of every message in `lines`.
void acknowledges(Side1& side, std::string_view lines) {
  std::string_view line;
  while (take_line(lines, line)) {
    if (line.size() > 2) side.hears(std::string(line.substr(0, 2)) + "\n");
  }
}

/// A server in the middle of its life: `count` messages were sent and acknowledged.
void is_in_midlife(Side1& side, unsigned count) {
  side.serves();
  for (unsigned i = 0; i < count; ++i) {
    side.writes("x");
    acknowledges(side, side.says());
  }
  ASSERT_EQ(side.numbers.unacknowledged(), 0U);
}

// --- A device's whole exchange, as a server sees it ---------------------------------------------------------------

TEST(Protocol1Server, SpeaksWithADeviceByteForByte) {
  Side1 server;
  server.is_connected_to();        // the host has read "door\n"
  EXPECT_EQ(server.says(), "\n");  // at once: the device sends no message before it
  server.writes("light on");
  server.hears("\n");  // the device's first keepalive
  EXPECT_EQ(server.says(), "");
  server.hears("00temp 21.5\n");
  EXPECT_EQ(server.says(), "00\n");  // acknowledgements are not held
  EXPECT_EQ(server.reads(), "temp 21.5");
  server.passes(199);
  EXPECT_EQ(server.says(), "");
  server.passes(1);
  EXPECT_EQ(server.says(), "00light on\n");
  server.hears("00\n01temp 21.6\n");
  EXPECT_EQ(server.says(), "01\n");
  server.writes("light off");
  EXPECT_EQ(server.says(), "01light off\n");
  server.hears("\n");
  EXPECT_EQ(server.says_within(301), "\n");
  server.hears("01temp 21.6\n");  // its acknowledgement was lost
  EXPECT_EQ(server.says(), "01\n");
  server.hears("\n");
  EXPECT_EQ(server.says_within(1700), "\n\n\n01light off\n");  // sent again after a timeout
  server.hears("01\n");
  EXPECT_THAT(server.reads_all(), ElementsAre("temp 21.6"));
  EXPECT_TRUE(server.queue.empty());
}

TEST(Protocol1Server, HoldsMessagesUntilALineFollowedTheId) {
  Side1 server;
  server.writes("light on");
  server.is_connected_to();
  EXPECT_EQ(server.says_within(1999), "\n\n\n\n");
  server.hears("\n");
  EXPECT_EQ(server.says_within(200), "\n");
  EXPECT_EQ(server.says_within(1), "00light on\n");
}

TEST(Protocol1Server, SendsAKeepaliveEveryQuarterOfTheTimeoutWhateverElseItSends) {
  Side1 server;
  is_in_midlife(server, 1);
  EXPECT_EQ(server.says_within(299), "");
  server.writes("x");
  EXPECT_EQ(server.says_within(1), "01x\n");
  server.hears("01\n");
  EXPECT_EQ(server.says_within(200), "\n");
}

// --- The client ----------------------------------------------------------------------------------------------------

TEST(Protocol1Client, SpeaksWithAServerByteForByte) {
  Side1 client;
  client.writes("temp 21.5");
  EXPECT_EQ(client.connects("door"), "door\n");
  EXPECT_FALSE(client.protocol.is_open());
  EXPECT_EQ(client.says_within(1000), "");  // not even a keepalive before the server spoke
  client.hears("\n");
  EXPECT_TRUE(client.protocol.is_open());
  EXPECT_EQ(client.says(), "00temp 21.5\n");
  client.hears("00\n00light on\n");
  EXPECT_EQ(client.says(), "00\n");
  EXPECT_EQ(client.reads(), "light on");
  client.writes("temp 21.6");
  EXPECT_EQ(client.says(), "01temp 21.6\n");
  client.hears("01\n");
  EXPECT_TRUE(client.queue.empty());
}

TEST(Protocol1Client, AnswersTheFirstKeepaliveAtOnceSoThatTheServerGoesOn) {
  Side1 client;
  client.connects();
  client.passes(10);
  client.hears("\n");
  EXPECT_EQ(client.says(), "\n");
}

TEST(Protocol1Client, SendsAKeepaliveOnlyWhenAQuarterOfTheTimeoutPassedWithoutSending) {
  Side1 client;
  client.is_served();
  client.writes("x");
  EXPECT_EQ(client.says_within(300), "00x\n");
  client.hears("00\n00y\n");
  EXPECT_EQ(client.says_within(499), "00\n");
  EXPECT_EQ(client.says_within(2), "\n");
  EXPECT_EQ(client.says_within(501), "\n");
}

TEST(Protocol1Client, OpensOnAMessageToo) {
  Side1 client;
  client.connects();
  client.hears("05light on\n");
  EXPECT_TRUE(client.protocol.is_open());
  EXPECT_EQ(client.says(), "05\n");
  EXPECT_EQ(client.reads(), "light on");
}

TEST(Protocol1Client, WaitsTwoTimeoutsForTheFirstLineAndOneForEveryOther) {
  Side1 client;
  client.connects();
  client.passes(2 * timeout_ms - 1);
  EXPECT_EQ(client.poll(), Due::nothing);
  EXPECT_EQ(client.protocol.deadline_ms(client.numbers), client.now_ms + 1);
  client.passes(1);
  EXPECT_EQ(client.poll(), Due::silent);

  client.is_served();
  client.passes(timeout_ms - 1);
  EXPECT_EQ(client.poll(), Due::output);
  client.passes(1);
  EXPECT_EQ(client.poll(), Due::silent);
}

// --- Retransmission, outages
// ------------------------------------------------------------------------------------------

TEST(Protocol1, UnacknowledgedLinesAreSentAgainAfterATimeoutInOrder) {
  Side1 server;
  is_in_midlife(server, 1);
  server.writes("a");
  server.writes("b");
  server.writes("c");
  EXPECT_EQ(server.says(), "01a\n02b\n03c\n");
  server.hears("02\n");
  server.passes(timeout_ms - 1);
  server.hears("\n");
  EXPECT_EQ(server.says(), "\n");
  server.passes(1);
  EXPECT_EQ(server.poll(), Due::output);
  EXPECT_EQ(server.says(), "01a\n03c\n");
  server.hears("01\n03\n");
  EXPECT_TRUE(server.queue.empty());
}

TEST(Protocol1, LinesThatAreYoungerThanATimeoutAreNotSentAgainWithTheOld) {
  Side1 server;
  is_in_midlife(server, 1);
  server.writes("a");
  EXPECT_EQ(server.says(), "01a\n");
  server.passes(timeout_ms - 100);
  server.hears("\n");
  server.writes("b");
  EXPECT_EQ(server.says(), "02b\n\n");
  server.passes(100);
  EXPECT_EQ(server.says(), "01a\n");
}

TEST(Protocol1, AfterAnOutageUnacknowledgedLinesComeFirstAndWaitingOnesFollow) {
  Side1 client;
  client.is_served();
  client.writes("a");
  EXPECT_EQ(client.says(), "00a\n");
  client.hears("00\n");
  client.writes("b");
  client.writes("c");
  EXPECT_EQ(client.says(), "01b\n02c\n");
  client.hears("02\n");  // 01 was refused or lost
  client.passes(timeout_ms);
  EXPECT_EQ(client.poll(), Due::silent);
  client.writes("d");
  client.passes(Protocol1::reconnect_pause_timeouts * timeout_ms);
  EXPECT_EQ(client.connects(), "door\n");
  client.hears("\n");
  EXPECT_EQ(client.says(), "01b\n03d\n");
  client.hears("01\n03\n");
  EXPECT_TRUE(client.queue.empty());
}

TEST(Protocol1, RetransmissionGoesOnWhereTheRoomEnded) {
  Side1 server;
  is_in_midlife(server, 1);
  for (const char* line : {"a", "b", "c"}) server.writes(line);
  EXPECT_EQ(server.says(9), "01a\n02b\n");
  EXPECT_EQ(server.says(9), "03c\n");
  server.passes(timeout_ms);
  server.hears("\n");
  EXPECT_EQ(server.says(9), "01a\n02b\n\n");
  EXPECT_EQ(server.says(9), "03c\n");
  EXPECT_EQ(server.says(9), "");
}

TEST(Protocol1, PlainLinesAreSentOnceAndGivenUpAfterATimeout) {
  Side1 server;
  is_in_midlife(server, 1);
  const std::uint32_t plain = server.writes_plain("beep");
  const std::uint32_t qos = server.writes("on");
  EXPECT_FALSE(server.numbers.is_sent(plain));
  EXPECT_EQ(server.says(), "01beep\n02on\n");
  EXPECT_TRUE(server.numbers.is_sent(plain));
  server.passes(timeout_ms);
  server.hears("\n");
  EXPECT_EQ(server.says(), "02on\n\n");
  EXPECT_TRUE(server.is_acknowledged(plain));
  EXPECT_FALSE(server.is_acknowledged(qos));
}

TEST(Protocol1, GivingUpPlainLinesLeavesTheRestATimer) {
  Side1 server;
  is_in_midlife(server, 1);
  server.writes_plain("beep");
  EXPECT_EQ(server.says(), "01beep\n");
  server.passes(timeout_ms - 1);
  server.writes("on");
  server.hears("\n");
  EXPECT_EQ(server.says(), "02on\n\n");
  server.passes(1);
  EXPECT_EQ(server.says(), "");  // 01 is given up
  server.passes(timeout_ms);
  server.hears("\n");
  EXPECT_EQ(server.says(), "02on\n\n");
}

TEST(Protocol1, PlainLinesInFlightAtAnOutageAreNotSentAgain) {
  Side1 server;
  is_in_midlife(server, 1);
  server.writes_plain("beep");
  server.writes("on");
  EXPECT_EQ(server.says(), "01beep\n02on\n");
  server.serves_again();
  EXPECT_EQ(server.says(), "02on\n");
}

TEST(Protocol1, PlainLinesNeverSentBeforeAnOutageAreDroppedAndTakeNoNumber) {
  Side1 server;
  server.is_connected_to();
  EXPECT_EQ(server.says(), "\n");
  server.writes("first");
  server.writes_plain("beep");
  server.writes("second");
  server.writes_plain("beep");
  server.serves_again();
  server.writes_plain("new");
  EXPECT_EQ(server.says(), "00first\n");
  server.hears("00\n");
  EXPECT_EQ(server.says(), "01second\n");
  server.hears("01\n");
  EXPECT_EQ(server.says(), "02new\n");
}

TEST(Protocol1, LinesQueuedBeforeTheFirstConnectionAreSentInOrder) {
  Side1 client;
  client.numbers.restart(0xFFFFFFFFU, 0);  // tickets wrap
  for (const char* line : {"a", "b", "c"}) client.writes(line);
  client.connects();
  client.hears("\n");
  EXPECT_EQ(client.says(), "00a\n");
  client.hears("00\n");
  EXPECT_EQ(client.says(), "01b\n02c\n");
}

TEST(Protocol1, AtMostTwentyLinesAreInFlight) {
  Side1 server;
  is_in_midlife(server, 1);
  for (unsigned i = 0; i < 30; ++i) server.writes(i % 2 == 0 ? "q" : "p", i % 2 == 0 ? 0 : tag_1::plain);
  std::string sent = server.says();
  EXPECT_EQ(sent.substr(0, 8), "01q\n02p\n");
  EXPECT_EQ(sent.size(), 15 * 4U);  // to 0f: the next group waits for an acknowledgement
  server.hears("08\n");
  EXPECT_EQ(server.says(), "10p\n11q\n12p\n13q\n14p\n15q\n");
  server.hears("10\n");
  EXPECT_EQ(server.says(), "16p\n");
}

TEST(Protocol1, AStallIsToldOnce) {
  Side1 server;
  is_in_midlife(server, 1);
  server.writes("x");
  EXPECT_EQ(server.says(), "01x\n");
  server.protocol.pause();  // so that silence does not end it first
  server.passes(Sender1::stalled_timeouts * timeout_ms - 1);
  EXPECT_EQ(server.poll(), Due::output);
  server.passes(1);
  EXPECT_EQ(server.poll(), Due::stalled);
  EXPECT_EQ(server.poll(), Due::output);
}

TEST(Protocol1, AcknowledgementsOfUnknownNumbersAreOnlySignsOfLife) {
  Side1 server;
  server.serves();
  server.hears("00\n01\nff\n");  // nothing was sent yet
  server.writes("x");
  EXPECT_EQ(server.says(), "00x\n");
  server.hears("01\nff\n");
  EXPECT_FALSE(server.queue.empty());
  server.hears("00\n00\n");
  EXPECT_TRUE(server.queue.empty());
  EXPECT_THAT(server.events, ElementsAre(Event::keepalive, Event::keepalive, Event::keepalive, Event::keepalive,
                                         Event::keepalive, Event::keepalive, Event::acknowledged, Event::keepalive));
}

// --- Every flaw of existing implementations, and what this one does
// -------------------------------------------------------

TEST(Protocol1Flaw, FirstMessageSentAgainIsADuplicateAndDoesNotRearmTheWindow) {
  Side1 server;
  server.serves();
  server.hears("00boot\n01a\n");
  EXPECT_EQ(server.says(), "00\n01\n");
  server.hears("00boot\n01a\n");
  EXPECT_EQ(server.says(), "00\n01\n");  // both acknowledged again, neither delivered
  EXPECT_THAT(server.reads_all(), ElementsAre("boot", "a"));
}

TEST(Protocol1Flaw, FirstMessageSentAgainOnTheNextConnectionIsADuplicateIfNothingFollowedIt) {
  Side1 server;
  server.serves();
  server.hears("00boot\n");
  EXPECT_EQ(server.says(), "00\n");  // lost in the outage
  server.serves_again();
  server.hears("00boot\n01a\n");
  EXPECT_EQ(server.says(), "00\n01\n");
  EXPECT_THAT(server.reads_all(), ElementsAre("boot", "a"));
}

TEST(Protocol1Flaw, DeviceThatRebootedStartsAtZeroAndIsHeard) {
  Side1 server;
  server.serves();
  server.hears("00boot\n01a\n02b\n");
  server.says();
  server.serves_again();
  server.hears("00boot\n01a\n");  // the same lines, in a new life
  EXPECT_EQ(server.says(), "00\n01\n");
  EXPECT_THAT(server.reads_all(), ElementsAre("boot", "a", "b", "boot", "a"));
}

TEST(Protocol1Flaw, DeviceThatRebootedAfterOneMessageIsHeardIfItSaysSomethingElse) {
  Side1 server;
  server.serves();
  server.hears("00temp 21.5\n");
  server.says();
  server.serves_again();
  server.hears("00temp 21.6\n");
  EXPECT_THAT(server.reads_all(), ElementsAre("temp 21.5", "temp 21.6"));
}

TEST(Protocol1Flaw, DeviceThatRebootedLongAfterItsOnlyMessageIsHeardEvenIfItSaysTheSame) {
  Side1 server;
  server.serves();
  server.hears("00boot\n");
  EXPECT_EQ(server.says(), "00\n");
  server.passes(2 * timeout_ms);
  server.hears("\n");  // alive for two timeouts without repeating 00: it has the acknowledgement
  server.serves_again();
  server.hears("00boot\n");
  EXPECT_THAT(server.reads_all(), ElementsAre("boot", "boot"));
}

TEST(Protocol1Flaw, RepeatedFirstMessageTakesTheProofBack) {
  Side1 server;
  server.serves();
  server.hears("00boot\n");
  EXPECT_EQ(server.says(), "00\n");
  server.passes(2 * timeout_ms);
  server.hears("00boot\n");
  server.serves_again();
  server.hears("00boot\n");
  EXPECT_THAT(server.reads_all(), ElementsAre("boot"));
}

TEST(Protocol1Flaw, OvertakenFirstMessageIsDeliveredAndClearsNothing) {
  Side1 server;
  server.serves();
  server.hears("01b\n02c\n00a\n01b\n02c\n00a\n");
  EXPECT_THAT(server.reads_all(), ElementsAre("b", "c", "a"));
}

TEST(Protocol1Flaw, FirstMessageGoesAloneAndIsHeldUntilAcknowledged) {
  Side1 server;
  server.serves();
  server.writes("a");
  server.writes("b");
  EXPECT_EQ(server.says(), "00a\n");
  server.passes(timeout_ms);
  server.hears("\n");
  EXPECT_EQ(server.says(), "00a\n\n");  // 01 would be swallowed by a peer that has not seen 00
  server.serves_again();
  EXPECT_EQ(server.says(), "00a\n");
  server.hears("00\n");
  EXPECT_EQ(server.says(), "01b\n");
}

TEST(Protocol1Flaw, FirstMessageIsHeldEvenIfPlain) {
  Side1 server;
  server.serves();
  server.writes_plain("beep");
  server.writes("b");
  EXPECT_EQ(server.says(), "00beep\n");
  server.serves_again();
  EXPECT_EQ(server.says(), "00beep\n");
  server.hears("00\n");
  EXPECT_EQ(server.says(), "01b\n");
}

TEST(Protocol1Flaw, LostBurstOfPlainLinesDoesNotMakeTheReceiverSwallowLaterLines) {
  Side1 server;
  server.serves();
  std::size_t heard = 0;
  const auto hears = [&](unsigned number) {
    server.hears(hex(number) + "x\n");
    ++heard;
  };
  hears(0);
  for (unsigned number = 1; number <= 255; ++number) hears(number);
  hears(1);
  // 02 to 80 are lost: 127 lines. A map would keep the bits of the last round for what follows half a round later.
  for (unsigned number = 0x81; number <= 255; ++number) hears(number);
  for (unsigned number = 1; number <= 255; ++number) hears(number);
  EXPECT_EQ(server.inbox.size(), heard);
}

TEST(Protocol1Flaw, GroupOfEightPlainLinesIsNotLeftWithoutAnAcknowledgement) {
  Side1 server;
  is_in_midlife(server, 8);  // 00 to 07
  for (unsigned i = 0; i < 9; ++i) server.writes_plain(std::string(1, static_cast<char>('a' + i)));
  EXPECT_EQ(server.says(), "08a\n09b\n0ac\n0bd\n0ce\n0df\n0eg\n0fh\n");  // the next group waits
  server.passes(timeout_ms);
  server.hears("\n");
  EXPECT_EQ(server.says(), "0fh\n\n");  // the last line of the group again, although it is plain
  server.serves_again();
  server.writes_plain("j");
  EXPECT_EQ(server.says(), "0fh\n");
  server.hears("0f\n");
  EXPECT_EQ(server.says(), "10j\n");  // i was never sent, and is dropped
}

TEST(Protocol1Flaw, OneAcknowledgementIsEnoughForAGroup) {
  Side1 server;
  is_in_midlife(server, 8);
  for (unsigned i = 0; i < 9; ++i) server.writes_plain("x");
  server.says();
  server.hears("0a\n");
  EXPECT_EQ(server.says(), "10x\n");
}

TEST(Protocol1Flaw, LateAcknowledgementOfALineGivenUpCountsForItsGroup) {
  Side1 server;
  is_in_midlife(server, 8);
  for (unsigned i = 0; i < 9; ++i) server.writes_plain("x");
  server.says();
  server.passes(timeout_ms);
  server.hears("\n");
  EXPECT_EQ(server.says(), "0fx\n\n");
  server.hears("08\n");
  EXPECT_EQ(server.says(), "10x\n");
}

TEST(Protocol1Flaw, NeverMoreThan120FromTheOldestUnacknowledgedToTheNewest) {
  Side1 server;
  is_in_midlife(server, 1);
  server.writes("oldest");
  EXPECT_EQ(server.says(), "01oldest\n");
  std::string newest;
  for (unsigned i = 0; i < 300; ++i) {
    server.writes("x");
    const std::string said = server.says();
    if (said.empty()) break;
    newest = said;
    acknowledges(server, said);
  }
  EXPECT_EQ(newest, hex(0x01 + 120) + "x\n");
  server.passes(timeout_ms);
  server.hears("\n");
  EXPECT_EQ(server.says(), "01oldest\n\n");
  server.hears("01\n");
  EXPECT_EQ(server.says(), hex(0x01 + 121) + "x\n");
}

TEST(Protocol1Flaw, SpanCountsTheUnusedZeroAtTheEndOfARound) {
  Side1 server;
  is_in_midlife(server, 0xF0);  // the next is f0
  server.writes("oldest");
  EXPECT_EQ(server.says(), "f0oldest\n");
  std::string newest;
  for (unsigned i = 0; i < 300; ++i) {
    server.writes("x");
    const std::string said = server.says();
    if (said.empty()) break;
    newest = said;
    acknowledges(server, said);
  }
  EXPECT_EQ(newest, hex((0xF0 + 120) % 256) + "x\n");
  server.hears("f0\n");
  EXPECT_EQ(server.says(), hex((0xF0 + 121) % 256) + "x\n");
}

TEST(Protocol1Flaw, TwoMessagesInFlightNeverShareANumber) {
  Side1 server;
  is_in_midlife(server, 1);
  server.writes("oldest");
  server.says();
  for (unsigned i = 0; i < 600; ++i) {
    server.writes("x");
    const std::string said = server.says();
    EXPECT_NE(said.substr(0, 2), "01");
    acknowledges(server, said);
  }
}

TEST(Protocol1Flaw, OnlyWhatWasTakenIsAcknowledged) {
  Side1 server;
  server.serves();
  server.inbox_room = 1;
  server.writes("x");
  server.hears("00a\n01b\n00\n02c\n");
  EXPECT_EQ(server.says(), "00\n00x\n");  // 01 is not acknowledged; what follows it is not read
  EXPECT_EQ(server.says_within(3 * timeout_ms + 1), "\n\n\n\n00x\n\n\n\n\n00x\n\n\n\n\n00x\n");
  EXPECT_NE(server.due, Due::silent);  // the silence is ours
  EXPECT_EQ(server.reads(), "a");
  EXPECT_EQ(server.says(), "01\n");
  EXPECT_TRUE(server.queue.empty());
  EXPECT_EQ(server.reads(), "b");
  EXPECT_EQ(server.says(), "02\n");
  EXPECT_EQ(server.reads(), "c");
  server.passes(timeout_ms);
  EXPECT_EQ(server.poll(), Due::silent);
}

TEST(Protocol1Flaw, AcknowledgementsWaitForTheStoreDuplicatesToo) {
  Side1 server;
  server.serves();
  const Receiver1 before_the_batch = server.numbers.received;
  server.hears("00a\n01b\n");
  server.protocol.hold_acknowledgements();
  server.hears("01b\n");
  EXPECT_EQ(server.says(), "");
  server.protocol.release_acknowledgements();
  EXPECT_EQ(server.says(), "00\n01\n");

  server.numbers.received = before_the_batch;  // the store failed: the peer sends them again, and they are new
  server.serves_again();
  server.reads_all();
  server.hears("00a\n01b\n");
  EXPECT_THAT(server.reads_all(), ElementsAre("a", "b"));
}

TEST(Protocol1Flaw, AWriteWaitsForItsOwnNumberOnly) {
  Side1 server;
  is_in_midlife(server, 1);
  const std::uint32_t plain = server.writes_plain("beep");
  const std::uint32_t lost = server.writes("lost");
  const std::uint32_t mine = server.writes("mine");
  server.says();
  server.hears("03\n");  // not 01, not 02
  EXPECT_TRUE(server.is_acknowledged(mine));
  EXPECT_FALSE(server.is_acknowledged(lost));
  EXPECT_FALSE(server.is_acknowledged(plain));
  EXPECT_EQ(server.last.event, Event::acknowledged);
}

TEST(Protocol1Flaw, OrderedLinesWaitForAllBeforeThem) {
  Side1 server;
  is_in_midlife(server, 1);
  server.writes("a", tag_1::ordered);
  server.writes("b", tag_1::ordered);
  server.writes("c");
  EXPECT_EQ(server.says(), "01a\n");
  server.hears("01\n");
  EXPECT_EQ(server.says(), "02b\n03c\n");  // wait=False: may be overtaken, as the original documents
}

TEST(Protocol1Flaw, NothingOfAnOldConnectionCorruptsTheNext) {
  Side1 server;
  server.serves();
  server.hears("00a\n01par");  // a partial line, and an acknowledgement that is due
  server.is_connected_to();
  EXPECT_EQ(server.says(), "\n");
  server.hears("\n01partial\n");
  EXPECT_EQ(server.says(), "01\n");
  EXPECT_THAT(server.reads_all(), ElementsAre("a", "partial"));
}

TEST(Protocol1Flaw, LinesInPiecesAndKeepalivesAtSegmentBoundariesAreReadRight) {
  Side1 server;
  server.serves();
  for (const std::string_view piece : {"0", "0o", "n", "\n", "\n", "0", "1off\n0", "2x\n\n"}) server.hears(piece);
  EXPECT_THAT(server.reads_all(), ElementsAre("on", "off", "x"));
  EXPECT_EQ(server.says(), "00\n01\n02\n");
}

TEST(Protocol1Flaw, PayloadIsDeliveredByteForByte) {
  Side1 server;
  server.serves();
  server.hears("00\xff\xfe\x00 \r\n01\r\n"sv);
  EXPECT_THAT(server.reads_all(), ElementsAre("\xff\xfe\x00 \r"sv, "\r"));
}

TEST(Protocol1Flaw, GarbageClosesTheConnectionWithoutAWord) {
  for (const std::string_view garbage : {"xx\n", "\xff\xfe\n", "0\n", "\r\n", "0Aupper\n", "BYE id\n"}) {
    Side1 server;
    server.serves();
    server.writes("x");
    server.hears("00a\n");
    server.hears(garbage);
    EXPECT_EQ(server.last.event, Event::failed);
    EXPECT_EQ(server.last.reason, Reason::syntax);
    EXPECT_FALSE(server.last.from_peer);
    EXPECT_EQ(server.protocol.failure(), Reason::syntax);
    EXPECT_FALSE(server.protocol.is_open());
    EXPECT_EQ(server.says_within(timeout_ms), "");
    server.serves_again();
    server.hears("00a\n");
    EXPECT_EQ(server.says(), "00\n00x\n");  // the link goes on
  }
}

TEST(Protocol1Flaw, EmptyPayloadIsRefusedAtWriteSeeWire1) {
  EXPECT_EQ(wire_1::check_payload("", 128), WriteStatus::empty);
  EXPECT_EQ(wire_1::check_payload("\xff", 128), WriteStatus::not_utf8);
}

TEST(Protocol1Flaw, NewConnectionTakesOverFromOneThatStillLooksAlive) {
  Side1 server;
  is_in_midlife(server, 1);
  server.writes("x");
  EXPECT_EQ(server.says(), "01x\n");
  server.hears("00a\n\n");   // alive
  server.is_connected_to();  // no silence, no refusal
  EXPECT_EQ(server.says(), "\n");
  server.hears("\n00a\n");
  EXPECT_EQ(server.says(), "00\n");
  server.passes(200);
  EXPECT_EQ(server.says(), "01x\n");
}

TEST(Protocol1Flaw, ASilentConnectionIsJudgedByItsOwnTimeAndHoldsUpNoOther) {
  Side1 silent;
  Side1 talking;
  silent.is_connected_to();
  talking.serves();
  silent.passes(timeout_ms);
  EXPECT_EQ(silent.poll(), Due::silent);
  talking.hears("00a\n");
  EXPECT_EQ(talking.reads(), "a");
}

TEST(Protocol1Flaw, InputWithoutLineEndIsBounded) {
  std::array<char, 64> storage{};
  LineBuffer buffer(storage.data(), storage.size());
  std::string_view line;
  std::fill(storage.begin(), storage.end(), 'x');
  buffer.commit(storage.size());
  EXPECT_FALSE(buffer.next(line));
  EXPECT_TRUE(buffer.overlong(32));
  EXPECT_EQ(buffer.free_bytes(), 0U);
}

TEST(Protocol1Flaw, BytesThatFollowTheIdInTheSameSegmentAreKept) {
  std::string_view segment = "door\n\n00a\n";
  std::string_view id;
  ASSERT_TRUE(take_line(segment, id));
  EXPECT_EQ(id, "door");
  Side1 server;
  server.is_connected_to();
  server.hears(segment);
  EXPECT_EQ(server.says(), "00\n\n");
  EXPECT_EQ(server.reads(), "a");
}

// --- Receiving
// --------------------------------------------------------------------------------------------------------------

TEST(Protocol1, EveryMessageIsAcknowledgedDuplicatesToo) {
  Side1 client;
  client.is_served();
  client.hears("00a\n01b\n02c\n01b\n");
  EXPECT_EQ(client.says(), "00\n01\n02\n");  // one acknowledgement is enough for two copies read at once
  client.hears("01b\n");
  EXPECT_EQ(client.says(), "01\n");
  EXPECT_EQ(client.inbox.size(), 3U);
}

TEST(Protocol1, AcknowledgementsAreWrittenInTheOrderOfReceiptAsFarAsTheRoomGoes) {
  Side1 client;
  client.is_served();
  client.hears("feo\nffp\n01q\n02r\n");
  EXPECT_EQ(client.says(7), "fe\nff\n");
  EXPECT_EQ(client.says(7), "01\n02\n");
}

TEST(Protocol1, AnyNumberOfMessagesInOneReadIsAcknowledged) {
  Side1 client;
  client.is_served();
  std::string all;
  std::string expected;
  for (unsigned i = 0; i < 256; ++i) {
    all += hex(i) + "x\n";
    expected += hex(i) + "\n";
  }
  client.hears(all);
  EXPECT_EQ(client.says(), expected);
}

TEST(Protocol1, FailedConnectionIsMuteUntilStartedAgain) {
  Side1 client;
  client.is_served();
  client.protocol.fail(Reason::local_close);
  client.writes("x");
  client.hears("00a\n");
  EXPECT_EQ(client.says_within(5 * timeout_ms), "");
  EXPECT_THAT(client.inbox, IsEmpty());
  EXPECT_EQ(client.protocol.failure(), Reason::local_close);
  client.connects();
  client.hears("\n");
  EXPECT_EQ(client.says(), "00x\n");
}

TEST(Receiver1, LinesThatWereSkippedAreNewWhenTheyComeLate) {
  Receiver1 receiver;
  using Verdict = Receiver1::Verdict;
  for (unsigned number = 0; number < 256; ++number)
    receiver.take(static_cast<std::uint8_t>(number), "x", Verdict::fresh);
  receiver.take(0x05, "x", Verdict::fresh);  // 01 to 04 of this round are missing
  EXPECT_EQ(receiver.judge(0x03, "x", false), Verdict::fresh);
  receiver.take(0x03, "x", Verdict::fresh);
  EXPECT_EQ(receiver.judge(0x03, "x", false), Verdict::duplicate);
  EXPECT_EQ(receiver.judge(0x04, "x", false), Verdict::fresh);
  EXPECT_EQ(receiver.judge(0xFF, "x", false), Verdict::duplicate);
}

TEST(Receiver1, RemembersHalfARoundAndTakesTheRestForNew) {
  Receiver1 receiver;
  using Verdict = Receiver1::Verdict;
  receiver.take(0x10, "x", Verdict::fresh);
  EXPECT_EQ(receiver.judge(0x10, "x", false), Verdict::duplicate);
  EXPECT_EQ(receiver.judge(0x0F, "x", false), Verdict::fresh);  // behind, never received
  receiver.take(0x0F, "x", Verdict::fresh);
  EXPECT_EQ(receiver.judge(0x0F, "x", false), Verdict::duplicate);
  receiver.take(0x8E, "x", Verdict::fresh);  // 0f is 127 behind now
  EXPECT_EQ(receiver.judge(0x0F, "x", false), Verdict::duplicate);
  EXPECT_EQ(receiver.judge(0x11, "x", false), Verdict::fresh);
  receiver.take(0x8F, "x", Verdict::fresh);  // 128 behind: ahead again
  EXPECT_EQ(receiver.judge(0x0F, "x", false), Verdict::fresh);
  EXPECT_EQ(receiver.judge(0x10, "x", false), Verdict::duplicate);
}

}  // namespace
}  // namespace tautline::test
