// What `tautline connect` uses of the machine.

#include <sys/wait.h>

#include <cstdio>
#include <string>

#include <gtest/gtest.h>

#include "fake_device.hpp"
#include "scripted_server.hpp"

namespace tautline::test {
namespace {

std::string connect(std::uint16_t port, const std::string& options) {
  return std::string(TAUTLINE_PROGRAM_DIR) + "/tautline connect --id door --server 127.0.0.1 --port " +
         std::to_string(port) + " " + options + " 2>&1";
}

struct Finished {
  int status = -1;
  std::string said;
};

Finished finish(FILE* program) {
  Finished result;
  char bytes[256];
  while (std::fgets(bytes, sizeof bytes, program) != nullptr) result.said += bytes;
  const int status = ::pclose(program);
  if (WIFEXITED(status)) result.status = WEXITSTATUS(status);
  return result;
}

Finished run(const std::string& command) {
  FILE* const program = ::popen(command.c_str(), "r");
  return program != nullptr ? finish(program) : Finished{};
}

TEST(ConnectOptions, WhatTheMachineDoesNotHaveIsAnErrorThatSaysWhatToDo) {
  const Finished watchdog = run(connect(1, "--watchdog /nowhere/watchdog"));
  EXPECT_EQ(watchdog.status, 1);
  EXPECT_NE(watchdog.said.find("watchdog /nowhere/watchdog: No such file or directory: load its driver"),
            std::string::npos)
      << watchdog.said;
  const Finished led = run(connect(1, "--led no-such-led"));
  EXPECT_EQ(led.status, 1);
  EXPECT_NE(led.said.find("LED no-such-led: "), std::string::npos) << led.said;
  const Finished interface = run(connect(1, "--interface a/b"));
  EXPECT_EQ(interface.status, 1);
  EXPECT_NE(interface.said.find("'a/b' cannot be the name of a network interface"), std::string::npos)
      << interface.said;
}

TEST(ConnectOptions, TheWatchdogRunsWhileItIsConnectedAndIsStoppedAtTheEnd) {
  FakeDevice device;
  ScriptedServer server;
  FILE* const program = ::popen(("echo x | " + connect(server.port(), "--watchdog " + device.path)).c_str(), "r");
  ASSERT_NE(program, nullptr);
  const auto hears = [&](const char* text) {
    for (int looks = 0; looks < 10000; ++looks) {
      if (server.hears(text)) return true;
      ::poll(nullptr, 0, 1);
    }
    return false;
  };
  ASSERT_TRUE(hears("TL2 door"));
  server.say("HI 7 99 w=8 n=1024 t=2000\n");
  ASSERT_TRUE(hears("GO 7 "));
  EXPECT_EQ(device.heard(), "");
  server.say("GO 7 0 40\n");
  ASSERT_TRUE(hears("D1 x\n"));
  server.say("A1 40\n");
  const Finished finished = finish(program);
  EXPECT_EQ(finished.status, 0) << finished.said;
  EXPECT_NE(finished.said.find("takes no timeout of 20 s"), std::string::npos) << finished.said;
  const std::string heard = device.heard();
  ASSERT_FALSE(heard.empty());
  EXPECT_EQ(heard.front(), '.');
  EXPECT_EQ(heard.back(), 'V');
}

}  // namespace
}  // namespace tautline::test
