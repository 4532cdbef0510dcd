// The remote control between two emulated boards: a pin driven on one switches a pin on the other, through the server.

#include "board_test.hpp"

namespace tautline::test {
namespace {

constexpr unsigned port_b = 1;  // the firmware's outputs
constexpr unsigned port_e = 4;  // its inputs

TEST(EmulatedPins, ASwitchOnOneBoardSwitchesALampOnAnother) {
  ASSERT_TRUE(has_firmware()) << "run script/firmware first";
  Program server({"--address", "127.0.0.1", "--port", "0", "--timeout", "10000"}, {}, "remote_control_server");
  ASSERT_TRUE(server.until([&] { return server.output().find('\n') != std::string::npos; })) << server.errors();
  const std::string first_line = lines_of(server.output()).front();
  const std::string port = "port=" + first_line.substr(first_line.rfind(':') + 1);

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

}  // namespace
}  // namespace tautline::test
