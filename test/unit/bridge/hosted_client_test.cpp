#include "tautline/bridge/hosted_client.hpp"

#include <string>

#include <gtest/gtest.h>

#include "hosted_rig.hpp"
#include "tautline/client/coroutine.hpp"

namespace tautline::bridge::test {
namespace {

TEST(HostedClient, has_a_link_from_end_to_end_through_its_bridge) {
  HostedRig rig;
  rig.open();
  EXPECT_EQ(rig.port.transport.host, "house");
  EXPECT_EQ(rig.port.wifi.calls.back(), "net/secret");
  const WriteResult written = rig.client.write("temp 21.5");
  rig.turn();
  const std::string said = rig.said();
  EXPECT_NE(said.find(" temp 21.5\n"), std::string::npos) << said;
  EXPECT_FALSE(rig.client.acknowledged(written.ticket));
  rig.give("D41 light on\n");
  EXPECT_EQ(rig.read(), "light on");
}

TEST(HostedClient, tells_what_becomes_of_bridge_and_server) {
  HostedRig rig;
  rig.open();
  EXPECT_EQ(rig.events.since(), (Heard{"bridge up", "server up"}));
  rig.port.transport.fin = true;
  rig.turn();
  EXPECT_EQ(rig.events.since(), (Heard{"server down"}));
  rig.open();
  EXPECT_EQ(rig.events.since(), (Heard{"server up"}));
}

TEST(HostedClient, resets_a_bridge_that_falls_silent_and_loses_nothing) {
  HostedRig rig;
  rig.open();
  rig.client.write("written before");
  rig.turn();
  EXPECT_NE(rig.said().find("written before"), std::string::npos);
  rig.events.since();
  rig.stop_bridge();
  rig.client.write("written meanwhile");
  rig.pass(3900);
  EXPECT_EQ(rig.client.bridge_resets(), 0U);
  rig.pass(200);
  EXPECT_EQ(rig.client.bridge_resets(), 1U);
  EXPECT_FALSE(rig.client.has_bridge());
  const Heard heard = rig.events.since();
  EXPECT_EQ(std::count(heard.begin(), heard.end(), "bridge down"), 1);
  EXPECT_EQ(std::count(heard.begin(), heard.end(), "bridge reset"), 1);
  EXPECT_EQ(std::count(heard.begin(), heard.end(), "server down"), 1);
  EXPECT_EQ(rig.reset.written, (std::vector<bool>{true, false, true})) << "pulled low, and released";
  rig.start_bridge();
  rig.open();
  EXPECT_EQ(rig.client.unacknowledged(), 2U);
  const std::string said = rig.said();
  EXPECT_LT(said.find("written before"), said.find("written meanwhile"));
  EXPECT_NE(said.find("written meanwhile"), std::string::npos) << said;
}

TEST(HostedClient, notices_a_bridge_that_restarts_by_itself) {
  HostedRig rig;
  rig.open();
  rig.events.since();
  rig.start_bridge();
  rig.turn();
  const Heard heard = rig.events.since();
  EXPECT_EQ(heard.front(), "bridge down");
  EXPECT_NE(std::find(heard.begin(), heard.end(), "bridge up"), heard.end());
  EXPECT_EQ(rig.client.bridge_resets(), 0U);
  rig.open();
}

TEST(HostedClient, resets_its_bridge_when_told_to) {
  HostedRig rig;
  rig.open();
  rig.events.since();
  rig.client.reboot();
  EXPECT_EQ(rig.events.since(), (Heard{"bridge reset"}));
  EXPECT_FALSE(rig.reset.level);
  EXPECT_EQ(rig.client.bridge_resets(), 1U);
  rig.start_bridge();
  rig.pass(reset_pulse_ms);
  EXPECT_TRUE(rig.reset.level);
  rig.open();
  EXPECT_EQ(rig.client.bridge_resets(), 1U);
}

TEST(HostedClient, passes_on_what_the_bridge_reports) {
  HostedRig rig(1000);
  rig.open();
  rig.events.since();
  rig.pass(1000);
  const Heard heard = rig.events.since();
  EXPECT_EQ(std::count(heard.begin(), heard.end(), "report"), 1);
  EXPECT_EQ(rig.events.last_report.connects, 1U);
  EXPECT_EQ(rig.events.last_report.wifi_connects, 1U);
}

TEST(HostedClient, asks_what_to_do_about_a_network_that_does_not_come_up) {
  HostedRig rig;
  rig.pass(wifi_limit_ms + 100);
  EXPECT_EQ(rig.events.since(), (Heard{"bridge up", "bad wifi"}));
  rig.events.go_on = false;
  rig.pass(wifi_limit_ms + 100);
  EXPECT_EQ(rig.events.since(), (Heard{"bad wifi"}));
  EXPECT_EQ(rig.client.state(), LinkState::closed);
}

TEST(HostedClient, asks_what_to_do_about_a_server_that_does_not_answer) {
  HostedRig rig;
  rig.port.wifi.up = true;
  rig.port.transport.status = ConnectStatus::refused;
  rig.events.go_on = false;
  rig.pass(wifi_stable_ms + 1000);
  const Heard heard = rig.events.since();
  ASSERT_EQ(heard.size(), 2U);
  EXPECT_EQ(heard[1], std::string("bad server: ") + to_string(Reason::unreachable));
  EXPECT_EQ(rig.client.state(), LinkState::closed);
}

TEST(HostedClient, sends_its_last_words_when_it_is_closed) {
  HostedRig rig;
  rig.open();
  rig.pass(100);
  rig.said();
  rig.client.close();
  rig.pass(100);
  EXPECT_EQ(rig.said(), "A40 0\n");
  rig.port.transport.fin = true;
  rig.pass(3000);
  EXPECT_EQ(rig.client.state(), LinkState::closed);
  EXPECT_FALSE(rig.port.transport.connected);
  EXPECT_TRUE(rig.client.has_bridge());
}

TEST(HostedClient, asks_to_be_polled_in_time_for_the_reset_line) {
  HostedRig rig;
  rig.stop_bridge();
  rig.turn();
  rig.client.reboot();
  EXPECT_LE(rig.client.deadline_ms() - rig.now(), reset_pulse_ms);
}

TEST(HostedClient, uses_the_board_s_own_randomness_watchdog_and_light) {
  HostedRig rig;
  rig.open();
  EXPECT_EQ(rig.local.transport.connects, 0);
  EXPECT_EQ(rig.local.wifi.connects, 0);
}

using Coroutines = CoroutineClient<HostedRig::HostedClientOfRig::Plain>;

Task talk(Coroutines& client, std::vector<std::string>& log) {
  log.emplace_back(co_await client ? "up" : "closed");
  const WriteStatus status = co_await client.write("question");
  log.emplace_back(to_string(status));
  log.emplace_back(co_await client.readline());
}

TEST(HostedClient, can_be_awaited) {
  HostedRig rig;
  Tasks<4096> arena;
  Coroutines client(arena, rig.client);
  std::vector<std::string> log;
  const Task task = talk(client, log);
  ASSERT_FALSE(task.failed());
  const auto turn = [&] {
    rig.turn();
    arena.run(rig.now());
    rig.turn();
  };
  turn();
  EXPECT_TRUE(log.empty());
  rig.open();
  turn();
  EXPECT_EQ(log, Heard{"up"});
  rig.port.transport.to_client += "A1 40\nD41 answer\n";
  turn();
  turn();
  ASSERT_EQ(log.size(), 3U) << rig.said();
  EXPECT_EQ(log[1], to_string(WriteStatus::ok));
  EXPECT_EQ(log[2], "answer");
}

}  // namespace
}  // namespace tautline::bridge::test
