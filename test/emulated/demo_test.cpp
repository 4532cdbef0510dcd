// Emulated boards at the servers of the demos.

#include <csignal>

#include <gmock/gmock.h>

#include "board_test.hpp"
#include "demo_run.hpp"

namespace tautline::test {
namespace {

constexpr unsigned port_b = 1;  // the firmware's outputs
constexpr unsigned port_e = 4;  // its inputs
constexpr unsigned port_f = 5;  // its LED, on pin 0

/// "port=8123", from the first line of a demo's server: `listening on ADDRESS:PORT`.
std::string port_of(Program& server) {
  EXPECT_TRUE(server.until([&] { return server.output().find('\n') != std::string::npos; })) << server.errors();
  const std::vector<std::string> lines = lines_of(server.output());
  return lines.empty() ? "port=0" : "port=" + lines.front().substr(lines.front().rfind(':') + 1);
}

TEST(EmulatedDemo, EachBoardIsANodeOfTheMainDemo) {
  ASSERT_TRUE(has_firmware()) << "run script/firmware first";
  Program server({"--address", "127.0.0.1", "--port", "0", "--period", "100"}, {}, "main_demo_server");
  const std::string port = port_of(server);
  Emulator one(lm3s6965(), {"id=1", port, "period=100"});
  Emulator two(mps2_an385(), {"id=2", port, "period=100"});
  Emulator three(lx106(), {"id=3", port, "period=100"});
  for (const char* const id : {"1", "2", "3"}) {
    const std::string from = std::string("from remote ") + id;
    EXPECT_TRUE(server.until([&] { return count_of(server.output(), from) >= 10; })) << id;
  }
  for (Emulator* const device : {&one, &two, &three}) {
    EXPECT_TRUE(server.until([&] { return device->count_beginning("got [9,") == 1; }));
    EXPECT_EQ(device->count_beginning("got [8,"), 1U);
  }
}

TEST(EmulatedDemo, TheLedShowsTheHeartbeat) {
  ASSERT_TRUE(has_firmware()) << "run script/firmware first";
  Rig rig({"1"});
  Emulator& device = rig.add_device(lm3s6965(), "1", {"period=0"}, {.with_pins = true});
  device.pins().listen(device.pins().port(port_f));
  for (const bool on : {true, false, true}) {
    EXPECT_TRUE(rig.until([&] { return device.pins().output(0) == on; }));
  }
  // Nothing comes from a server that stands still.
  rig.server().signal(SIGSTOP);
  rig.run_for(500);
  const bool level = device.pins().output(0);
  EXPECT_FALSE(rig.until([&] { return device.pins().output(0) != level; }, 1000));
  rig.server().signal(SIGCONT);
}

/// A pin driven on one board switches a pin on the other.
TEST(EmulatedDemo, ASwitchOnOneBoardSwitchesALampOnAnother) {
  ASSERT_TRUE(has_firmware()) << "run script/firmware first";
  Program server({"--address", "127.0.0.1", "--port", "0", "--timeout", "10000"}, {}, "remote_control_server");
  const std::string port = port_of(server);

  Emulator tx(lm3s6965(), {"id=tx", port, "timeout=10000", "period=0", "switch=1"}, {.with_pins = true});
  Emulator rx(lm3s6965(), {"id=rx", port, "timeout=10000", "period=0"}, {.with_pins = true});
  rx.pins().listen(rx.pins().port(port_b));
  ASSERT_TRUE(server.until([&] { return server.output().find("tx and rx have connected") != std::string::npos; }));

  for (int press = 1; press <= 20; ++press) {
    const bool on = press % 2 == 1;
    tx.pins().drive(tx.pins().port(port_e), 0, on);
    EXPECT_TRUE(server.until([&] { return rx.pins().output(0) == on; })) << "press " << press;
  }
  // Each press once, and the answer to each: the lamp has changed.
  EXPECT_TRUE(server.until([&] { return tx.count_beginning("got {") == 20; }));
  EXPECT_EQ(rx.count(R"(got {"on":true})"), 10U);
  EXPECT_EQ(rx.count(R"(got {"on":false})"), 10U);
}

/// script/demo bridge ends by itself, and its counts are as promised.
TEST(EmulatedDemo, ABoardWithoutANetworkIsANodeOfTheMainDemo) {
  ASSERT_TRUE(has_firmware()) << "run script/firmware first";
  const Outcome demo = run(demo_command("bridge"));
  EXPECT_EQ(demo.status, 0) << demo.output;
  EXPECT_EQ(demo.last_line(), "total lost=0 duplicated=0 out_of_order=0");
  EXPECT_THAT(demo.output, testing::HasSubstr("bridge: started 2 times; link: came up 3 times"));
  EXPECT_EQ(run(demo_command("bridge --no-such-option")).status, 2);
}

}  // namespace
}  // namespace tautline::test
