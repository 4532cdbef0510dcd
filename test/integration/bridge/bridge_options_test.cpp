// What `tautline_bridge` says of its options and of devices that are not there, and how it ends.

#include <csignal>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rig.hpp"

namespace tautline::test {
namespace {

using testing::HasSubstr;

struct Ended {
  int status;
  std::string errors;
};

Ended run(const std::vector<std::string>& words) {
  Program program(words, std::string(), "tautline_bridge");
  const int status = program.wait();
  return {status, program.errors()};
}

TEST(BridgeOptions, WrongOnesAreToldApartFromMissingDevices) {
  EXPECT_EQ(run({}).status, 2);
  EXPECT_THAT(run({}).errors, HasSubstr("--uart or --i2c"));
  EXPECT_EQ(run({"--uart", "/dev/ttyX", "--i2c", "/dev/i2c-1", "--syn", "a:1", "--ack", "a:2"}).status, 2);
  EXPECT_EQ(run({"--i2c", "/dev/i2c-1"}).status, 2) << "the handshake lines are missing";
  EXPECT_EQ(run({"--uart", "/dev/ttyX", "--baud", "5"}).status, 2);
}

TEST(BridgeOptions, ASerialLineThatIsNotThere) {
  const Ended ended = run({"--uart", "/nowhere/tty"});
  EXPECT_EQ(ended.status, 1);
  EXPECT_THAT(ended.errors, HasSubstr("tautline_bridge: serial line /nowhere/tty: No such file or directory: is it"));
}

TEST(BridgeOptions, ADeviceThatIsNone) {
  const Ended uart = run({"--uart", "/dev/null"});
  EXPECT_EQ(uart.status, 1);
  EXPECT_THAT(uart.errors, HasSubstr("serial line /dev/null: is no serial line"));
  const Ended i2c = run({"--i2c", "/dev/null", "--syn", "gpiochip0:17", "--ack", "gpiochip0:27"});
  EXPECT_EQ(i2c.status, 1);
  EXPECT_THAT(i2c.errors, HasSubstr("I2C adapter /dev/null: is no I2C adapter"));
}

TEST(BridgeOptions, AnI2cAdapterThatIsNotThere) {
  const Ended ended = run({"--i2c", "/nowhere/i2c-1", "--syn", "gpiochip0:17", "--ack", "gpiochip0:27"});
  EXPECT_EQ(ended.status, 1);
  EXPECT_THAT(ended.errors, HasSubstr("I2C adapter /nowhere/i2c-1: No such file or directory: enable it"));
}

TEST(BridgeOptions, ALineThatAnotherBridgeHas) {
  Rig rig;
  rig.start_bridge();
  rig.start_client();
  ASSERT_TRUE(rig.until([&] { return rig.bridge().errors().find("the hosted board is there") != std::string::npos; }));
  const Ended ended = run({"--uart", rig.wire().path(Wire::bridge)});
  EXPECT_EQ(ended.status, 1);
  EXPECT_THAT(ended.errors, HasSubstr("another program uses it: `fuser "));
}

TEST(BridgeOptions, SpeedsAreSetThatTermiosHasNoNameFor) {
  Rig rig;
  rig.start_bridge({"--baud", "250000"});
  rig.start_client("hosted_demo", {"--baud", "250000"});
  rig.traffic(true);
  EXPECT_TRUE(rig.until_more_lines(5));
  rig.expect_exactly_once();
}

TEST(BridgeOptions, OneLineForEachChangeAndAnOrderlyEnd) {
  Rig rig;
  rig.start_bridge();
  rig.start_client("hosted_demo", {"--report", "200"});
  rig.traffic(true);
  ASSERT_TRUE(rig.until_more_lines(5));
  EXPECT_TRUE(rig.until([&] { return count_of(rig.client().output(), "server reached 1 times") > 1; })) << "reports";
  EXPECT_EQ(rig.client().output().find(" 4294967295 bytes free"), std::string::npos) << "free memory is known";
  rig.bridge().signal(SIGTERM);
  EXPECT_EQ(rig.bridge().wait(), 0);
  EXPECT_THAT(rig.bridge().errors(),
              testing::MatchesRegex("tautline_bridge: the hosted board is there\n"
                                    "tautline_bridge: 127.0.0.1:[0-9]+: connected\n"
                                    "tautline_bridge: ended by SIGTERM: 1 session, 1 connection, 0 damaged frames\n"));
}

TEST(BridgeOptions, AServerThatIsNotThereIsToldOnce) {
  Rig rig;
  rig.start_bridge();
  rig.start_client();
  ASSERT_TRUE(rig.until([&] { return rig.bridge().errors().find("connected") != std::string::npos; }));
  rig.kill_server();
  ASSERT_TRUE(rig.until([&] { return rig.bridge().errors().find("nobody listens there") != std::string::npos; }));
  rig.run_for(2000);
  rig.bridge().signal(SIGINT);
  EXPECT_EQ(rig.bridge().wait(), 0);
  EXPECT_EQ(count_of(rig.bridge().errors(), "nobody listens there"), 1U) << rig.bridge().errors();
  EXPECT_EQ(count_of(rig.bridge().errors(), "connection ended"), 1U);
}

/// The board is told so, and does not try to connect.
TEST(BridgeOptions, ANetworkInterfaceThatIsNotThere) {
  Rig rig;
  rig.start_bridge({"--interface", "nowhere0"});
  rig.start_client();
  ASSERT_TRUE(rig.until([&] { return count_of(rig.client().output(), "bridge up\n") == 1; }));
  rig.run_for(500);
  EXPECT_NE(rig.bridge().errors().find("network interface nowhere0 is down\n"), std::string::npos);
  EXPECT_EQ(rig.client().output().find("server up"), std::string::npos);
  EXPECT_EQ(rig.bridge().errors().find("connected"), std::string::npos);
}

}  // namespace
}  // namespace tautline::test
