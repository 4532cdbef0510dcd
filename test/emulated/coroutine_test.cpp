// The node in the coroutine style: it does what the one that polls does.

#include <csignal>

#include "board_test.hpp"

namespace tautline::test {
namespace {

const EmulatorOptions coroutines{.image = "node_coroutines"};

class EmulatedCoroutines : public BoardTest {};
INSTANTIATE_TEST_SUITE_P(Boards, EmulatedCoroutines, all_boards(), board_name);

TEST_P(EmulatedCoroutines, LinesComeExactlyOnceThroughOutagesOfTheServer) {
  Rig rig({"1"});
  Emulator& device = rig.add_device(board(), "1", {"timeout=700", "period=50"}, coroutines);
  rig.start_traffic(50);
  ASSERT_TRUE(rig.until_more_lines("1", 20));
  EXPECT_EQ(device.count_beginning("tasks take "), 1U) << "the image of the other style would not say that";
  for (int outages = 0; outages < 2; ++outages) {
    rig.stop_traffic();
    EXPECT_EQ(rig.stop_server(), 0);
    rig.start_server();
    rig.start_traffic(50);
    EXPECT_TRUE(rig.until_more_lines("1", 20));
  }
  rig.expect_exactly_once("1");
}

TEST_P(EmulatedCoroutines, TheTaskThatWritesPausesWhileTheQueueIsFull) {
  Rig rig({"1"});
  rig.add_device(board(), "1", {"timeout=700", "period=10"}, coroutines);
  ASSERT_TRUE(rig.until([&] { return rig.at_server("1").size() >= 10; }));
  // Longer than it takes to fill the queue: 8 lines of full length, so some 75 of these.
  rig.server().signal(SIGSTOP);
  rig.run_for(4000);
  const int written = rig.written_by_device("1");
  rig.run_for(500);
  EXPECT_EQ(rig.written_by_device("1"), written);
  rig.server().signal(SIGCONT);
  EXPECT_TRUE(rig.until([&] { return rig.at_server("1").size() >= static_cast<std::size_t>(written) + 10; }));
  rig.expect_exactly_once("1");
}

TEST_P(EmulatedCoroutines, TheWatchdogEndsATaskThatHangs) {
  Rig rig({"1"});
  Emulator& device = rig.add_device(board(), "1", {"timeout=700", "period=100"}, coroutines);
  ASSERT_TRUE(rig.until([&] { return rig.at_server("1").size() >= 3; }));
  rig.send("1", "hang");
  EXPECT_TRUE(rig.until([&] { return device.count("hangs") == 1; }));
  EXPECT_TRUE(rig.until([&] { return device.count("boot 2 of 1") == 1; }, 60'000));
  EXPECT_TRUE(rig.until([&] { return rig.at_server("1", 2).size() >= 3; }));
  EXPECT_EQ(device.count("got hang"), 1U) << "the command was acknowledged before it took effect";
}

}  // namespace
}  // namespace tautline::test
