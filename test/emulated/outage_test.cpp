// Each board's firmware and a real server: lines both ways, and no outage of cable, server or device loses or doubles
// one.

#include "board_test.hpp"

namespace tautline::test {
namespace {

class EmulatedOutage : public BoardTest {};
INSTANTIATE_TEST_SUITE_P(, EmulatedOutage, all_boards(), board_name);

constexpr int traffic_period_ms = 20;

TEST_P(EmulatedOutage, LinesGoBothWays) {
  Rig rig({"1"}, 10'000);
  Emulator& device = rig.add_device(board(), "1", {"period=5", "timeout=10000"});
  EXPECT_TRUE(rig.until([&] { return device.count("link up") == 1; })) << "the connection callback tells";
  rig.start_traffic(5);
  EXPECT_TRUE(rig.until_more_lines("1", 300));
  rig.expect_exactly_once("1");
  EXPECT_EQ(rig.connects("1"), 1U);
  EXPECT_EQ(device.count("boot 1 of 1"), 1U);
}

/// Seen at once where the PHY tells: the timeout of this test would be too long for it. Without a PHY only silence
/// does.
TEST_P(EmulatedOutage, CableOut) {
  Rig rig({"1"});
  Emulator& device = rig.add_device(board(), "1", {"period=20", board().has_phy ? "timeout=60000" : "timeout=700"});
  rig.start_traffic(traffic_period_ms);
  ASSERT_TRUE(rig.until_more_lines("1", 20));
  for (int outage = 0; outage < 2; ++outage) {
    const std::string down = board().has_phy ? "link down: wifi" : "link down: silent";
    const std::size_t before = device.count(down);
    device.set_link(false);
    EXPECT_TRUE(rig.until([&] { return device.count(down) > before; }, 10'000));
    rig.run_for(500);
    device.set_link(true);
    EXPECT_TRUE(rig.until_more_lines("1", 20));
  }
  rig.expect_exactly_once("1");
}

/// Half of the connection is dead: neither side can be told, both find out by silence.
TEST_P(EmulatedOutage, WhatTheDeviceSendsIsLost) {
  Rig rig({"1"});
  Emulator& device = rig.add_device(board(), "1", {"period=20", "timeout=700"});
  rig.start_traffic(traffic_period_ms);
  ASSERT_TRUE(rig.until_more_lines("1", 20));
  device.mute(true);
  EXPECT_TRUE(rig.until([&] { return device.count_beginning("link down") != 0; }));
  rig.run_for(500);
  device.mute(false);
  EXPECT_TRUE(rig.until_more_lines("1", 20));
  rig.expect_exactly_once("1");
}

TEST_P(EmulatedOutage, FrozenAndContinued) {
  Rig rig({"1"});
  Emulator& device = rig.add_device(board(), "1", {"period=20", "timeout=700"});
  rig.start_traffic(traffic_period_ms);
  ASSERT_TRUE(rig.until_more_lines("1", 20));
  device.freeze();
  EXPECT_TRUE(rig.until([&] { return rig.server().errors().find("link down") != std::string::npos; }))
      << "the server misses it";
  rig.run_for(500);
  device.unfreeze();
  EXPECT_TRUE(rig.until_more_lines("1", 20));
  EXPECT_GE(rig.connects("1"), 2U);
  rig.expect_exactly_once("1");
}

TEST_P(EmulatedOutage, OrderlyRestartOfTheServer) {
  Rig rig({"1"});
  rig.add_device(board(), "1", {"period=20", "timeout=700"});
  rig.start_traffic(traffic_period_ms);
  for (int restart = 0; restart < 2; ++restart) {
    ASSERT_TRUE(rig.until_more_lines("1", 20));
    EXPECT_EQ(rig.stop_server(), 0) << "nothing is left behind: " << rig.server().errors();
    rig.start_server();
  }
  EXPECT_TRUE(rig.until_more_lines("1", 20));
  EXPECT_GE(rig.connects("1"), 3U);
  rig.expect_exactly_once("1");
}

/// The records of this server are in RAM. What it had acknowledged comes never again, what it had not comes once or
/// twice; what it still had for the device is lost, and nothing comes to the device twice.
TEST_P(EmulatedOutage, ServerKilled) {
  Rig rig({"1"});
  Emulator& device = rig.add_device(board(), "1", {"period=20", "timeout=700"});
  rig.start_traffic(traffic_period_ms);
  ASSERT_TRUE(rig.until_more_lines("1", 20));
  rig.server().signal(SIGSTOP);  // so that lines are under way in both directions when it ends
  const int written = rig.written_by_device("1");
  EXPECT_TRUE(rig.until([&] { return rig.written_by_device("1") >= written + 4; }));
  rig.kill_server();
  const int acknowledged = rig.acknowledged_to_device("1");
  const std::vector<int> before = rig.at_server("1");
  const std::vector<int> got_before = rig.at_device("1");
  rig.start_server();
  ASSERT_TRUE(rig.until_more_lines("1", 20));
  rig.stop_traffic();
  const auto sent = rig.sent_to_device("1");
  EXPECT_TRUE(rig.until([&] { return rig.at_device("1").back() == sent - 1; }));

  EXPECT_TRUE(counts_up_from_0(before)) << irregularities(before);
  EXPECT_LE(acknowledged, static_cast<int>(before.size())) << "acknowledged and not printed";
  const std::vector<int>& all = rig.at_server("1");
  const std::vector<int> after(all.begin() + static_cast<std::ptrdiff_t>(before.size()), all.end());
  EXPECT_EQ(after.front(), acknowledged) << "the first that was not acknowledged";
  EXPECT_EQ(after.back() - after.front() + 1, static_cast<int>(after.size())) << irregularities(after);
  const std::vector<int> got = rig.at_device("1");
  EXPECT_TRUE(std::is_sorted(got.begin(), got.end(), std::less_equal<>())) << "twice, or out of order";
  EXPECT_EQ(device.count("boot 1 of 1"), 1U);
}

}  // namespace
}  // namespace tautline::test
