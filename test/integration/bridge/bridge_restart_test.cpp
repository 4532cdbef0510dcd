// `tautline_bridge` between real programs: whichever of them ends, no line is lost and none comes twice.

#include <algorithm>
#include <csignal>

#include <gtest/gtest.h>

#include "rig.hpp"

namespace tautline::test {
namespace {

TEST(BridgeRestart, BridgeKilledInMidTraffic) {
  Rig rig;
  rig.start_bridge();
  rig.start_client();
  rig.traffic(true);
  for (int kills = 0; kills < 2; ++kills) {
    ASSERT_TRUE(rig.until_more_lines(50));
    rig.kill_bridge();
    rig.start_bridge();
  }
  ASSERT_TRUE(rig.until_more_lines(50));
  EXPECT_GE(count_of(rig.client().output(), "server up\n"), 3U);
  rig.expect_exactly_once();
}

/// Both sides have judged it by silence before it comes back.
TEST(BridgeRestart, BridgeAwayForLong) {
  Rig rig;
  rig.start_bridge();
  rig.start_client();
  rig.traffic(true);
  ASSERT_TRUE(rig.until_more_lines(50));
  rig.kill_bridge();
  ASSERT_TRUE(rig.until([&] { return count_of(rig.client().output(), "bridge down\n") == 1; }));
  rig.start_bridge();
  ASSERT_TRUE(rig.until_more_lines(50));
  rig.expect_exactly_once();
}

TEST(BridgeRestart, OrderlyEndOfTheServer) {
  Rig rig;
  rig.start_bridge();
  rig.start_client();
  rig.traffic(true);
  for (int restarts = 0; restarts < 2; ++restarts) {
    ASSERT_TRUE(rig.until_more_lines(50));
    EXPECT_EQ(rig.stop_server(), 0) << "nothing is left behind";
    rig.start_server();
  }
  ASSERT_TRUE(rig.until_more_lines(50));
  EXPECT_GE(count_of(rig.bridge().errors(), ": connected\n"), 3U);
  rig.expect_exactly_once();
}

/// What the client wrote is in the store. (What the killed server had read from its input and not stored is not asked
/// of it: all of that has arrived before.)
TEST(BridgeRestart, ServerWithAStoreKilled) {
  Rig rig(true);
  rig.start_bridge();
  rig.start_client();
  rig.traffic(true);
  ASSERT_TRUE(rig.until_more_lines(50));
  ASSERT_TRUE(rig.until_client_has_all());
  const std::vector<int> before = rig.at_server();
  ASSERT_TRUE(rig.until([&] { return rig.at_server().size() > before.size() + 20; }));
  rig.kill_server();
  const std::vector<int> printed = rig.at_server();
  rig.start_server();
  ASSERT_TRUE(rig.until([&] { return rig.at_server().size() > printed.size() + 20; }));
  // That a line was printed goes into the store with the next batch, at the latest after 50 ms: those of the last
  // moment may be printed again, and nothing is missing.
  const std::vector<int> all = rig.at_server();
  ASSERT_TRUE(counts_up_from_0(printed));
  EXPECT_LE(all[printed.size()], printed.back() + 1);
  EXPECT_GT(all[printed.size()], printed.back() - 20);
  for (std::size_t i = printed.size() + 1; i < all.size(); ++i) ASSERT_EQ(all[i], all[i - 1] + 1);
  rig.traffic(true);
  ASSERT_TRUE(rig.until([&] { return rig.at_client().back() > 60; }));
  ASSERT_TRUE(rig.until_client_has_all());
  EXPECT_TRUE(counts_up_from_0(rig.at_client())) << "to the client";
}

/// Its numbers are in RAM. Nothing comes twice to the server, and what was acknowledged is there; a line for the client
/// that it had not acknowledged comes again, all others never.
TEST(BridgeRestart, ClientKilled) {
  Rig rig;
  rig.start_bridge();
  rig.start_client();
  rig.traffic(true);
  ASSERT_TRUE(rig.until_more_lines(50));
  rig.kill_client();
  rig.start_client();
  ASSERT_TRUE(rig.until_more_lines(50));
  EXPECT_TRUE(counts_up_from_0(rig.at_server(1)));
  EXPECT_TRUE(counts_up_from_0(rig.at_server(2)));
  EXPECT_GE(static_cast<int>(rig.at_server(1).size()), rig.acknowledged(1));
  ASSERT_TRUE(rig.until_client_has_all());
  const std::vector<int> first = rig.at_client(1), second = rig.at_client(2);
  EXPECT_TRUE(counts_up_from_0(first));
  EXPECT_LE(second.front(), first.back() + 1) << "nothing is missing between the two";
  EXPECT_GT(second.front(), first.back() - 10) << "what was taken long ago does not come again";
  for (std::size_t i = 1; i < second.size(); ++i) ASSERT_EQ(second[i], second[i - 1] + 1);
  EXPECT_NE(rig.bridge().errors().find("the hosted board began anew"), std::string::npos);
}

TEST(BridgeRestart, CoroutineClient) {
  Rig rig;
  rig.start_bridge();
  rig.start_client("hosted_coroutines");
  rig.traffic(true);
  ASSERT_TRUE(rig.until_more_lines(50));
  rig.kill_bridge();
  rig.start_bridge();
  ASSERT_TRUE(rig.until_more_lines(50));
  ASSERT_TRUE(rig.until_client_has_all());
  EXPECT_TRUE(counts_up_from_0(rig.at_client()));
  EXPECT_TRUE(counts_up_from_0(rig.at_server()));
}

}  // namespace
}  // namespace tautline::test
