// The serial line between `tautline_bridge` and a client: damaged, cut, slow, pulled out.

#include <gtest/gtest.h>

#include "rig.hpp"

namespace tautline::test {
namespace {

TEST(BridgeOutage, DamagedLine) {
  Rig rig;
  rig.start_bridge();
  rig.start_client();
  ASSERT_TRUE(rig.until([&] { return count_of(rig.client().output(), "server up\n") == 1; }));
  rig.traffic(true);
  rig.wire().damage(500);
  EXPECT_TRUE(rig.until_more_lines(200));
  rig.wire().damage(0);
  EXPECT_GT(rig.wire().spoilt(), 20U);
  rig.expect_exactly_once();
}

TEST(BridgeOutage, CutForLongerThanTheSilenceLimit) {
  Rig rig;
  rig.start_bridge();
  rig.start_client();
  rig.traffic(true);
  ASSERT_TRUE(rig.until_more_lines(50));
  rig.wire().cut(true);
  ASSERT_TRUE(rig.until([&] {
    return count_of(rig.client().output(), "bridge down\n") == 1 &&
           rig.bridge().errors().find("the hosted board is gone: it is silent") != std::string::npos;
  }));
  rig.wire().cut(false);
  ASSERT_TRUE(rig.until_more_lines(50));
  rig.expect_exactly_once();
}

/// Shorter than any limit but those of the packets: the link does not notice.
TEST(BridgeOutage, CutForAMoment) {
  Rig rig;
  rig.start_bridge();
  rig.start_client();
  rig.traffic(true);
  ASSERT_TRUE(rig.until_more_lines(50));
  rig.wire().cut(true);
  rig.run_for(100);
  rig.wire().cut(false);
  ASSERT_TRUE(rig.until_more_lines(50));
  rig.expect_exactly_once();
}

TEST(BridgeOutage, SlowLine) {
  Rig rig;
  rig.wire().delay(10);
  rig.start_bridge();
  rig.start_client();
  rig.traffic(true);
  ASSERT_TRUE(rig.until_more_lines(50));
  rig.expect_exactly_once();
}

/// As a USB adapter: the device is gone and comes back, while both programs run.
TEST(BridgeOutage, UnpluggedAndPluggedIn) {
  Rig rig;
  rig.start_bridge();
  rig.start_client();
  rig.traffic(true);
  for (const Wire::End end : {Wire::bridge, Wire::hosted}) {
    ASSERT_TRUE(rig.until_more_lines(50));
    rig.wire().unplug(end);
    Program& program = end == Wire::bridge ? rig.bridge() : rig.client();
    ASSERT_TRUE(rig.until([&] { return program.errors().find("is lost") != std::string::npos; }));
    rig.run_for(300);
    rig.wire().plug(end);
    ASSERT_TRUE(rig.until([&] { return program.errors().find("is there again") != std::string::npos; }));
  }
  ASSERT_TRUE(rig.until_more_lines(50));
  rig.expect_exactly_once();
}

}  // namespace
}  // namespace tautline::test
