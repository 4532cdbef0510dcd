// The two ends of the I2C channel, with their lines: a bus whose transfers are over when they begin. What a bus does in
// time is the simulator's part.

#include <functional>

#include <gtest/gtest.h>

#include "tautline/bridge/i2c_bridge_channel.hpp"
#include "tautline/bridge/i2c_hosted_channel.hpp"

namespace tautline::bridge {
namespace {

struct Pin {
  bool high = true;
  void write(bool level) { high = level; }
  bool read() const { return high; }
};

/// Refuses its address while not armed, and once the exchange is complete.
struct Slave {
  I2cExchange* exchange = nullptr;
  void arm(I2cExchange& armed) { exchange = &armed; }
  void disarm() { exchange = nullptr; }
  bool answers() const { return exchange != nullptr && !exchange->complete(); }
};

struct Master {
  Slave& slave;
  std::function<void()> on_complete;  ///< the hosted board's main loop, which the end of an exchange wakes
  int transfers = 0;
  I2cStatus last = I2cStatus::done;

  void begin_write(const char* data, std::size_t size) {
    if (!begin(false)) return;
    for (std::size_t at = 0; at < size; ++at) slave.exchange->on_byte(data[at]);
    slave.exchange->on_stop();
  }
  void begin_read(char* data, std::size_t size) {
    if (!begin(true)) return;
    for (std::size_t at = 0; at < size; ++at) data[at] = slave.exchange->on_read();
    slave.exchange->on_stop();
    if (slave.exchange->complete()) on_complete();
  }
  I2cStatus status() const { return last; }
  void abort() { last = I2cStatus::failed; }

 private:
  bool begin(bool reads) {
    ++transfers;
    last = slave.answers() ? I2cStatus::done : I2cStatus::failed;
    if (last == I2cStatus::done) slave.exchange->on_start(reads);
    return last == I2cStatus::done;
  }
};

struct I2cChannels : testing::Test {
  void SetUp() override {
    master.on_complete = [this] {
      if (!hosted_is_busy) hosted.poll(now_ms);
    };
    hosted.start(1, now_ms);
    bridge.start(2, now_ms);
    pass(100);
    ASSERT_TRUE(hosted_stream.is_up() && bridge_stream.is_up());
    EXPECT_EQ(bridge.failures(), 0U);
  }

  /// Each end looks once, and nothing takes time.
  void turn() {
    hosted.poll(now_ms);
    bridge.poll(now_ms);
  }
  void pass(std::uint32_t ms) {
    for (std::uint32_t passed = 0; passed < ms; ++passed) {
      ++now_ms;
      turn();
    }
  }

  std::uint32_t now_ms = 1000;
  bool hosted_is_busy = false;
  Slave slave;
  Master master{slave, {}};
  Pin syn;
  Pin ack;
  StoredStream<> hosted_stream;
  StoredStream<> bridge_stream;
  I2cHostedChannel<Slave, Pin> hosted{slave, syn, ack, hosted_stream};
  I2cBridgeChannel<Master, Pin> bridge{master, syn, ack, bridge_stream};
};

TEST_F(I2cChannels, are_idle_when_there_is_nothing_to_say) {
  master.transfers = 0;
  pass(500);  // less than a sign of life takes
  EXPECT_EQ(master.transfers, 0);
  EXPECT_FALSE(syn.high);
  EXPECT_FALSE(ack.high);
}

TEST_F(I2cChannels, carry_bytes_from_the_hosted_board_at_once) {
  hosted_stream.write("hello");
  turn();
  EXPECT_EQ(bridge_stream.readable(), "hello");
}

TEST_F(I2cChannels, carry_bytes_from_the_bridge_at_once) {
  bridge_stream.write("hello");
  bridge.poll(now_ms);
  EXPECT_TRUE(ack.high) << "the bridge asks for an exchange";
  turn();
  hosted.poll(now_ms);
  EXPECT_EQ(hosted_stream.readable(), "hello");
}

TEST_F(I2cChannels, ask_for_no_exchange_during_one) {
  hosted_stream.write("hello");
  bridge_stream.write("hello");
  bridge.poll(now_ms);
  ASSERT_TRUE(ack.high);
  bool asked = false;
  master.on_complete = [this, &asked] {
    asked = ack.high;
    hosted.poll(now_ms);
  };
  turn();
  EXPECT_EQ(hosted_stream.readable(), "hello");
  EXPECT_FALSE(asked) << "the hosted board, which is done before the bridge, would arm one exchange after the other";
}

TEST_F(I2cChannels, lose_nothing_when_the_hosted_board_looks_late) {
  hosted_stream.write("one ");
  bridge_stream.write("eins ");
  hosted.poll(now_ms);
  hosted_is_busy = true;
  bridge.poll(now_ms);
  // syn is still high, and the bridge goes on with new bytes.
  bridge_stream.write("zwei ");
  for (int late = 0; late < 5; ++late) {
    ++now_ms;
    bridge.poll(now_ms);
  }
  EXPECT_NE(bridge.failures(), 0U) << "it was refused";
  hosted_is_busy = false;
  pass(20);
  EXPECT_EQ(bridge_stream.readable(), "one ");
  EXPECT_EQ(hosted_stream.readable(), "eins zwei ");
}

}  // namespace
}  // namespace tautline::bridge
