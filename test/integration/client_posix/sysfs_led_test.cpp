#include "tautline/posix/sysfs_led.hpp"

#include <stdexcept>

#include <gtest/gtest.h>

#include "scripted_server.hpp"
#include "tautline/posix/port.hpp"
#include "temporary_folder.hpp"

namespace tautline::test {
namespace {

/// A folder that looks like /sys/class/leds with one LED.
class SysfsLed : public testing::Test {
 public:
  SysfsLed() {
    std::filesystem::create_directory(root / "heartbeat");
    write_file(brightness, "7\n");
    write_file(root / "heartbeat/max_brightness", "255\n");
  }
  TemporaryFolder root;
  std::string brightness = root / "heartbeat/brightness";
};

TEST_F(SysfsLed, BeginsDarkAndToggles) {
  posix::SysfsLed led("heartbeat", root.path());
  EXPECT_EQ(read_file(brightness), "0");
  EXPECT_FALSE(led.on());
  led.toggle();
  EXPECT_EQ(read_file(brightness), "255");
  EXPECT_TRUE(led.on());
  led.toggle();
  EXPECT_EQ(read_file(brightness), "0");
}

TEST_F(SysfsLed, ThatIsNotThereIsAnErrorThatSaysWhatToDo) {
  try {
    posix::SysfsLed led("nothing", root.path());
    FAIL() << "no exception";
  } catch (const std::runtime_error& error) {
    EXPECT_EQ(error.what(), "LED nothing: " + (root / "nothing/brightness") + ": No such file or directory: see `ls " +
                                root.path() + "` for the names");
  }
}

TEST_F(SysfsLed, ThatGoesAwayIsNoProblem) {
  posix::SysfsLed led("heartbeat", root.path());
  std::filesystem::remove_all(root / "heartbeat");
  led.toggle();
  EXPECT_TRUE(led.on());
}

TEST_F(SysfsLed, NoneIsTheDefault) {
  posix::SysfsLed led;
  led.toggle();
  EXPECT_TRUE(led.on());
}

TEST_F(SysfsLed, OfAPortTogglesOnEachKeepaliveOfTheServer) {
  ScriptedServer server;
  posix::PortOptions options;
  options.led = "heartbeat";
  options.led_root = root.path();
  posix::Port port(options);
  ClientConfig config;
  config.my_id = "door";
  config.server = "127.0.0.1";
  config.port = server.port();
  config.led = true;
  posix::Client<> client(port, config);
  const auto until = [&](auto condition) {
    for (int turns = 0; turns < 5000; ++turns) {
      client.poll(posix::Port::now_ms());
      if (condition()) return true;
      port.wait(posix::Port::now_ms() + 2);
    }
    return false;
  };
  ASSERT_TRUE(until([&] { return server.hears("TL2 door"); }));
  server.say("HI 7 99 w=8 n=1024 t=2000\n");
  ASSERT_TRUE(until([&] { return server.hears("GO 7 "); }));
  server.say("GO 7 0 40\n");
  ASSERT_TRUE(until([&] { return client(); }));
  EXPECT_EQ(read_file(brightness), "0");
  server.say("A0 40\n");
  EXPECT_TRUE(until([&] { return read_file(brightness) == "255"; }));
  server.say("A0 40\n");
  EXPECT_TRUE(until([&] { return read_file(brightness) == "0"; }));
}

}  // namespace
}  // namespace tautline::test
