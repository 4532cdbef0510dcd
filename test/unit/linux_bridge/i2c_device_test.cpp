#include "tautline/linux_bridge/i2c_device.hpp"

#include <cerrno>
#include <stdexcept>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tautline/bridge/i2c_bridge_channel.hpp"
#include "tautline/bridge/i2c_hosted_channel.hpp"

namespace tautline::linux_bridge {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(I2cDevice, ADeviceThatIsNotThereOrIsNoneIsAClearError) {
  EXPECT_THAT([] { I2cDevice("/nowhere/i2c-1"); },
              ThrowsMessage<std::runtime_error>(HasSubstr("I2C adapter /nowhere/i2c-1: No such file or directory: ")));
  EXPECT_THAT([] { I2cDevice("/dev/null"); },
              ThrowsMessage<std::runtime_error>("I2C adapter /dev/null: is no I2C adapter"));
}

TEST(I2cDevice, ATransferIsOverWhenItHasBegun) {
  int result = 0;
  I2cDevice device([&](bool read, char* data, std::size_t size) {
    if (read) std::fill(data, data + size, 'r');
    return result;
  });
  device.begin_write("abc", 3);
  EXPECT_EQ(device.status(), bridge::I2cStatus::done);
  result = EREMOTEIO;  // what the kernel says when nobody acknowledges
  char bytes[3] = {};
  device.begin_read(bytes, sizeof bytes);
  EXPECT_EQ(device.status(), bridge::I2cStatus::failed);
  EXPECT_EQ(device.error(), EREMOTEIO);
  result = 0;
  device.begin_read(bytes, sizeof bytes);
  EXPECT_EQ(device.status(), bridge::I2cStatus::done);
  EXPECT_EQ(std::string(bytes, 3), "rrr");
}

/// Both lines and the bus between an I2cDevice and a hosted board's channel, in one process.
struct Bus {
  struct Slave {
    void arm(bridge::I2cExchange& exchange) { armed = &exchange; }
    void disarm() { armed = nullptr; }
    bridge::I2cExchange* armed = nullptr;
  };
  struct Pin {
    void write(bool high) { level = high; }
    bool read() const { return level; }
    bool level = true;
  };

  /// As an adapter does it: the slave acknowledges its address only while an exchange is armed.
  int transfer(bool read, char* data, std::size_t size) {
    if (slave.armed == nullptr) return EREMOTEIO;
    if (fail_next > 0 && --fail_next == 0) return ETIMEDOUT;
    slave.armed->on_start(read);
    for (std::size_t i = 0; i < size; ++i) {
      if (read) {
        data[i] = slave.armed->on_read();
      } else {
        slave.armed->on_byte(data[i]);
      }
    }
    slave.armed->on_stop();
    return 0;
  }
  void run(int turns) {
    for (int i = 0; i < turns; ++i, ++now_ms) {
      bridge_channel.poll(now_ms);
      hosted_channel.poll(now_ms);
    }
  }

  Slave slave;
  Pin syn, ack;
  int fail_next = 0;
  std::uint32_t now_ms = 0;
  I2cDevice device{[this](bool read, char* data, std::size_t size) { return transfer(read, data, size); }};
  bridge::StoredStream<> hosted_stream, bridge_stream;
  bridge::I2cHostedChannel<Slave, Pin> hosted_channel{slave, syn, ack, hosted_stream};
  bridge::I2cBridgeChannel<I2cDevice, Pin> bridge_channel{device, syn, ack, bridge_stream};
};

std::string take_all(bridge::ByteStream& stream) {
  std::string bytes;
  while (stream.readable_bytes() != 0) {
    const std::string_view part = stream.readable();
    bytes += part;
    stream.consume(part.size());
  }
  return bytes;
}

TEST(I2cDevice, CarriesTheBridgesChannel) {
  Bus bus;
  bus.hosted_channel.start(1, 0);
  bus.bridge_channel.start(2, 0);
  bus.run(20);
  ASSERT_TRUE(bus.hosted_stream.is_up());
  ASSERT_TRUE(bus.bridge_stream.is_up());
  const std::string to_bridge(300, 'h'), to_board(300, 'b');
  EXPECT_EQ(bus.hosted_stream.write(to_bridge), 300U);
  EXPECT_EQ(bus.bridge_stream.write(to_board), 300U);
  bus.fail_next = 3;  // and one transfer in the middle fails
  bus.run(1000);
  EXPECT_EQ(take_all(bus.bridge_stream), to_bridge);
  EXPECT_EQ(take_all(bus.hosted_stream), to_board);
  EXPECT_GE(bus.bridge_channel.failures(), 1U);
}

/// A board that is off has its line high. The program asks when to try again, and must not be told "at once" all the
/// time.
TEST(I2cDevice, ABoardThatIsOffIsNoReasonForABusyLoop) {
  Bus bus;
  bus.hosted_channel.start(1, 0);
  bus.bridge_channel.start(2, 0);
  bus.run(20);
  ASSERT_TRUE(bus.bridge_stream.is_up());
  bus.bridge_stream.write("never arrives");
  bus.slave.disarm();
  bus.syn.write(true);
  int at_once = 0;
  constexpr int until_ms = 1000;
  for (int polls = 0; bus.now_ms < until_ms; ++polls) {
    ASSERT_LT(polls, 2 * until_ms);
    bus.bridge_channel.poll(bus.now_ms);
    const std::uint32_t at_ms = bus.bridge_channel.deadline_ms(bus.now_ms);
    if (at_ms <= bus.now_ms) ++at_once;
    bus.now_ms = at_ms;
  }
  EXPECT_LT(at_once, 5);
}

}  // namespace
}  // namespace tautline::linux_bridge
