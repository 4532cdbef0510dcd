#include "tautline/bridge/i2c_hosted_channel.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "fake_i2c.hpp"

namespace tautline::bridge::test {
namespace {

/// The hosted board's end; the test is the bridge.
struct Script {
  Script() {
    channel.start(7, now);
    ack.level = false;  // the bridge is there and wants nothing
  }
  void poll() { channel.poll(now); }
  void pass(std::uint32_t ms) {
    now += ms;
    poll();
  }
  /// A whole exchange, after which the board looks; what it said.
  std::string exchange_with(const std::string& packet) {
    const std::string said = slave.exchange_with(packet);
    poll();
    return said;
  }
  std::uint32_t wait() const { return channel.deadline_ms(now) - now; }
  /// After this nothing is due.
  void come_up() {
    poll();
    slave.write(i2c_frame(data_packet(0, "", 0, 512)));
    const std::string sync = slave.read();
    poll();
    ack.level = true;
    poll();
    exchange_with(sync_packet(StreamScript::peer, number(sync, 1, 4), true));
    ack.level = false;
    for (int exchanges = 0; exchanges < 4 && syn.level; ++exchanges) exchange_with(data_packet(0, "", 0, 512));
    ASSERT_TRUE(stream.is_up());
    ASSERT_FALSE(syn.level);
    armed = slave.arms;
  }

  std::uint32_t now = 0xFFFF'FFF0U;
  FakeSlave slave;
  FakePin syn;
  FakePin ack;
  StoredStream<> stream;
  I2cHostedChannel<FakeSlave, FakePin> channel{slave, syn, ack, stream};
  int armed = 0;  ///< up to come_up()
};

TEST(I2cHostedChannel, pulls_syn_low_when_it_starts_and_asks_when_it_has_something_to_say) {
  Script script;
  ASSERT_EQ(script.syn.written, std::vector<bool>{false});
  script.poll();
  EXPECT_TRUE(script.syn.level);
  EXPECT_EQ(script.slave.arms, 1);
  EXPECT_EQ(describe(script.slave.read()), "sync");
}

TEST(I2cHostedChannel, is_armed_before_it_says_so) {
  Script script;
  script.come_up();
  script.stream.write("hello");
  ASSERT_EQ(script.slave.exchange, nullptr);
  script.poll();
  EXPECT_TRUE(script.syn.level);
  ASSERT_NE(script.slave.exchange, nullptr);
}

TEST(I2cHostedChannel, does_nothing_when_nobody_wants_anything) {
  Script script;
  script.come_up();
  script.pass(20);
  EXPECT_FALSE(script.syn.level);
  EXPECT_EQ(script.slave.arms, script.armed);
  EXPECT_EQ(script.channel.deadline_ms(script.now), script.stream.deadline_ms(script.now));
}

TEST(I2cHostedChannel, arms_itself_when_the_bridge_asks) {
  Script script;
  script.come_up();
  script.ack.level = true;
  script.poll();
  EXPECT_TRUE(script.syn.level);
  script.ack.level = false;
  EXPECT_EQ(script.exchange_with(data_packet(0, "hello", 0, 512)), "data 0 ack 0 room 512");
  EXPECT_EQ(script.stream.readable(), "hello");
  EXPECT_FALSE(script.syn.level);
  EXPECT_EQ(script.slave.disarms, script.slave.arms);
}

TEST(I2cHostedChannel, is_armed_again_at_once_when_there_is_more) {
  Script script;
  script.come_up();
  script.stream.write(std::string(300, 'x'));
  script.poll();
  EXPECT_EQ(script.exchange_with(data_packet(0, "", 0, 512)), "data 0 (200) ack 0 room 512");
  EXPECT_TRUE(script.syn.level);
  EXPECT_EQ(script.exchange_with(data_packet(0, "", 200, 512)), "data 200 (100) ack 0 room 512");
  EXPECT_FALSE(script.syn.level);
}

TEST(I2cHostedChannel, looks_at_once_at_an_exchange_that_is_complete) {
  Script script;
  script.come_up();
  script.stream.write("hello");
  script.poll();
  EXPECT_EQ(script.wait(), i2c_arm_limit_ms);
  script.slave.exchange_with(data_packet(0, "", 0, 512));
  EXPECT_EQ(script.wait(), 0U);
}

TEST(I2cHostedChannel, makes_an_exchange_anew_that_nobody_began) {
  Script script;
  script.come_up();
  script.stream.write("hello");
  script.poll();
  script.stream.write(" world");
  script.pass(i2c_arm_limit_ms - 1);
  EXPECT_EQ(script.slave.arms, script.armed + 1);
  script.pass(1);
  EXPECT_EQ(script.slave.arms, script.armed + 2);
  EXPECT_TRUE(script.syn.level);
  EXPECT_EQ(describe(script.slave.read()), "data 0 'hello world' ack 0 room 512");
}

// A bridge that had missed one change of the line took it for low ever after.
TEST(I2cHostedChannel, moves_syn_for_each_exchange) {
  Script script;
  script.come_up();
  script.stream.write("hello");
  script.poll();
  script.syn.written.clear();
  script.pass(i2c_arm_limit_ms);
  EXPECT_EQ(script.syn.written, (std::vector<bool>{false, true}));
}

TEST(I2cHostedChannel, keeps_a_packet_that_came_although_its_own_was_not_fetched) {
  Script script;
  script.come_up();
  script.stream.write("hello");
  script.poll();
  script.slave.write(i2c_frame(data_packet(0, "world", 0, 512)));
  script.pass(i2c_arm_limit_ms);
  EXPECT_EQ(script.stream.readable(), "world");
  EXPECT_EQ(script.exchange_with(data_packet(5, "", 0, 512)), "data 0 'hello' ack 5 room 507");
}

TEST(I2cHostedChannel, asks_to_send_again_what_was_damaged) {
  Script script;
  script.come_up();
  script.ack.level = true;
  script.poll();
  script.ack.level = false;
  std::string frame = i2c_frame(data_packet(0, "hello", 0, 512));
  frame[12] = static_cast<char>(frame[12] ^ 1);
  script.slave.write(frame);
  script.slave.read();
  script.poll();
  EXPECT_EQ(script.stream.readable_bytes(), 0U);
  EXPECT_TRUE(script.syn.level);
  EXPECT_EQ(script.exchange_with(data_packet(5, "", 0, 512)), "data 0 ack 0 room 512 resend");
}

TEST(I2cHostedChannel, tries_on_when_the_bridge_is_off) {
  Script script;
  script.come_up();
  script.ack.level = true;  // by its pull-up
  for (int times = 0; times < 100; ++times) script.pass(script.wait());
  EXPECT_FALSE(script.stream.is_up());
  EXPECT_TRUE(script.syn.level);
  EXPECT_EQ(describe(script.slave.read()), "sync");
}

}  // namespace
}  // namespace tautline::bridge::test
