#include <cstdint>

#include <gtest/gtest.h>
#include <tautline/core/keepalive.hpp>

namespace tautline {
namespace {

constexpr std::uint32_t own_timeout_ms = 1000;
constexpr std::uint32_t peer_timeout_ms = 2000;

Keepalive started(std::uint32_t now_ms) {
  Keepalive keepalive;
  keepalive.start(now_ms, own_timeout_ms, peer_timeout_ms);
  return keepalive;
}

TEST(Keepalive, a_status_line_is_due_after_a_quarter_of_the_peers_timeout) {
  Keepalive keepalive = started(0);
  EXPECT_FALSE(keepalive.due(499));
  EXPECT_TRUE(keepalive.due(500));
  EXPECT_EQ(keepalive.due_at_ms(), 500U);
  keepalive.said(510);
  EXPECT_FALSE(keepalive.due(1009));
  EXPECT_TRUE(keepalive.due(1010));
}

TEST(Keepalive, silence_is_judged_by_the_own_timeout) {
  Keepalive keepalive = started(0);
  EXPECT_FALSE(keepalive.silent(999));
  EXPECT_TRUE(keepalive.silent(1000));
  keepalive.heard(999);
  EXPECT_FALSE(keepalive.silent(1998));
  EXPECT_TRUE(keepalive.silent(1999));
  EXPECT_EQ(keepalive.silent_at_ms(), 1999U);
}

TEST(Keepalive, a_clock_read_before_the_last_line_came_is_no_outage) {
  Keepalive keepalive = started(0);
  keepalive.heard(1000);
  keepalive.said(1000);
  EXPECT_FALSE(keepalive.silent(999));
  EXPECT_FALSE(keepalive.due(999));
}

TEST(Keepalive, hearing_and_saying_are_independent) {
  Keepalive keepalive = started(0);
  keepalive.heard(400);
  EXPECT_TRUE(keepalive.due(500));
  keepalive.said(500);
  EXPECT_TRUE(keepalive.silent(1400));
}

TEST(Keepalive, works_across_the_wrap_of_the_clock) {
  Keepalive keepalive = started(0xFFFFFFF0);
  EXPECT_FALSE(keepalive.due(0xFFFFFFFF));
  EXPECT_FALSE(keepalive.due(0xFFFFFFF0 + 499));
  EXPECT_TRUE(keepalive.due(0xFFFFFFF0 + 500));
  EXPECT_FALSE(keepalive.silent(0xFFFFFFF0 + 999));
  EXPECT_TRUE(keepalive.silent(0xFFFFFFF0 + 1000));
}

TEST(Keepalive, a_peer_cannot_ask_for_a_flood) {
  Keepalive keepalive;
  keepalive.start(0, own_timeout_ms, 1);
  EXPECT_FALSE(keepalive.due(Keepalive::shortest_interval_ms - 1));
  EXPECT_TRUE(keepalive.due(Keepalive::shortest_interval_ms));
}

TEST(Keepalive, the_peers_timeout_may_become_known_later) {
  Keepalive keepalive = started(0);
  keepalive.set_peer_timeout(400);
  EXPECT_TRUE(keepalive.due(100));
}

}  // namespace
}  // namespace tautline
