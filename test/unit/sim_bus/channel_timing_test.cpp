// What the bus models say about the channels, in virtual time: the same on every machine.

#include <gtest/gtest.h>

#include "bus/measure.hpp"

namespace tautline::sim {
namespace {

Pair::Settings woken_after(Nanoseconds board_ns, Nanoseconds bridge_ns) {
  Pair::Settings settings;
  settings.wake_ns = {board_ns, bridge_ns};
  return settings;
}

TEST(ChannelTiming, a_line_of_32_bytes_crosses_an_idle_i2c_channel_at_400_khz_in_under_5_ms) {
  for (const Nanoseconds wake_ns : {Nanoseconds{0}, 100 * ns_per_us}) {
    I2cPair pair(woken_after(wake_ns, wake_ns), {.clock_hz = 400'000, .handler_ns = 2 * ns_per_us});
    ASSERT_TRUE(come_up(pair));
    for (const Side from : {Side::board, Side::bridge}) {
      const LineTimes times = measure_lines(pair, from, 32);
      EXPECT_TRUE(times.arrived);
      EXPECT_LT(times.longest_ns, 5 * ns_per_ms);
    }
  }
}

TEST(ChannelTiming, an_idle_channel_costs_a_few_turns_a_second) {
  I2cPair i2c;
  SerialPair serial;
  for (Pair* pair : {static_cast<Pair*>(&i2c), static_cast<Pair*>(&serial)}) {
    ASSERT_TRUE(come_up(*pair));
    pair->run_until(pair->now_ns() + ns_per_s);
    const std::uint64_t before[] = {pair->polls(Side::board), pair->polls(Side::bridge)};
    pair->run_until(pair->now_ns() + 10 * ns_per_s);
    // A sign of life each second and each way: four turns on I2C, one for each of its 30 bytes or so on a serial line.
    EXPECT_LT(pair->polls(Side::board) - before[0], 450U);
    EXPECT_LT(pair->polls(Side::bridge) - before[1], 450U);
    EXPECT_EQ(pair->stream(Side::board).sessions(), 1U);
  }
  EXPECT_LT(i2c.bus.counters().transfers, 100U);
}

// A master that is faster than the slave's program: no session came up before exchanges were kept until they are taken.
TEST(ChannelTiming, a_slow_board_does_not_stop_the_channel) {
  for (const Unarmed unarmed : {Unarmed::refuses, Unarmed::holds_clock}) {
    for (const Nanoseconds wake_ns : {500 * ns_per_us, 5 * ns_per_ms, 30 * ns_per_ms}) {
      I2cPair pair(woken_after(wake_ns, 0), {.clock_hz = 400'000, .unarmed = unarmed});
      ASSERT_TRUE(come_up(pair));
      const Throughput throughput = measure_throughput(pair, true, true, 3);
      // One packet each way in each turn of the board, or nearly.
      const double turns = 1e9 / static_cast<double>(wake_ns + 12 * ns_per_ms);
      EXPECT_GT(throughput.to_bridge, turns * bridge::max_packet_payload / 2) << wake_ns;
      EXPECT_GT(throughput.to_board, turns * bridge::max_packet_payload / 2) << wake_ns;
    }
  }
}

TEST(ChannelTiming, a_slow_bridge_does_not_stop_the_channel) {
  for (const Nanoseconds wake_ns : {500 * ns_per_us, 5 * ns_per_ms, 30 * ns_per_ms}) {
    I2cPair pair(woken_after(0, wake_ns));
    ASSERT_TRUE(come_up(pair));
    const Throughput throughput = measure_throughput(pair, true, true, 3);
    const double turns = 1e9 / static_cast<double>(4 * wake_ns + 12 * ns_per_ms);
    EXPECT_GT(throughput.to_bridge, turns * bridge::max_packet_payload / 2) << wake_ns;
    EXPECT_GT(throughput.to_board, turns * bridge::max_packet_payload / 2) << wake_ns;
  }
}

TEST(ChannelTiming, a_serial_line_is_nearly_full_at_every_speed) {
  for (const std::uint32_t baud : {9'600U, 115'200U, 460'800U}) {
    Pair::Settings settings;
    settings.times = bridge::uart_times(baud);
    SerialPair pair(settings, {.baud = baud});
    ASSERT_TRUE(come_up(pair));
    const Throughput throughput = measure_throughput(pair, true, true, 3);
    const double line = baud / 10.0;
    EXPECT_GT(throughput.to_bridge, 0.85 * line) << baud;
    EXPECT_GT(throughput.to_board, 0.85 * line) << baud;
    EXPECT_EQ(pair.line.counters().lost, 0U);
  }
}

}  // namespace
}  // namespace tautline::sim
