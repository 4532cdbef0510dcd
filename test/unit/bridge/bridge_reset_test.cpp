#include "tautline/bridge/bridge_reset.hpp"

#include <gtest/gtest.h>

#include "fake_i2c.hpp"

namespace tautline::bridge::test {
namespace {

struct Script {
  Script() { reset.start(peer.now); }
  /// The board's loop until then, each ms. How many resets began.
  int pass(std::uint32_t ms) {
    int begun = 0;
    for (std::uint32_t passed = 0; passed < ms; ++passed) {
      peer.pass(1);
      peer.stream.poll(peer.now);
      if (peer.stream.is_up()) peer.said();
      begun += static_cast<int>(reset.poll(peer.stream, peer.now));
    }
    return begun;
  }

  FakePin line;
  StreamScript peer;
  BridgeReset<FakePin> reset{line};
};

TEST(BridgeReset, leaves_a_bridge_alone_that_comes_in_time) {
  Script script;
  EXPECT_EQ(script.pass(2999), 0);
  script.peer.come_up();
  EXPECT_EQ(script.pass(3500), 0);
  EXPECT_TRUE(script.line.level);
}

TEST(BridgeReset, resets_a_bridge_that_was_never_heard_with_a_pulse) {
  Script script;
  EXPECT_EQ(script.pass(2999), 0);
  EXPECT_EQ(script.pass(1), 1);
  EXPECT_FALSE(script.line.level);
  EXPECT_EQ(script.reset.deadline_ms(), script.peer.now + reset_pulse_ms);
  script.pass(reset_pulse_ms - 1);
  EXPECT_FALSE(script.line.level);
  script.pass(1);
  EXPECT_TRUE(script.line.level);
}

TEST(BridgeReset, gives_a_bridge_twice_the_time_after_each_reset_in_vain) {
  Script script;
  script.pass(3000);
  for (std::uint32_t wait_ms = 3000; wait_ms < 60'000; wait_ms *= 2) {
    EXPECT_EQ(script.pass(reset_pulse_ms + wait_ms - 1), 0) << wait_ms;
    EXPECT_EQ(script.pass(1), 1) << wait_ms;
  }
  for (int resets = 0; resets < 3; ++resets) {
    EXPECT_EQ(script.pass(reset_pulse_ms + 59'999), 0);
    EXPECT_EQ(script.pass(1), 1);
  }
}

TEST(BridgeReset, resets_a_bridge_at_once_that_falls_silent) {
  Script script;
  script.peer.come_up();
  EXPECT_EQ(script.pass(3999), 0);
  EXPECT_EQ(script.pass(1), 1);
}

TEST(BridgeReset, waits_for_a_bridge_that_began_anew_by_itself) {
  Script script;
  script.peer.come_up();
  script.pass(10);
  script.peer.hear(sync_packet(StreamScript::peer + 1, 0));
  EXPECT_EQ(script.pass(2999), 0);
  EXPECT_EQ(script.pass(1), 1) << "it did not come";
}

TEST(BridgeReset, gives_the_first_time_again_to_a_bridge_that_was_there) {
  Script script;
  script.pass(3000);
  script.pass(reset_pulse_ms + 10);
  script.peer.come_up();
  script.pass(10);
  EXPECT_EQ(script.pass(3990), 1);  // silent
  EXPECT_EQ(script.pass(reset_pulse_ms + 2999), 0);
  EXPECT_EQ(script.pass(1), 1);
}

TEST(BridgeReset, resets_once_for_one_silence) {
  Script script;
  script.peer.come_up();
  EXPECT_EQ(script.pass(4000 + reset_pulse_ms + 2999), 1);
}

TEST(BridgeReset, only_pulls_and_releases) {
  Script script;
  script.pass(20'000);
  ASSERT_GE(script.line.written.size(), 3U);
  for (std::size_t i = 0; i < script.line.written.size(); ++i) EXPECT_EQ(script.line.written[i], i % 2 == 0);
}

TEST(NoPin, is_a_line_that_nobody_pulls) {
  NoPin line;
  line.write(false);
  EXPECT_TRUE(line.read());
}

TEST(BridgeReset, without_a_line_resets_nothing_and_says_so) {
  NoPin line;
  BridgeReset<NoPin> reset(line);
  StoredStream<> stream;
  stream.start(1, 0);
  reset.start(0);
  for (std::uint32_t now_ms = 0; now_ms < 200'000; now_ms += 100) {
    ASSERT_FALSE(reset.poll(stream, now_ms));
    ASSERT_TRUE(after(reset.deadline_ms(), now_ms));
  }
  EXPECT_FALSE(reset.pull(200'000));
  EXPECT_EQ(reset.resets(), 0U);
}

}  // namespace
}  // namespace tautline::bridge::test
