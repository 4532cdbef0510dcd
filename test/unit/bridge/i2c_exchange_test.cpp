#include "tautline/bridge/i2c_exchange.hpp"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace tautline::bridge {
namespace {

constexpr std::string_view packet = "seven..";

/// What the master writes.
std::string frame_of(std::string_view text) {
  std::string frame(max_i2c_frame_bytes, '\0');
  text.copy(frame.data() + 2, text.size());
  frame.resize(seal_i2c_frame(frame.data(), text.size()));
  return frame;
}

void write(I2cExchange& exchange, std::string_view bytes) {
  exchange.on_start(false);
  for (const char byte : bytes) exchange.on_byte(byte);
  exchange.on_stop();
}

/// Without the STOP.
std::string read(I2cExchange& exchange, std::size_t size) {
  exchange.on_start(true);
  std::string bytes;
  while (bytes.size() < size) bytes += exchange.on_read();
  return bytes;
}

struct I2cExchangeTest : testing::Test {
  void SetUp() override {
    packet.copy(exchange.outgoing(), packet.size());
    exchange.arm(packet.size());
  }

  I2cExchange exchange;
};

TEST_F(I2cExchangeTest, is_complete_at_stop_after_both_frames) {
  write(exchange, frame_of("from the master"));
  EXPECT_FALSE(exchange.complete());
  EXPECT_EQ(read(exchange, min_i2c_frame_bytes), frame_of(packet));
  EXPECT_FALSE(exchange.complete()) << "the last byte may still be in the driver's hands";
  exchange.on_stop();
  EXPECT_TRUE(exchange.complete());
  exchange.disarm();
  ASSERT_TRUE(exchange.has_incoming());
  EXPECT_EQ(exchange.incoming(), "from the master");
}

TEST_F(I2cExchangeTest, goes_on_after_a_read_that_ended_early) {
  write(exchange, frame_of("from the master"));
  read(exchange, 5);
  exchange.on_stop();
  EXPECT_FALSE(exchange.complete());
  EXPECT_EQ(read(exchange, min_i2c_frame_bytes), frame_of(packet));
  exchange.on_stop();
  EXPECT_TRUE(exchange.complete());
}

TEST_F(I2cExchangeTest, keeps_what_came_when_the_master_begins_the_next_one_early) {
  write(exchange, frame_of("the first"));
  read(exchange, min_i2c_frame_bytes);
  exchange.on_stop();
  write(exchange, frame_of("the second"));
  EXPECT_EQ(read(exchange, 2), "\xFF\xFF") << "as if nobody were there";
  exchange.on_stop();
  EXPECT_TRUE(exchange.complete());
  exchange.disarm();
  EXPECT_EQ(exchange.incoming(), "the first");
}

}  // namespace
}  // namespace tautline::bridge
