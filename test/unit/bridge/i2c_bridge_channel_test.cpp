#include "tautline/bridge/i2c_bridge_channel.hpp"

#include <string>

#include <gtest/gtest.h>

#include "fake_i2c.hpp"

namespace tautline::bridge::test {
namespace {

/// The bridge's end; the test is the hosted board.
struct Script {
  Script() {
    channel.start(7, now);
    syn.level = false;  // the board is there and wants nothing
  }
  void poll() { channel.poll(now); }
  void pass(std::uint32_t ms) {
    now += ms;
    poll();
  }
  /// The transfer is over.
  void over(I2cStatus status = I2cStatus::done) {
    master.state = status;
    poll();
  }
  void give(const std::string& packet) {
    master.give(i2c_frame(packet));
    poll();
  }
  /// The master's part of an exchange, then the slave's; what the master said.
  std::string exchange_with(const std::string& packet) {
    over();
    give(packet);
    if (master.state == I2cStatus::busy) give(packet);
    return master.said();
  }
  std::uint32_t wait() const { return channel.deadline_ms(now) - now; }
  /// After this nothing is due.
  void come_up() {
    syn.level = true;
    poll();
    const std::uint32_t token = number(master.written, 3, 4);
    exchange_with(sync_packet(StreamScript::peer, token, true));
    for (int exchanges = 0; exchanges < 4; ++exchanges) {
      pass(10);
      if (master.state == I2cStatus::busy) exchange_with(data_packet(0, "", 0, 512));
    }
    syn.level = false;
    pass(10);
    ASSERT_TRUE(stream.is_up());
    ASSERT_FALSE(ack.level);
    began = master.writes;
    failed = channel.failures();
  }

