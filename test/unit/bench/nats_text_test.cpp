#include "nats_text.hpp"

#include <stdexcept>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace bench::nats {
namespace {

TEST(NatsText, PublishSaysHowLongThePayloadIs) {
  EXPECT_EQ(publish("s", "", "hello"), "PUB s 5\r\nhello\r\n");
  EXPECT_EQ(publish("s", "r", "hello"), "PUB s r 5\r\nhello\r\n");
}

TEST(NatsText, AMessageIdStandsInAHeaderThatCountsToo) {
  EXPECT_EQ(publish_once("s", "r", "1-2", "hello"), "HPUB s r 30 35\r\nNATS/1.0\r\nNats-Msg-Id: 1-2\r\n\r\nhello\r\n");
}

TEST(NatsText, TakesLinesAndMessagesInTurn) {
  std::string_view bytes = "+OK\r\nMSG s 1 r.x 5\r\nhe\r\nl\r\nMSG s 1 0\r\n\r\nHMSG s 1 r 4 6\r\nh\r\n.hi\r\nPI";
  Message message;
  ASSERT_TRUE(take_message(bytes, message));
  EXPECT_EQ(message.line, "+OK");
  EXPECT_FALSE(message.is_message());
  ASSERT_TRUE(take_message(bytes, message));
  EXPECT_EQ(message.reply, "r.x");
  EXPECT_EQ(message.payload, "he\r\nl");
  ASSERT_TRUE(take_message(bytes, message));
  EXPECT_EQ(message.reply, "");
  EXPECT_EQ(message.payload, "");
  ASSERT_TRUE(take_message(bytes, message));
  EXPECT_EQ(message.reply, "r");
  EXPECT_EQ(message.payload, "h\r\n.hi");
  EXPECT_FALSE(take_message(bytes, message));
  EXPECT_EQ(bytes, "PI");
}

TEST(NatsText, EveryBeginningOfAMessageWaitsForMore) {
  const std::string whole = "MSG s 1 5\r\nhello\r\n";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    std::string_view part = std::string_view(whole).substr(0, size);
    Message message;
    EXPECT_FALSE(take_message(part, message)) << size;
    EXPECT_EQ(part.size(), size);
  }
}

TEST(NatsText, ALengthThatIsNoNumberIsAnError) {
  std::string_view bytes = "MSG s 1 five\r\nhello\r\n";
  Message message;
  EXPECT_THROW(take_message(bytes, message), std::runtime_error);
}

}  // namespace
}  // namespace bench::nats
