// Existing devices of protocol 1 with our server: nothing in them changes.

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "interop_fixture.hpp"
#include "scripted_peer.hpp"

namespace tautline::test {
namespace {

/// ... whose first messages are acknowledged in both directions: from here on a protocol-1 link loses and doubles
/// nothing.
class InteropDevice : public InteropServer {
 public:
  Device1& open(std::size_t most_in_flight, bool wait = false) {
    start_server({"door"});
    Device1& device = add_device("door", most_in_flight);
    device.talk().write(numbered("device", 0));
    EXPECT_TRUE(pump_until([&] { return device.talk().acknowledged.size() == 1; }));
    write("door", numbered("server", 0), wait);
    EXPECT_TRUE(pump_until([&] { return unacknowledged("door") == 0; }));
    return device;
  }
  void expect_all_arrives(Device1& device, unsigned from_device, unsigned from_server) {
    EXPECT_TRUE(pump_until([&] { return device.talk().unacknowledged() == 0 && unacknowledged("door") == 0; }));
    pump_for(2 * timeout_ms);  // time for what should not come
    expect_all_once_in_order("device", from_device, received["door"]);
    expect_all_once_in_order("server", from_server, device.talk().received);
  }
};

TEST_F(InteropDevice, a_session_byte_for_byte) {
  start_server({"door"}, 20'000);  // a keepalive only every 5 s: none in between
  ScriptedPeer device(server->port(), [&] { pump(); });
  device.send("door\n");
  device.expect("\n");
  write("door", "light on");
  device.send("\n");
  EXPECT_EQ(device.collect(std::chrono::milliseconds(100)), "");  // the device gets out of bed
  device.expect("00light on\n");
  write("door", "light off");
  EXPECT_EQ(device.collect(std::chrono::milliseconds(50)), "");  // the first message goes alone
  device.send("00\n");
  device.expect("01light off\n");
  device.send("01\n00temp 21.5\n");
  device.expect("00\n");
  device.send("01temp 21.6\n02temp 21.7\n");
  device.expect("01\n02\n");
  device.send("02temp 21.7\n");  // again: acknowledged, not delivered
  device.expect("02\n");
  for (unsigned i = 2; i < 12; ++i) {
    write("door", "step");
    const char digits[] = "0123456789ab";
    const std::string number = std::string("0") + digits[i];
    device.expect(number + "step\n");
    device.send(number + "\n");
  }
  EXPECT_EQ(device.collect(std::chrono::milliseconds(50)), "");
  EXPECT_EQ(received["door"], (std::vector<std::string>{"temp 21.5", "temp 21.6", "temp 21.7"}));
  EXPECT_EQ(unacknowledged("door"), 0U);
}

TEST_F(InteropDevice, keepalives_come_four_times_in_a_timeout) {
  start_server({"door"}, 400);
  ScriptedPeer device(server->port(), [&] { pump(); });
  device.send("door\n");
  std::string all;
  for (int i = 0; i < 20; ++i) {
    device.send("\n");
    all += device.collect(std::chrono::milliseconds(100));
  }
  EXPECT_EQ(all.find_first_not_of('\n'), std::string::npos) << all;
  EXPECT_GE(all.size(), 10U);  // 21, on a machine that is not loaded
  EXPECT_LE(all.size(), 22U);
  EXPECT_FALSE(device.ended());
}

class InteropDeviceOutages : public InteropDevice, public ::testing::WithParamInterface<std::size_t> {};

// Cut connections and half-open ones, at random, while lines flow both ways: more than two rounds of numbers.
TEST_P(InteropDeviceOutages, lose_and_double_nothing) {
  Dice dice("*lose_and_double_nothing*");
  const bool wait = GetParam() == 1;
  Device1& device = open(GetParam(), wait);
  unsigned from_device = 1, from_server = 1, outages = 0;
  constexpr unsigned most_lines = 5000, wanted_outages = 6;
  std::size_t next_outage_at = 100;
  const bool done = pump_until([&] {
    if (device.talk().unacknowledged() < 40) device.talk().write(numbered("device", from_device++));
    if (unacknowledged("door") < 40) write("door", numbered("server", from_server++), wait);
    const std::size_t arrived = std::min(received["door"].size(), device.talk().received.size());
    if (device.is_up() && arrived >= next_outage_at && outages < wanted_outages) {
      next_outage_at += 80 + dice.below(60);
      ++outages;
      if (dice.below(2) == 0) {
        device.cut(now_ms());
      } else {
        device.vanish();
      }
    }
    return from_device >= most_lines || (outages == wanted_outages && device.is_up());
  });
  EXPECT_TRUE(done) << outages << " outages, " << from_device << " and " << from_server << " lines";
  expect_all_arrives(device, from_device, from_server);
  EXPECT_GE(device.connects(), wanted_outages + 1);
  EXPECT_GT(std::min(from_device, from_server), 2U * 255) << "two rounds of numbers";
  std::printf("%u lines to the server, %u to the device, %u connections\n", from_device, from_server,
              device.connects());
}

INSTANTIATE_TEST_SUITE_P(InFlight, InteropDeviceOutages, ::testing::Values(1, 8), ::testing::PrintToStringParamName());

TEST_F(InteropDevice, an_orderly_restart_of_the_server_loses_and_doubles_nothing) {
  Device1& device = open(4);
  unsigned from_device = 1, from_server = 1;
  for (int life = 0; life < 3; ++life) {
    for (int i = 0; i < 100; ++i) {
      device.talk().write(numbered("device", from_device++));
      write("door", numbered("server", from_server++));
      pump();
    }
    const StopReport report = restart_server();
    EXPECT_EQ(report.unacknowledged + report.unread + report.not_parted, 0U);
    EXPECT_TRUE(pump_until([&] { return server->find("door").has_value() && device.is_up(); }));
    write("door", numbered("server", from_server++));
    EXPECT_TRUE(pump_until([&] { return unacknowledged("door") == 0; }));  // 00 of the new life
  }
  expect_all_arrives(device, from_device, from_server);
}

TEST_F(InteropDevice, a_power_cycle_repeats_only_what_was_unacknowledged) {
  Device1& device = open(1, true);
  for (unsigned i = 1; i < 20; ++i) {
    device.talk().write(numbered("device", i));
    write("door", numbered("server", i), true);
  }
  EXPECT_TRUE(pump_until([&] { return device.talk().received.size() > 10; }));
  const std::vector<std::string> first_life = device.talk().received;
  const std::size_t at_server = received["door"].size();
  const std::size_t acknowledged = 20 - unacknowledged("door");
  device.power_cycle(now_ms());
  device.talk().write("new life");
  device.talk().write("and more");
  EXPECT_TRUE(pump_until([&] { return device.talk().unacknowledged() == 0 && unacknowledged("door") == 0; }));
  // To the server: what the first life said, at most once each; then the second life, once.
  std::vector<std::string> lines = received["door"];
  ASSERT_GE(lines.size(), 2U);
  EXPECT_EQ(lines[lines.size() - 2], "new life");
  EXPECT_EQ(lines.back(), "and more");
  lines.resize(lines.size() - 2);
  EXPECT_GE(lines.size(), at_server);
  expect_all_once_in_order("device", static_cast<unsigned>(lines.size()), lines);
  // To the device: nothing that it had acknowledged, everything else, in order.
  std::vector<std::string> both = first_life;
  const auto& second = device.talk().received;
  ASSERT_FALSE(second.empty());
  const std::size_t resumed = 20 - second.size();
  EXPECT_GE(resumed, acknowledged);
  EXPECT_LE(resumed, first_life.size());
  both.resize(resumed);
  both.insert(both.end(), second.begin(), second.end());
  expect_all_once_in_order("server", 20, both);
}

TEST_F(InteropDevice, a_first_message_that_is_sent_again_is_delivered_once) {
  start_server({"door"});
  for (int connection = 0; connection < 3; ++connection) {
    ScriptedPeer device(server->port(), [&] { pump(); });
    device.send("door\n");
    device.expect("\n");
    device.send("00temp 21.5\n");
    EXPECT_TRUE(device.wait_until([&] { return received["door"].size() == 1; }));
    device.reset();  // the acknowledgement does not arrive
  }
  ScriptedPeer device(server->port(), [&] { pump(); });
  device.send("door\n");
  device.expect("\n");
  device.send("00temp 21.5\n");
  device.expect("00\n");
  device.send("01temp 21.6\n");
  EXPECT_TRUE(device.wait_until([&] { return received["door"].size() == 2; }));
  EXPECT_EQ(received["door"], (std::vector<std::string>{"temp 21.5", "temp 21.6"}));
}

// ---- what protocol 1 cannot give: docs/protocol-1.md

TEST_F(InteropDevice, limit_the_first_line_to_a_device_is_doubled_there_if_its_acknowledgement_is_lost) {
  start_server({"door"});
  Talk1 device(timeout_ms, 1);
  for (int connection = 0; connection < 2; ++connection) {
    ScriptedPeer socket(server->port(), [&] { pump(); });
    socket.send("door\n\n");
    if (connection == 0) {
      EXPECT_TRUE(pump_until([&] { return server->find("door").has_value(); }));
      write("door", "light on");
    }
    std::string line;
    while (line.empty() && !HasFailure()) line = socket.line();
    EXPECT_EQ(device.hear(line), "00\n");
    socket.reset();  // the acknowledgement does not arrive
  }
  EXPECT_EQ(device.received, (std::vector<std::string>{"light on", "light on"}));
}

TEST_F(InteropDevice, limit_the_same_first_line_of_a_device_that_restarts_at_once_is_heard_once) {
  start_server({"door"});
  Device1& device = add_device("door", 1);
  for (int life = 0; life < 2; ++life) {
    device.talk().write("hello");
    EXPECT_TRUE(pump_until([&] { return device.talk().unacknowledged() == 0; }));
    if (life == 0) device.power_cycle(now_ms());
  }
  EXPECT_EQ(received["door"], (std::vector<std::string>{"hello"}));
  // With anything in it that differs from life to life it is heard.
  device.power_cycle(now_ms());
  device.talk().write("hello, start 3");
  EXPECT_TRUE(pump_until([&] { return received["door"].size() == 2; }));
}

TEST_F(InteropDevice, limit_a_device_that_does_not_wait_for_its_first_acknowledgement_may_double_its_first_lines) {
  start_server({"door"});
  for (int connection = 0; connection < 2; ++connection) {
    ScriptedPeer device(server->port(), [&] { pump(); });
    device.send("door\n");
    device.expect("\n");
    device.send("00a\n01b\n");
    const std::size_t lines = connection == 0 ? 2 : 4;
    EXPECT_TRUE(device.wait_until([&] { return received["door"].size() == lines; }));
    device.reset();
  }
  EXPECT_EQ(received["door"], (std::vector<std::string>{"a", "b", "a", "b"}));
}

/// Some devices discard a line when their buffer of 20 is full, and do not acknowledge it.
class InteropDiscardingDevice : public InteropDevice {
 public:
  /// Up to the acknowledgement of a first message.
  std::unique_ptr<ScriptedPeer> open_script() {
    start_server({"door"});
    auto device = std::make_unique<ScriptedPeer>(server->port(), [&] { pump(); });
    device->send("door\n\n");
    EXPECT_TRUE(pump_until([&] { return server->find("door").has_value(); }));
    write("door", "a");
    EXPECT_EQ(next_message(*device), "00a");
    device->send("00\n");
    return device;
  }
  static std::string next_message(ScriptedPeer& device) {
    std::string line;
    while (line.empty() && !HasFailure()) {
      device.send("\n");
      line = device.line();
    }
    return line;
  }
};

TEST_F(InteropDiscardingDevice, limit_lines_written_without_wait_may_change_places) {
  const auto device = open_script();
  write("door", "b");
  write("door", "c");
  EXPECT_EQ(next_message(*device), "01b");  // discarded
  EXPECT_EQ(next_message(*device), "02c");
  device->send("02\n");
  EXPECT_EQ(next_message(*device), "01b");
}

TEST_F(InteropDiscardingDevice, lines_written_with_wait_stay_in_order) {
  const auto device = open_script();
  write("door", "b", true);
  write("door", "c", true);
  EXPECT_EQ(next_message(*device), "01b");  // discarded
  EXPECT_EQ(next_message(*device), "01b");
  device->send("01\n");
  EXPECT_EQ(next_message(*device), "02c");
}

TEST_F(InteropDevice, limit_a_restart_of_the_server_during_an_outage_doubles_what_was_not_heard_acknowledged) {
  Device1& device = open(1);
  device.talk().write(numbered("device", 1));
  device.step(now_ms());
  device.vanish();
  EXPECT_TRUE(pump_until([&] { return received["door"].size() == 2; }));
  const StopReport report = restart_server();
  EXPECT_EQ(report.not_parted, 1U);  // the report warns
  EXPECT_TRUE(pump_until([&] { return device.talk().unacknowledged() == 0; }));
  EXPECT_EQ(received["door"],
            (std::vector<std::string>{numbered("device", 0), numbered("device", 1), numbered("device", 1)}));
}

}  // namespace
}  // namespace tautline::test