  std::uint32_t now = 0xFFFF'FFF0U;
  FakeMaster master;
  FakePin syn;
  FakePin ack;
  StoredStream<> stream;
  I2cBridgeChannel<FakeMaster, FakePin> channel{master, syn, ack, stream};
  int began = 0;             ///< exchanges, up to come_up()
  std::uint32_t failed = 0;  ///< those of them that failed
};

TEST(I2cBridgeChannel, pulls_ack_low_when_it_starts_and_asks_when_it_has_something_to_say) {
  Script script;
  ASSERT_EQ(script.ack.written, std::vector<bool>{false});
  script.poll();
  EXPECT_TRUE(script.ack.level);  // its sync
  EXPECT_EQ(script.master.writes, 0) << "the board was not asked yet";
}

TEST(I2cBridgeChannel, begins_when_syn_is_high) {
  Script script;
  script.syn.level = true;
  script.poll();
  EXPECT_EQ(script.master.writes, 1);
  EXPECT_EQ(script.master.said(), "sync");
}

TEST(I2cBridgeChannel, reads_the_shortest_frame_and_then_all_of_a_longer_one) {
  Script script;
  script.come_up();
  script.syn.level = true;
  script.poll();
  script.over();
  EXPECT_EQ(script.master.wanted, min_i2c_frame_bytes);
  script.give(data_packet(0, "hello", 0, 512));
  EXPECT_EQ(script.master.wanted, min_i2c_frame_bytes + 5);
  script.give(data_packet(0, "hello", 0, 512));
  EXPECT_EQ(script.stream.readable(), "hello");
}

TEST(I2cBridgeChannel, reads_a_shortest_frame_only_once) {
  Script script;
  script.come_up();
  const int before = script.master.reads;
  script.syn.level = true;
  script.poll();
  script.over();
  script.give(data_packet(0, "", 0, 512));
  EXPECT_EQ(script.master.reads, before + 1);
  EXPECT_EQ(script.master.state, I2cStatus::done);
}

// With ack high to the end of each exchange both boards asked each other for the next one, for ever.
TEST(I2cBridgeChannel, does_not_ask_for_another_exchange_while_one_is_made) {
  Script script;
  script.come_up();
  script.stream.write("hello");
  script.poll();
  ASSERT_TRUE(script.ack.level);
  script.syn.level = true;
  script.poll();
  EXPECT_EQ(script.master.said(), "data 0 'hello' ack 0 room 512");
  EXPECT_FALSE(script.ack.level);
}

TEST(I2cBridgeChannel, asks_for_another_exchange_while_one_is_made_that_does_not_carry_all) {
  Script script;
  script.come_up();
  script.stream.write(std::string(300, 'x'));
  script.syn.level = true;
  script.poll();
  EXPECT_EQ(script.master.said(), "data 0 (200) ack 0 room 512");
  EXPECT_TRUE(script.ack.level);
}

TEST(I2cBridgeChannel, pauses_after_an_exchange_that_carried_nothing_and_not_after_one_that_did) {
  Script script;
  script.come_up();
  script.syn.level = true;
  script.poll();
  script.exchange_with(data_packet(0, "a", 0, 512));
  EXPECT_EQ(script.master.writes, script.began + 2) << "the next one has begun";
  script.exchange_with(data_packet(1, "", 0, 512));
  script.poll();
  EXPECT_EQ(script.master.writes, script.began + 2);
  EXPECT_EQ(script.wait(), i2c_idle_pause_ms);
  script.pass(script.wait());
  EXPECT_EQ(script.master.writes, script.began + 3);
}

TEST(I2cBridgeChannel, writes_again_what_was_not_acknowledged_on_the_bus) {
  Script script;
  script.come_up();
  script.stream.write("hello");
  script.syn.level = true;
  script.poll();
  script.over(I2cStatus::failed);
  EXPECT_EQ(script.channel.failures(), script.failed + 1);
  EXPECT_EQ(script.wait(), i2c_retry_pause_ms);
  script.pass(script.wait());
  // The slave was not ready: nothing of its own was lost, so it is not asked to send again.
  EXPECT_EQ(script.master.said(), "data 0 'hello' ack 0 room 512");
}

TEST(I2cBridgeChannel, asks_to_send_again_what_it_could_not_read) {
  Script script;
  script.come_up();
  script.stream.write("hello");
  script.syn.level = true;
  script.poll();
  script.over();
  script.over(I2cStatus::failed);
  script.pass(i2c_retry_pause_ms);
  EXPECT_EQ(script.master.said(), "data 0 'hello' ack 0 room 512 resend");
}

TEST(I2cBridgeChannel, asks_to_send_again_what_was_damaged) {
  Script script;
  script.come_up();
  script.syn.level = true;
  script.poll();
  script.over();
  std::string frame = i2c_frame(data_packet(0, "", 0, 512));
  frame.back() = static_cast<char>(frame.back() ^ 1);
  script.master.give(frame);
  script.poll();
  EXPECT_EQ(script.channel.failures(), script.failed + 1);
  script.pass(i2c_retry_pause_ms);
  EXPECT_EQ(script.master.said(), "data 0 ack 0 room 512 resend");
}

TEST(I2cBridgeChannel, takes_ones_for_a_slave_that_is_not_there) {
  Script script;
  script.come_up();
  script.syn.level = true;
  script.poll();
  script.over();
  script.master.give("");
  script.poll();
  EXPECT_EQ(script.channel.failures(), script.failed + 1);
}

TEST(I2cBridgeChannel, gives_up_a_transfer_that_takes_too_long) {
  Script script;
  script.come_up();
  script.syn.level = true;
  script.poll();
  EXPECT_EQ(script.wait(), i2c_transfer_limit_ms);
  script.pass(i2c_transfer_limit_ms - 1);
  EXPECT_EQ(script.master.aborts, 0);
  script.pass(1);
  EXPECT_EQ(script.master.aborts, 1);
  EXPECT_EQ(script.channel.failures(), script.failed + 1);
  script.pass(i2c_retry_pause_ms);
  EXPECT_EQ(script.master.writes, script.began + 2);
}

TEST(I2cBridgeChannel, tries_seldom_when_the_board_is_off) {
  Script script;
  script.come_up();
  script.syn.level = true;  // by its pull-up
  script.poll();
  for (int failures = 0; failures < i2c_failures_before_long_pause; ++failures) {
    script.over(I2cStatus::failed);
    script.pass(script.wait());
  }
  script.over(I2cStatus::failed);
  EXPECT_EQ(script.wait(), i2c_long_pause_ms);
}

// The deadline said "now" during each pause, and the program's loop turned without end.
TEST(I2cBridgeChannel, does_not_ask_to_be_polled_in_a_pause) {
  Script script;
  script.come_up();
  script.stream.write("hello");
  script.syn.level = true;
  script.poll();
  script.over(I2cStatus::failed);
  ASSERT_TRUE(script.stream.has_output(script.now));
  EXPECT_EQ(script.wait(), i2c_retry_pause_ms);
}

TEST(I2cBridgeChannel, waits_for_syn_with_what_is_due) {
  Script script;
  script.come_up();
  script.stream.write("hello");
  script.poll();
  EXPECT_EQ(script.wait(), i2c_long_pause_ms);
}

}  // namespace
}  // namespace tautline::bridge::test
