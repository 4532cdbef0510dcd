// An emulated board without a network behind `tautline_bridge`, the Linux program, on a pty, with a real server.

#include <csignal>
#include <memory>
#include <random>

#include "board_test.hpp"
#include "rig.hpp"
#include "temporary_directory.hpp"
#include "wire.hpp"

namespace tautline::test {
namespace {

constexpr int traffic_period_ms = 20;
constexpr int some_lines = 20;

class EmulatedLinuxBridge : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(has_firmware()) << "run script/firmware first"; }

  void start_bridge() {
    bridge_ = std::make_unique<Program>(std::vector<std::string>{"--uart", wire_.path(Wire::bridge)}, std::string(),
                                        "tautline_bridge");
  }
  void kill_bridge() {
    bridge_->signal(SIGKILL);
    bridge_->wait();
  }
  /// Its server is where the bridge reaches it: on this machine's loopback.
  Emulator& start_board() {
    EmulatorOptions options;
    options.image = "hosted";
    options.with_network = false;
    options.serial_path = wire_.path(Wire::hosted);
    return rig_.add_device(lm3s6965(), "1",
                           {"server=127.0.0.1", "timeout=700", "period=" + std::to_string(traffic_period_ms)}, options);
  }

  TemporaryDirectory directory_;
  Wire wire_{directory_.path().string(), std::random_device{}()};  // (nothing is damaged by chance here)
  std::unique_ptr<Program> bridge_;
  Rig rig_{{"1"}};
};

TEST_F(EmulatedLinuxBridge, KilledInMidTraffic) {
  start_bridge();
  start_board();
  rig_.start_traffic(traffic_period_ms);
  for (int kills = 0; kills < 3; ++kills) {
    ASSERT_TRUE(rig_.until_more_lines("1", some_lines));
    kill_bridge();
    start_bridge();
  }
  ASSERT_TRUE(rig_.until_more_lines("1", some_lines));
  EXPECT_GE(rig_.connects("1"), 4U);
  rig_.expect_exactly_once("1");
}

/// Longer than the silence limit, so that the board gives it up, and with the line cut while it comes back.
TEST_F(EmulatedLinuxBridge, AwayForLongAndThenNotHeard) {
  start_bridge();
  Emulator& board = start_board();
  rig_.start_traffic(traffic_period_ms);
  ASSERT_TRUE(rig_.until_more_lines("1", some_lines));
  kill_bridge();
  ASSERT_TRUE(rig_.until([&] { return board.count("bridge down") == 1; }));
  wire_.cut(true);
  start_bridge();
  rig_.run_for(500);
  wire_.cut(false);
  ASSERT_TRUE(rig_.until_more_lines("1", some_lines));
  rig_.expect_exactly_once("1");
}

}  // namespace
}  // namespace tautline::test
