#include "mqtt.hpp"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace bench::mqtt {
namespace {

using namespace std::string_view_literals;

// The bytes of these tests are written from the specification, section by section.

TEST(Mqtt, ConnectNamesProtocolLevelAndClient) {
  EXPECT_EQ(connect("ab"),
            "\x10\x0E\x00\x04MQTT\x04\x02\x00\x00\x00\x02"
            "ab"sv);
}

TEST(Mqtt, SubscribeHasItsReservedFlagsAndAQos) {
  EXPECT_EQ(subscribe(1, "a/#", 2),
            "\x82\x08\x00\x01\x00\x03"
            "a/#\x02"sv);
}

TEST(Mqtt, PublishWithQosHasAnIdentifierAndWithoutNone) {
  EXPECT_EQ(publish(0x0102, "t", 1, "hi"), "\x32\x07\x00\x01t\x01\x02hi"sv);
  EXPECT_EQ(publish(0x0102, "t", 0, "hi"), "\x30\x05\x00\x01thi"sv);
}

TEST(Mqtt, PubrelHasItsReservedFlags) {
  EXPECT_EQ(answer(Type::puback, 7), "\x40\x02\x00\x07"sv);
  EXPECT_EQ(answer(Type::pubrel, 7), "\x62\x02\x00\x07"sv);
}

TEST(Mqtt, TakesAPublishThatItMadeItself) {
  const std::string payload(300, 'x');
  const std::string bytes = publish(9, "topic", 2, payload) + "rest";
  std::string_view left = bytes;
  Packet packet;
  ASSERT_EQ(take_packet(left, packet), Take::taken);
  EXPECT_EQ(packet.type, Type::publish);
  EXPECT_EQ(packet.qos(), 2);
  EXPECT_EQ(packet.id, 9);
  EXPECT_EQ(packet.payload, payload);
  EXPECT_EQ(left, "rest");
}

TEST(Mqtt, TakesWhatABrokerAnswers) {
  std::string_view bytes = "\x20\x02\x00\x05\x90\x03\x00\x01\x80\x50\x02\x12\x34"sv;
  Packet packet;
  ASSERT_EQ(take_packet(bytes, packet), Take::taken);
  EXPECT_EQ(packet.type, Type::connack);
  EXPECT_EQ(packet.code, 5);
  ASSERT_EQ(take_packet(bytes, packet), Take::taken);
  EXPECT_EQ(packet.type, Type::suback);
  EXPECT_EQ(packet.code, 0x80);
  ASSERT_EQ(take_packet(bytes, packet), Take::taken);
  EXPECT_EQ(packet.type, Type::pubrec);
  EXPECT_EQ(packet.id, 0x1234);
  EXPECT_TRUE(bytes.empty());
}

TEST(Mqtt, EveryBeginningOfAPacketIsIncomplete) {
  const std::string whole = publish(1, "t", 1, std::string(200, 'x'));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    std::string_view part = std::string_view(whole).substr(0, size);
    Packet packet;
    EXPECT_EQ(take_packet(part, packet), Take::incomplete) << size;
    EXPECT_EQ(part.size(), size);
  }
}

TEST(Mqtt, WhatIsNoPacketIsBroken) {
  Packet packet;
  for (std::string_view bytes : {"\x30\xFF\xFF\xFF\xFF\x01"sv,  // a length of five bytes
                                 "\x40\x01\x00"sv,              // half an identifier
                                 "\x32\x03\x00\x04t"sv,         // a topic longer than the packet
                                 "\x00\x00"sv}) {               // a reserved type
    EXPECT_EQ(take_packet(bytes, packet), Take::broken);
  }
}

}  // namespace
}  // namespace bench::mqtt
