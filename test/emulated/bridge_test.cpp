// A board without a network, its bridge and a real server: lines both ways, and no failure of bridge, line, network,
// server or board loses or doubles one.

#include <cstdio>

#include "board_test.hpp"
#include "bridge_rig.hpp"

namespace tautline::test {
namespace {

constexpr int traffic_period_ms = 20;
constexpr int some_lines = 20;

class EmulatedBridge : public BoardTest {};
INSTANTIATE_TEST_SUITE_P(, EmulatedBridge, all_boards(), board_name);

TEST_P(EmulatedBridge, LinesGoBothWays) {
  BridgeRig boards(board(), traffic_period_ms, {10'000}, {"timeout=10000"});
  Rig& rig = boards.rig();
  ASSERT_TRUE(rig.until([&] { return boards.hosted().count("link up") == 1; }));
  rig.start_traffic(traffic_period_ms);
  EXPECT_TRUE(rig.until_more_lines("1", 5 * some_lines));
  rig.expect_exactly_once("1");
  EXPECT_TRUE(rig.until([&] { return boards.hosted().count_beginning("bridge runs for ") != 0; })) << "it reports";
  EXPECT_EQ(rig.connects("1"), 1U);
  EXPECT_EQ(boards.hosted().count("bridge up"), 1U);
  EXPECT_EQ(boards.pulls(), 0U);
}

TEST_P(EmulatedBridge, IsResetInMidTraffic) {
  BridgeRig boards(board(), traffic_period_ms);
  Rig& rig = boards.rig();
  rig.start_traffic(traffic_period_ms);
  for (std::size_t boot = 2; boot <= 3; ++boot) {
    ASSERT_TRUE(rig.until_more_lines("1", some_lines));
    boards.bridge().reset();
    EXPECT_TRUE(rig.until([&] { return boards.hosted().count("bridge up") == boot; }));
  }
  EXPECT_TRUE(rig.until_more_lines("1", some_lines));
  EXPECT_GE(rig.connects("1"), 3U);
  rig.expect_exactly_once("1");
  EXPECT_EQ(boards.pulls(), 0U) << "it came back by itself";
}

// What does not depend on the board that is the bridge.

class EmulatedBridgeFailure : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(has_firmware()) << "run script/firmware first"; }
};

/// It says nothing any more: the hosted board gets it going again by the reset line.
TEST_F(EmulatedBridgeFailure, BridgeThatStandsStillIsResetByTheHostedBoard) {
  BridgeRig boards(mps2_an385(), traffic_period_ms);
  Rig& rig = boards.rig();
  rig.start_traffic(traffic_period_ms);
  ASSERT_TRUE(rig.until_more_lines("1", some_lines));
  boards.bridge().freeze();
  EXPECT_TRUE(rig.until([&] { return boards.pulls() != 0; })) << "the edge on the reset line";
  EXPECT_TRUE(rig.until([&] { return boards.hosted().count("bridge up") == 2; }));
  EXPECT_EQ(boards.bridge().count("boot 2 of the bridge"), 1U);
  EXPECT_TRUE(rig.until_more_lines("1", some_lines));
  EXPECT_EQ(boards.hosted().count("bridge reset"), 1U);
  EXPECT_EQ(boards.pulls(), 1U);
  rig.expect_exactly_once("1");
}

/// The hosted board's application in the coroutine style.
TEST_F(EmulatedBridgeFailure, CoroutinesGoOnWhenTheBridgeIsBack) {
  BridgeRig boards(mps2_an385(), traffic_period_ms, {}, {}, "hosted_coroutines");
  Rig& rig = boards.rig();
  rig.start_traffic(traffic_period_ms);
  ASSERT_TRUE(rig.until_more_lines("1", some_lines));
  EXPECT_EQ(boards.hosted().count_beginning("tasks take "), 1U) << "the image of the other style would not say that";
  boards.bridge().reset();
  EXPECT_TRUE(rig.until([&] { return boards.hosted().count("bridge up") == 2; }));
  EXPECT_TRUE(rig.until_more_lines("1", some_lines));
  rig.expect_exactly_once("1");
}

TEST_F(EmulatedBridgeFailure, BridgeWithoutPowerForAWhile) {
  BridgeRig boards(mps2_an385(), traffic_period_ms);
  Rig& rig = boards.rig();
  rig.start_traffic(traffic_period_ms);
  for (std::size_t life = 2; life <= 3; ++life) {
    ASSERT_TRUE(rig.until_more_lines("1", some_lines));
    boards.kill_bridge();
    rig.run_for(500);
    boards.start_bridge();
    EXPECT_TRUE(rig.until([&] { return boards.hosted().count("bridge up") == life; }));
  }
  EXPECT_TRUE(rig.until_more_lines("1", some_lines));
  rig.expect_exactly_once("1");
}

/// What it had taken before it never takes effect again, and nothing comes to the server twice.
TEST_F(EmulatedBridgeFailure, HostedBoardIsReset) {
  BridgeRig boards(mps2_an385(), traffic_period_ms, {}, {"keep=1"});
  Rig& rig = boards.rig();
  rig.start_traffic(traffic_period_ms);
  ASSERT_TRUE(rig.until_more_lines("1", some_lines));
  rig.stop_traffic();
  const auto taken = static_cast<std::size_t>(rig.sent_to_device("1"));
  ASSERT_TRUE(rig.until([&] { return rig.at_device("1").size() == taken; }));
  // It takes lines whose acknowledgement never reaches the server.
  boards.bridge().mute(true);
  rig.start_traffic(traffic_period_ms);
  ASSERT_TRUE(rig.until([&] { return rig.at_device("1").size() > taken; }));
  boards.hosted().reset();
  ASSERT_TRUE(rig.until([&] { return boards.hosted().count("boot 2 of 1") == 1; }));
  boards.bridge().mute(false);
  ASSERT_TRUE(rig.until([&] { return rig.at_server("1", 2).size() >= some_lines; }));
  EXPECT_EQ(boards.bridge().count("boot 1 of the bridge"), 1U);
  EXPECT_EQ(boards.pulls(), 0U) << "a bridge that runs is left alone";

  EXPECT_TRUE(counts_up_from_0(rig.at_server("1", 1))) << irregularities(rig.at_server("1", 1));
  EXPECT_GE(static_cast<int>(rig.at_server("1", 1).size()), rig.acknowledged_to_device("1", 1));
  EXPECT_TRUE(counts_up_from_0(rig.at_server("1", 2))) << irregularities(rig.at_server("1", 2));
  rig.stop_traffic();
  const std::string all = "lists " + std::to_string(rig.sent_to_device("1"));
  EXPECT_TRUE(rig.until([&] { return boards.hosted().count(all) == 1; })) << "each list took effect once";
  rig.run_for(300);
  EXPECT_EQ(boards.hosted().count("lists " + std::to_string(rig.sent_to_device("1") + 1)), 0U);
}

TEST_F(EmulatedBridgeFailure, CableOfTheBridgeIsOut) {
  BridgeRig boards(mps2_an385(), traffic_period_ms, {}, {"timeout=60000"});
  Rig& rig = boards.rig();
  rig.start_traffic(traffic_period_ms);
  for (std::size_t outage = 1; outage <= 2; ++outage) {
    ASSERT_TRUE(rig.until_more_lines("1", some_lines));
    boards.bridge().set_link(false);
    EXPECT_TRUE(rig.until([&] { return boards.hosted().count("link down: wifi") == outage; }, 10'000))
        << "the bridge tells it, long before silence would";
    rig.run_for(500);
    boards.bridge().set_link(true);
  }
  EXPECT_TRUE(rig.until_more_lines("1", some_lines));
  rig.expect_exactly_once("1");
  EXPECT_EQ(boards.pulls(), 0U) << "that is no fault of the bridge";
}

/// Lines wait in both directions when the server is killed: in its store, and on the board.
TEST_F(EmulatedBridgeFailure, ServerWithAStoreIsKilled) {
  BridgeRig boards(mps2_an385(), traffic_period_ms, {700, true});
  Rig& rig = boards.rig();
  rig.start_traffic(traffic_period_ms);
  ASSERT_TRUE(rig.until_more_lines("1", some_lines));
  boards.bridge().set_link(false);
  rig.run_for(300);
  rig.stop_traffic();
  const int written = rig.written_by_device("1");
  rig.run_for(300);  // a commit takes less
  EXPECT_GT(rig.written_by_device("1"), written);
  EXPECT_LT(rig.at_device("1").size(), static_cast<std::size_t>(rig.sent_to_device("1")));
  EXPECT_LT(rig.at_server("1").size(), static_cast<std::size_t>(rig.written_by_device("1")));
  rig.kill_server();
  rig.start_server();
  boards.bridge().set_link(true);
  rig.start_traffic(traffic_period_ms);
  EXPECT_TRUE(rig.until_more_lines("1", some_lines));
  rig.expect_exactly_once("1");
}

TEST_F(EmulatedBridgeFailure, LineDamagesAndLosesBytes) {
  BridgeRig boards(mps2_an385(), traffic_period_ms, {5000}, {"timeout=5000"});
  Rig& rig = boards.rig();
  rig.start_traffic(traffic_period_ms);
  ASSERT_TRUE(rig.until_more_lines("1", some_lines));
  boards.line().damage(300);
  ASSERT_TRUE(rig.until_more_lines("1", 5 * some_lines));
  boards.line().damage(0);
  EXPECT_GE(boards.line().spoilt(), 20U);
  rig.expect_exactly_once("1");
}

/// Out of the socket and in again: nobody is to blame, so whoever is reset, nothing is lost.
TEST_F(EmulatedBridgeFailure, LineIsOut) {
  BridgeRig boards(mps2_an385(), traffic_period_ms);
  Rig& rig = boards.rig();
  rig.start_traffic(traffic_period_ms);
  ASSERT_TRUE(rig.until_more_lines("1", some_lines));
  boards.line().cut(true);
  rig.run_for(300);
  boards.line().cut(false);
  ASSERT_TRUE(rig.until_more_lines("1", some_lines));
  EXPECT_EQ(boards.hosted().count("bridge up"), 1U) << "shorter than what counts as silence";
  boards.line().cut(true);
  EXPECT_TRUE(rig.until([&] { return boards.hosted().count("bridge down") == 1; }));
  boards.line().cut(false);
  EXPECT_TRUE(rig.until_more_lines("1", some_lines));
  EXPECT_GE(boards.pulls(), 1U);
  rig.expect_exactly_once("1");
}

}  // namespace
}  // namespace tautline::test
