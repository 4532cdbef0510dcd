#include "tautline/core/wire_1.hpp"

#include <array>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace tautline::wire_1 {
namespace {

using namespace std::string_view_literals;

template <typename Put, typename... Arguments>
std::string written(Put put, Arguments... arguments) {
  std::array<char, 64> out{};
  return {out.data(), put(out.data(), arguments...)};
}

TEST(Wire1, EmptyLineIsAKeepalive) {
  EXPECT_EQ(parse_line("").kind, Kind::keepalive);
}

TEST(Wire1, TwoHexDigitsAloneAreAnAcknowledgement) {
  const Line line = parse_line("7f");
  EXPECT_EQ(line.kind, Kind::ack);
  EXPECT_EQ(line.number, 0x7F);
  EXPECT_EQ(parse_line("00").kind, Kind::ack);
}

TEST(Wire1, TwoHexDigitsAndBytesAreAMessage) {
  const Line line = parse_line("fetemp 21.5");
  EXPECT_EQ(line.kind, Kind::message);
  EXPECT_EQ(line.number, 0xFE);
  EXPECT_EQ(line.payload, "temp 21.5");
}

TEST(Wire1, PayloadIsAnyBytes) {
  EXPECT_EQ(parse_line("01\xff\x80\x00z"sv).payload, "\xff\x80\x00z"sv);
  EXPECT_EQ(parse_line("01\r").kind, Kind::message);
  EXPECT_EQ(parse_line("01\r").payload, "\r");
  EXPECT_EQ(parse_line("01on\r").payload, "on\r");
}

TEST(Wire1, OtherLinesAreInvalid) {
  for (const std::string_view line : {"0"sv, "\r"sv, "g0"sv, "0g"sv, " 1x"sv, "-1x"sv, "+1"sv, "0x"sv, "0Ax"sv, "FF"sv,
                                      "\xff\xff"sv, "\0\0"sv, "TL2 door"sv, "BYE syntax"sv, "HI 1 2"sv}) {
    EXPECT_EQ(parse_line(line).kind, Kind::invalid) << line;
  }
}

TEST(Wire1, EveryNumberIsReadAsItIsWritten) {
  for (unsigned number = 0; number < 256; ++number) {
    std::string line = written(put_message, static_cast<std::uint8_t>(number), "x");
    ASSERT_EQ(line.size(), message_overhead + 1);
    line.pop_back();
    EXPECT_EQ(parse_line(line).number, number);
    EXPECT_EQ(parse_line(line).payload, "x");
  }
}

TEST(Wire1, LinesAreWrittenByteForByte) {
  EXPECT_EQ(written(put_id, "door"), "door\n");
  EXPECT_EQ(written(put_message, std::uint8_t{0}, "on"), "00on\n");
  EXPECT_EQ(written(put_message, std::uint8_t{0xAB}, "on"), "abon\n");
  EXPECT_EQ(written(put_ack, std::uint8_t{0xFF}), "ff\n");
  EXPECT_EQ(written(put_keepalive), "\n");
}

TEST(Wire1, ZeroIsUsedOnceAndRoundsGoFromOneToFf) {
  EXPECT_EQ(number_after(0x00), 0x01);
  EXPECT_EQ(number_after(0x7F), 0x80);
  EXPECT_EQ(number_after(0xFF), 0x01);
}

TEST(Wire1, StepsCountMessagesAcrossTheEndOfARound) {
  EXPECT_EQ(steps_between(0x05, 0x07), 2U);
  EXPECT_EQ(steps_between(0xFF, 0x01), 1U);
  EXPECT_EQ(steps_between(0x01, 0xFF), 254U);
  EXPECT_EQ(number_before(0x01, 1), 0xFF);
  EXPECT_EQ(number_before(0x00, 0), 0x00);
  std::uint8_t number = 0x01;
  for (unsigned steps = 0; steps < numbers_in_round; ++steps) {
    EXPECT_EQ(number_before(number, steps), 0x01);
    EXPECT_EQ(steps_between(0x01, number), steps);
    number = number_after(number);
  }
}

TEST(Wire1, EmptyPayloadIsRefusedAtWriteBecauseItWouldBeAnAcknowledgement) {
  EXPECT_EQ(check_payload("", 100), WriteStatus::empty);
}

TEST(Wire1, PayloadThatIsNotUtf8IsRefusedAtWrite) {
  EXPECT_EQ(check_payload("na\xc3\xafve", 100), WriteStatus::ok);
  EXPECT_EQ(check_payload("na\xefve", 100), WriteStatus::not_utf8);
}

TEST(Wire1, OrdinaryRulesOfWriteHoldToo) {
  EXPECT_EQ(check_payload("12345", 5), WriteStatus::ok);
  EXPECT_EQ(check_payload("123456", 5), WriteStatus::too_long);
  EXPECT_EQ(check_payload("a\rb", 5), WriteStatus::bad_line);
  EXPECT_EQ(check_payload("a\0b"sv, 5), WriteStatus::bad_line);
}

}  // namespace
}  // namespace tautline::wire_1
