// A device is reset after its application has taken lines whose acknowledgement never reached the server: they come
// again, unless the device keeps eight bytes.

#include <cstdio>

#include "board_test.hpp"

namespace tautline::test {
namespace {

class EmulatedReboot : public BoardTest {
 protected:
  /// Lists that took effect on the device, of five that were sent.
  static int lists_taken(const std::string& setting) {
    Rig rig({"1"}, 5000);
    Emulator& device = rig.add_device(board(), "1", {"period=0", setting});
    const auto send = [&](int number) { rig.send("1", "[" + std::to_string(number) + ", 0]"); };
    const auto until_got = [&](int number) {
      return rig.until([&] { return device.count("got [" + std::to_string(number) + ", 0]") != 0; });
    };
    EXPECT_TRUE(rig.until([&] { return device.count("link up") == 1; }));
    send(0);
    EXPECT_TRUE(until_got(0));

    device.mute(true);
    for (const int number : {1, 2, 3}) send(number);
    EXPECT_TRUE(until_got(3));
    device.reset();
    EXPECT_TRUE(rig.until([&] { return device.count("boot 2 of 1") == 1; }));
    device.mute(false);
    send(4);
    EXPECT_TRUE(until_got(4));
    EXPECT_TRUE(rig.until([&] { return device.console().back().rfind("lists ", 0) == 0; }));

    int taken = 0;
    for (const std::string& line : device.console()) std::sscanf(line.c_str(), "lists %d", &taken);
    return taken;
  }
};
INSTANTIATE_TEST_SUITE_P(, EmulatedReboot, all_boards(), board_name);

TEST_P(EmulatedReboot, WithoutMemoryLinesComeAgain) {
  const int taken = lists_taken("keep=0");
  EXPECT_GE(taken, 5 + 3) << "at least once";
}

TEST_P(EmulatedReboot, WithEightBytesExactlyOnce) {
  EXPECT_EQ(lists_taken("keep=1"), 5);
}

}  // namespace
}  // namespace tautline::test
