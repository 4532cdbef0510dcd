#include "bus/i2c_bus.hpp"

#include <cstring>
#include <string>

#include <gtest/gtest.h>

namespace tautline::sim {
namespace {

using bridge::I2cStatus;

constexpr std::uint32_t always = 1'000'000;
constexpr Nanoseconds bit_ns = 10 * ns_per_us;  // at 100 kHz

/// A bus, an exchange of the slave's, and the master's memory.
struct Script {
  explicit Script(const I2cSettings& settings = {.clock_hz = 100'000}, const I2cFaults& faults = {})
      : bus(settings, &random, faults) {
    std::memcpy(frame + 2, "to slave", 8);
    frame_bytes = bridge::seal_i2c_frame(frame, 8);
  }
  void arm() {
    std::memcpy(exchange.outgoing(), "to master", 9);
    exchange.arm(9);
    bus.slave().arm(exchange);
  }
  Wakes pass(Nanoseconds ns) {
    now += ns;
    return bus.advance(now);
  }
  /// Until nothing more happens by itself, at most ten seconds.
  Wakes settle() {
    Wakes wakes;
    const Nanoseconds end = now + 10 * ns_per_s;
    while (bus.next_ns() <= end) {
      now = bus.next_ns();
      wakes |= bus.advance(now);
    }
    return wakes;
  }
  I2cStatus write() {
    bus.master().begin_write(frame, frame_bytes);
    settle();
    return bus.master().status();
  }
  I2cStatus read(std::size_t bytes = 15) {
    bus.master().begin_read(in, bytes);
    settle();
    return bus.master().status();
  }

  Random random{1};
  I2cBus bus;
  bridge::I2cExchange exchange;
  char frame[bridge::max_i2c_frame_bytes] = {};
  char in[64] = {};
  std::size_t frame_bytes = 0;
  Nanoseconds now = 0;
};

TEST(I2cBus, carries_an_exchange_and_wakes_both) {
  Script script;
  script.arm();
  EXPECT_EQ(script.write(), I2cStatus::done);
  script.bus.master().begin_read(script.in, 15);
  const Wakes wakes = script.settle();
  EXPECT_TRUE(wakes.board && wakes.bridge);
  EXPECT_EQ(bridge::open_i2c_frame(script.in, 15), "to master");
  EXPECT_TRUE(script.exchange.complete());
  script.bus.slave().disarm();
  script.exchange.disarm();
  EXPECT_EQ(script.exchange.incoming(), "to slave");
}

TEST(I2cBus, takes_nine_bits_a_byte_with_start_and_stop) {
  Script script;
  script.arm();
  script.bus.master().begin_write(script.frame, script.frame_bytes);
  const Nanoseconds whole = (1 + 9 + 9 * script.frame_bytes + 1) * bit_ns;
  EXPECT_FALSE(script.pass(whole - 1).bridge);
  EXPECT_EQ(script.bus.master().status(), I2cStatus::busy);
  EXPECT_TRUE(script.pass(1).bridge);
  EXPECT_EQ(script.bus.master().status(), I2cStatus::done);
}

TEST(I2cBus, moves_each_byte_at_its_time) {
  Script script;
  script.arm();
  script.bus.master().begin_read(script.in, 15);
  script.pass((10 + 9) * bit_ns - 1);
  EXPECT_EQ(script.in[0], 0);
  script.pass(1);
  EXPECT_EQ(script.in[0], 9);
}

TEST(I2cBus, has_no_answer_from_a_slave_that_is_not_armed) {
  Script script;
  EXPECT_EQ(script.write(), I2cStatus::failed);
}

TEST(I2cBus, has_no_answer_from_a_slave_whose_exchange_is_complete) {
  Script script;
  script.arm();
  script.write();
  script.read();
  ASSERT_TRUE(script.exchange.complete());
  EXPECT_EQ(script.write(), I2cStatus::failed);
  EXPECT_TRUE(script.exchange.complete());
}

TEST(I2cBus, waits_for_a_slave_that_holds_the_clock) {
  Script script({.clock_hz = 100'000, .unarmed = Unarmed::holds_clock});
  EXPECT_EQ(script.write(), I2cStatus::busy);
  script.pass(ns_per_ms);
  script.arm();
  script.settle();
  EXPECT_EQ(script.bus.master().status(), I2cStatus::done);
}

TEST(I2cBus, is_slowed_down_by_the_slave_s_handler) {
  Script script({.clock_hz = 100'000, .handler_ns = 5 * ns_per_us});
  script.arm();
  script.bus.master().begin_write(script.frame, script.frame_bytes);
  const std::size_t bytes = 1 + script.frame_bytes;
  EXPECT_FALSE(script.pass((2 + 9 * bytes) * bit_ns + bytes * 5 * ns_per_us - 1).bridge);
  EXPECT_TRUE(script.pass(1).bridge);
}

TEST(I2cBus, reads_ones_from_a_slave_that_was_disarmed_in_the_middle) {
  Script script;
  script.arm();
  script.bus.master().begin_read(script.in, 15);
  script.pass((10 + 9 * 2) * bit_ns);
  script.bus.slave().disarm();
  script.settle();
  EXPECT_EQ(script.in[1], 0);
  EXPECT_EQ(script.in[2], 't') << "it was on its way";
  EXPECT_EQ(script.in[3], '\xFF');
}

TEST(I2cBus, ends_a_write_to_a_slave_that_was_reset_in_the_middle) {
  Script script;
  script.arm();
  script.bus.master().begin_write(script.frame, script.frame_bytes);
  script.pass((10 + 9 * 2) * bit_ns);
  script.bus.reset_slave();
  EXPECT_TRUE(script.settle().bridge);
  EXPECT_EQ(script.bus.master().status(), I2cStatus::failed);
}

TEST(I2cBus, does_not_let_a_slave_join_in_the_middle) {
  Script script;
  script.arm();
  script.bus.master().begin_write(script.frame, script.frame_bytes);
  script.pass((10 + 9 * 2) * bit_ns);
  script.arm();
  script.settle();
  EXPECT_EQ(script.bus.master().status(), I2cStatus::failed);
  EXPECT_EQ(script.write(), I2cStatus::done);
}

TEST(I2cBus, leaves_the_slave_as_it_is_when_the_master_is_reset) {
  Script script;
  script.arm();
  script.bus.master().begin_write(script.frame, script.frame_bytes);
  script.pass((10 + 9 * 5) * bit_ns);
  script.bus.reset_master();
  EXPECT_EQ(script.bus.next_ns(), never_ns);
  EXPECT_FALSE(script.exchange.complete());
  EXPECT_EQ(script.write(), I2cStatus::done);
  EXPECT_EQ(script.read(), I2cStatus::done);
  EXPECT_TRUE(script.exchange.complete());
}

TEST(I2cBus, may_be_held_low_by_the_slave_when_the_master_is_reset) {
  Script script({.clock_hz = 100'000}, {.stuck_ns = {ns_per_s, ns_per_s}, .reset_leaves_low_ppm = always});
  script.arm();
  script.bus.master().begin_read(script.in, 15);
  script.pass((10 + 9 * 5) * bit_ns);
  script.bus.reset_master();
  EXPECT_TRUE(script.bus.stuck());
  script.bus.master().begin_write(script.frame, script.frame_bytes);
  script.pass(ns_per_ms);
  EXPECT_EQ(script.bus.master().status(), I2cStatus::busy);
  script.bus.master().abort();
  EXPECT_EQ(script.write(), I2cStatus::done) << "nine clocks have freed it";
}

TEST(I2cBus, stays_stuck_if_abort_is_in_vain) {
  Script script({.clock_hz = 100'000}, {.abort_in_vain_ppm = always});
  script.arm();
  script.bus.stick(ns_per_s);
  script.bus.master().begin_write(script.frame, script.frame_bytes);
  script.pass(50 * ns_per_ms);
  script.bus.master().abort();
  EXPECT_TRUE(script.bus.stuck());
  script.bus.master().begin_write(script.frame, script.frame_bytes);
  script.pass(900 * ns_per_ms);
  EXPECT_EQ(script.bus.master().status(), I2cStatus::busy);
  script.settle();
  EXPECT_EQ(script.bus.master().status(), I2cStatus::done);
}

TEST(I2cBus, fails_by_each_fault) {
  for (const I2cFaults& faults : {I2cFaults{.refuse_address_ppm = always}, I2cFaults{.refuse_byte_ppm = always},
                                  I2cFaults{.stuck_ppm = always}}) {
    Script script({.clock_hz = 100'000}, faults);
    script.arm();
    EXPECT_EQ(script.write(), I2cStatus::failed);
    EXPECT_EQ(script.bus.counters().failed, 1U);
    EXPECT_GE(script.bus.counters().faults, 1U);
    script.bus.set_faults({});
    EXPECT_EQ(script.write(), I2cStatus::done);
  }
}

TEST(I2cBus, is_slow_when_the_slave_holds_the_clock_by_chance) {
  Script script({.clock_hz = 100'000}, {.long_stretch_ppm = always});
  script.arm();
  script.bus.master().begin_write(script.frame, script.frame_bytes);
  script.pass(bridge::i2c_transfer_limit_ms * ns_per_ms);
  EXPECT_EQ(script.bus.master().status(), I2cStatus::busy);
  script.bus.master().abort();
  script.bus.set_faults({});
  EXPECT_EQ(script.write(), I2cStatus::done);
}

TEST(I2cBus, changes_bits_by_chance) {
  Script script;
  script.arm();
  script.bus.master().begin_read(script.in, 15);
  script.pass(11 * bit_ns);
  script.bus.set_faults({.flip_ppm = always});
  script.settle();
  EXPECT_EQ(bridge::open_i2c_frame(script.in, 15), "");
}

}  // namespace
}  // namespace tautline::sim
