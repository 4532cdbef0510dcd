// The firmware hangs on command: its watchdog resets the board, and the link goes on as the protocol promises it for a
// client that remembers nothing.

#include "board_test.hpp"

namespace tautline::test {
namespace {

class EmulatedWatchdog : public BoardTest {};
INSTANTIATE_TEST_SUITE_P(, EmulatedWatchdog, all_boards(), board_name);

TEST_P(EmulatedWatchdog, ResetsABoardThatHangs) {
  constexpr int limit_ms = 60'000;  // the watchdog waits 20 s
  Rig rig({"1"});
  Emulator& device = rig.add_device(board(), "1", {"period=20", "timeout=700"});
  rig.start_traffic(20);
  ASSERT_TRUE(rig.until_more_lines("1", 20));
  rig.stop_traffic();
  rig.send("1", "hang");
  ASSERT_TRUE(rig.until([&] { return device.count("hangs") == 1; }));
  rig.start_traffic(200);  // lines wait for it
  ASSERT_TRUE(rig.until([&] { return device.count("boot 2 of 1") == 1; }, limit_ms));
  EXPECT_GE(device.monitor().events("RESET"), 1U);
  EXPECT_EQ(device.monitor().events("WATCHDOG"), board().has_watchdog ? 1U : 0U);
  ASSERT_TRUE(rig.until([&] { return rig.at_server("1", 2).size() >= 20; }));
  rig.stop_traffic();
  const int sent = rig.sent_to_device("1");
  EXPECT_TRUE(rig.until([&] {
    const std::vector<int> got = rig.at_device("1", 2);
    return !got.empty() && got.back() == sent - 1;
  })) << "lines that waited for the device arrive";

  // To the server: nothing twice; what was acknowledged is there, what was not is lost or came once.
  EXPECT_TRUE(counts_up_from_0(rig.at_server("1", 1))) << irregularities(rig.at_server("1", 1));
  EXPECT_GE(static_cast<int>(rig.at_server("1", 1).size()), rig.acknowledged_to_device("1", 1));
  EXPECT_TRUE(counts_up_from_0(rig.at_server("1", 2))) << irregularities(rig.at_server("1", 2));
  // To the device: nothing lost; what it had acknowledged never again, and it had acknowledged the command.
  EXPECT_EQ(device.count("got hang"), 1U);
  std::vector<int> got = rig.at_device("1", 1);
  const std::vector<int> later = rig.at_device("1", 2);
  got.insert(got.end(), later.begin(), later.end());
  EXPECT_TRUE(counts_up_from_0(got)) << irregularities(got);
}

/// The absence of the server, however long, is no reason for a reset.
TEST_P(EmulatedWatchdog, IsFedInAnOutage) {
  Rig rig({"1"});
  Emulator& device = rig.add_device(board(), "1", {"period=20", "timeout=700"});
  rig.start_traffic(20);
  ASSERT_TRUE(rig.until_more_lines("1", 20));
  rig.stop_traffic();
  EXPECT_EQ(rig.stop_server(), 0);
  EXPECT_FALSE(rig.until([&] { return device.count("boot 2 of 1") != 0; }, 25'000));
  rig.start_server();
  EXPECT_TRUE(rig.until([&] { return rig.connects("1") >= 2; }));
  rig.expect_exactly_once("1");
}

}  // namespace
}  // namespace tautline::test
