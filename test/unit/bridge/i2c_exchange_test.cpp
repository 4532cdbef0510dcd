#include "tautline/bridge/i2c_exchange.hpp"

#include <cstring>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "packets.hpp"

namespace tautline::bridge::test {
namespace {

const std::string to_slave = i2c_frame("to slave");
const std::string to_master = i2c_frame("to master, longer than the shortest");

void arm(I2cExchange& exchange, std::string_view packet = "to master, longer than the shortest") {
  std::memcpy(exchange.outgoing(), packet.data(), packet.size());
  exchange.arm(packet.size());
}
void write(I2cExchange& exchange, std::string_view bytes) {
  exchange.on_start(false);
  for (const char byte : bytes) exchange.on_byte(byte);
}
std::string read(I2cExchange& exchange, std::size_t count) {
  exchange.on_start(true);
  std::string bytes;
  while (bytes.size() < count) bytes += exchange.on_read();
  return bytes;
}

TEST(I2cFrame, has_length_packet_and_check) {
  char frame[max_i2c_frame_bytes];
  std::memcpy(frame + 2, "0123456", 7);
  const std::size_t bytes = seal_i2c_frame(frame, 7);
  EXPECT_EQ(std::string(frame, bytes), i2c_frame("0123456"));
  EXPECT_EQ(bytes, min_i2c_frame_bytes);
  EXPECT_EQ(i2c_frame_bytes(frame), bytes);
  EXPECT_EQ(open_i2c_frame(frame, bytes), "0123456");
}

TEST(I2cFrame, of_every_length_goes_there_and_back) {
  for (std::size_t bytes = min_packet_bytes; bytes <= max_packet_bytes; ++bytes) {
    const std::string packet(bytes, static_cast<char>(bytes));
    const std::string frame = i2c_frame(packet);
    ASSERT_EQ(i2c_frame_bytes(frame.data()), frame.size());
    ASSERT_EQ(open_i2c_frame(frame.data(), frame.size()), packet);
  }
}

TEST(I2cFrame, of_a_slave_that_is_not_there_has_no_length) {
  EXPECT_EQ(i2c_frame_bytes("\xFF\xFF"), 0U);
  EXPECT_EQ(i2c_frame_bytes("\0\0"), 0U);
  EXPECT_EQ(i2c_frame_bytes(u16(min_packet_bytes - 1).data()), 0U);
  EXPECT_EQ(i2c_frame_bytes(u16(max_packet_bytes + 1).data()), 0U);
}

TEST(I2cFrame, with_any_bit_changed_is_refused) {
  for (std::size_t bit = 0; bit < to_slave.size() * 8; ++bit) {
    std::string damaged = to_slave;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    ASSERT_EQ(open_i2c_frame(damaged.data(), damaged.size()), "") << "bit " << bit;
  }
}

TEST(I2cFrame, that_is_cut_short_is_refused) {
  for (std::size_t bytes = 0; bytes < to_slave.size(); ++bytes) {
    ASSERT_EQ(open_i2c_frame(to_slave.data(), bytes), "") << bytes;
  }
}

TEST(I2cExchange, is_complete_when_both_frames_went_over_and_the_transfer_has_stopped) {
  I2cExchange exchange;
  arm(exchange);
  write(exchange, to_slave);
  exchange.on_stop();
  EXPECT_FALSE(exchange.complete());
  EXPECT_EQ(read(exchange, to_master.size()), to_master);
  EXPECT_FALSE(exchange.complete());  // the last byte may still be in the driver's hands
  exchange.on_stop();
  EXPECT_TRUE(exchange.complete());
  EXPECT_TRUE(exchange.armed());
  exchange.disarm();
  ASSERT_TRUE(exchange.has_incoming());
  EXPECT_EQ(exchange.incoming(), "to slave");
}

TEST(I2cExchange, goes_over_with_a_repeated_start_too) {
  I2cExchange exchange;
  arm(exchange);
  write(exchange, to_slave);
  EXPECT_EQ(read(exchange, to_master.size()), to_master);
  exchange.on_stop();
  EXPECT_TRUE(exchange.complete());
}

TEST(I2cExchange, lets_the_master_look_at_the_shortest_frame_first) {
  I2cExchange exchange;
  arm(exchange);
  write(exchange, to_slave);
  exchange.on_stop();
  EXPECT_EQ(read(exchange, min_i2c_frame_bytes), to_master.substr(0, min_i2c_frame_bytes));
  exchange.on_stop();
  EXPECT_FALSE(exchange.complete());
  EXPECT_EQ(read(exchange, to_master.size()), to_master);
  exchange.on_stop();
  EXPECT_TRUE(exchange.complete());
}

TEST(I2cExchange, begins_anew_with_a_master_that_gave_up_in_the_middle_of_writing) {
  I2cExchange exchange;
  arm(exchange);
  for (std::size_t bytes = 0; bytes < to_slave.size(); ++bytes) {
    write(exchange, to_slave.substr(0, bytes));
    exchange.on_stop();
    ASSERT_FALSE(exchange.complete());
  }
  write(exchange, to_slave);
  EXPECT_EQ(read(exchange, to_master.size()), to_master);
  exchange.on_stop();
  EXPECT_TRUE(exchange.complete());
  exchange.disarm();
  EXPECT_EQ(exchange.incoming(), "to slave");
}

TEST(I2cExchange, begins_anew_with_a_master_that_gave_up_in_the_middle_of_reading) {
  I2cExchange exchange;
  arm(exchange);
  write(exchange, to_slave);
  read(exchange, to_master.size() - 1);
  exchange.on_stop();
  ASSERT_FALSE(exchange.complete());
  const std::string second = i2c_frame("again to slave");
  write(exchange, second);
  EXPECT_EQ(read(exchange, to_master.size()), to_master);
  exchange.on_stop();
  exchange.disarm();
  EXPECT_EQ(exchange.incoming(), "again to slave");
}

TEST(I2cExchange, gives_ones_after_the_end) {
  I2cExchange exchange;
  arm(exchange);
  EXPECT_EQ(read(exchange, to_master.size() + 3), to_master + "\xFF\xFF\xFF");
}

TEST(I2cExchange, takes_no_more_bytes_than_a_frame_has) {
  I2cExchange exchange;
  arm(exchange);
  write(exchange, std::string(2 * max_i2c_frame_bytes, 'x'));
  exchange.on_stop();
  exchange.disarm();
  EXPECT_FALSE(exchange.has_incoming());
  EXPECT_EQ(exchange.incoming(), "");
}

TEST(I2cExchange, does_not_take_a_frame_with_bytes_after_it_for_one) {
  I2cExchange exchange;
  arm(exchange);
  write(exchange, to_slave + "x");
  read(exchange, to_master.size());
  exchange.on_stop();
  EXPECT_FALSE(exchange.complete());
  exchange.disarm();
  EXPECT_FALSE(exchange.has_incoming());
}

TEST(I2cExchange, tells_a_damaged_frame_from_none) {
  std::string damaged = to_slave;
  damaged[4] = '!';
  I2cExchange exchange;
  arm(exchange);
  write(exchange, damaged);
  exchange.on_stop();
  exchange.disarm();
  EXPECT_TRUE(exchange.has_incoming());
  EXPECT_EQ(exchange.incoming(), "");
}

// A master that was faster than the slave's main loop wrote the next frame over the one that the loop had not seen.
TEST(I2cExchange, keeps_what_came_until_the_main_loop_has_taken_it) {
  I2cExchange exchange;
  arm(exchange);
  write(exchange, to_slave);
  read(exchange, to_master.size());
  exchange.on_stop();
  ASSERT_TRUE(exchange.complete());
  write(exchange, i2c_frame("too early"));
  exchange.on_stop();
  EXPECT_EQ(read(exchange, 3), "\xFF\xFF\xFF");  // which no master takes for a frame
  exchange.on_stop();
  EXPECT_TRUE(exchange.complete());
  exchange.disarm();
  EXPECT_EQ(exchange.incoming(), "to slave");
}

TEST(I2cExchange, has_nothing_left_of_the_one_before_when_it_is_armed) {
  I2cExchange exchange;
  arm(exchange);
  write(exchange, to_slave);
  read(exchange, to_master.size());
  exchange.on_stop();
  exchange.disarm();
  arm(exchange, "another");
  EXPECT_FALSE(exchange.complete());
  EXPECT_FALSE(exchange.has_incoming());
  EXPECT_EQ(read(exchange, 13), i2c_frame("another"));
}

}  // namespace
}  // namespace tautline::bridge::test
