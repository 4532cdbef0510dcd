// A watchdog device is shown here by a FIFO, which sees what is written, and by a filter of system calls, which answers
// for a driver. A real /dev/watchdog would reset the machine that runs the tests.

#include "tautline/posix/watchdog.hpp"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/watchdog.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <asio/io_context.hpp>
#include <gtest/gtest.h>

#include "fake_device.hpp"
#include "own_process.hpp"
#include "scripted_server.hpp"
#include "tautline/posix/async_client.hpp"
#include "tautline/posix/port.hpp"

namespace tautline::test {
namespace {

TEST(KernelWatchdog, IsOpenedByStartAndNotBefore) {
  FakeDevice device;
  posix::KernelWatchdog watchdog(device.path);
  EXPECT_EQ(watchdog.check(), "");
  EXPECT_FALSE(device.is_open()) << "opening a watchdog starts it";
  watchdog.start(20000);
  EXPECT_TRUE(watchdog.runs());
  EXPECT_EQ(device.heard(), ".");
  EXPECT_TRUE(device.is_open());
}

TEST(KernelWatchdog, IsFedByAByteAndStoppedByTheMagicClose) {
  FakeDevice device;
  posix::KernelWatchdog watchdog(device.path);
  watchdog.start(20000);
  watchdog.feed();
  watchdog.feed();
  EXPECT_EQ(device.heard(), "...");
  EXPECT_TRUE(watchdog.stop());
  EXPECT_EQ(device.heard(), "V");
  EXPECT_FALSE(device.is_open());
  watchdog.feed();
  EXPECT_EQ(device.heard(), "");
}

TEST(KernelWatchdog, IsStoppedByItsDestruction) {
  FakeDevice device;
  std::make_unique<posix::KernelWatchdog>(device.path)->start(20000);
  EXPECT_EQ(device.heard(), ".V");
  EXPECT_FALSE(device.is_open());
}

TEST(KernelWatchdog, IsNotStoppedByTheDeathOfItsProcess) {
  FakeDevice device;
  const Ended ended = in_own_process(
      [](const std::string& path) -> std::string {
        posix::KernelWatchdog watchdog(path);
        watchdog.start(20000);
        ::kill(::getpid(), SIGKILL);
        return {};
      },
      device.path);
  EXPECT_EQ(ended.status, 1000 + SIGKILL);
  EXPECT_EQ(device.heard(), ".");
  EXPECT_FALSE(device.is_open());
}

TEST(KernelWatchdog, ThatTakesNoTimeoutRunsWithItsOwnAndSaysSo) {
  FakeDevice device;
  posix::KernelWatchdog watchdog(device.path);
  const std::string problem = watchdog.start(20000);
  EXPECT_EQ(problem,
            "watchdog " + device.path + ": takes no timeout of 20 s (Inappropriate ioctl for device): its own counts");
  EXPECT_TRUE(watchdog.runs());
}

TEST(KernelWatchdog, ThatIsNotThereSaysWhatToDo) {
  posix::KernelWatchdog watchdog("/nowhere/watchdog");
  const std::string text =
      "watchdog /nowhere/watchdog: No such file or directory: load its driver (modprobe softdog has one without "
      "hardware), or do without it";
  EXPECT_EQ(watchdog.check(), text);
  EXPECT_EQ(watchdog.start(20000), text);
  EXPECT_FALSE(watchdog.runs());
  EXPECT_TRUE(watchdog.stop());
}

// ---- what a driver answers ----------------------------------------------------------------------

/// From now on ioctl(, command) of this process is not made but fails with `error`, or succeeds if that is 0.
bool answer_for_driver(std::uint32_t command, std::uint16_t error, std::uint32_t other, std::uint16_t other_error) {
  const std::uint32_t number_at = offsetof(seccomp_data, nr);
  const std::uint32_t command_at = offsetof(seccomp_data, args) + sizeof(std::uint64_t);  // low half, little endian
  sock_filter rules[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, number_at),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 0, 5),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, command_at),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, command, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, other, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | other_error),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  sock_fprog program{sizeof rules / sizeof rules[0], rules};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

std::string run_with_driver(const std::string& path, bool can_be_stopped) {
  if (!answer_for_driver(WDIOC_SETTIMEOUT, 0, WDIOC_SETOPTIONS, can_be_stopped ? 0 : EBUSY)) return "no filter";
  posix::KernelWatchdog watchdog(path);
  if (std::string problem = watchdog.start(20000); !problem.empty()) return problem;
  if (watchdog.stop() != can_be_stopped) return "stop() says the wrong thing";
  if (watchdog.runs() == can_be_stopped) return "runs() says the wrong thing";
  watchdog.feed();
  ::_exit(7);
}

TEST(KernelWatchdog, ThatTakesTheTimeoutHasNothingToSay) {
  FakeDevice device;
  const Ended ended = in_own_process([](const std::string& path) { return run_with_driver(path, true); }, device.path);
  EXPECT_EQ(ended.said, "");
  EXPECT_EQ(ended.status, 7);
  EXPECT_EQ(device.heard(), ".V");
}

TEST(KernelWatchdog, WithNowayoutCannotBeStoppedAndIsFedOn) {
  FakeDevice device;
  const Ended ended = in_own_process([](const std::string& path) { return run_with_driver(path, false); }, device.path);
  EXPECT_EQ(ended.said, "");
  EXPECT_EQ(ended.status, 7);
  EXPECT_EQ(device.heard(), "..");
}

// ---- the process's ------------------------------------------------------------------------------

TEST(AlarmWatchdog, EndsAProcessThatDoesNotFeedIt) {
  const Ended ended = in_own_process([](const std::string&) -> std::string {
    posix::AlarmWatchdog watchdog;
    watchdog.start(1000);
    while (true) ::pause();
  });
  EXPECT_EQ(ended.status, 1000 + SIGALRM);
}

TEST(AlarmWatchdog, IsStoppedByStopAndByItsDestruction) {
  posix::AlarmWatchdog watchdog;
  watchdog.start(20000);
  EXPECT_TRUE(watchdog.stop());
  EXPECT_EQ(::alarm(0), 0U);
  std::make_unique<posix::AlarmWatchdog>()->start(20000);
  EXPECT_EQ(::alarm(0), 0U);
}

TEST(AlarmWatchdog, ThatNeverRanLeavesOtherAlarmsAlone) {
  ::alarm(100);
  posix::AlarmWatchdog().stop();
  EXPECT_NE(::alarm(0), 0U);
}

// ---- of a port ----------------------------------------------------------------------------------

posix::PortOptions with_watchdog(const std::string& path, std::vector<std::string>* problems = nullptr) {
  posix::PortOptions options;
  options.watchdog = path;
  options.complain = [problems](const std::string& problem) {
    if (problems != nullptr) problems->push_back(problem);
  };
  return options;
}

TEST(PortWatchdog, ThatIsNotThereIsAnErrorOfThePort) {
  EXPECT_THROW(posix::Port(with_watchdog("/nowhere/watchdog")), std::runtime_error);
}

TEST(PortWatchdog, ThatCannotBeOpenedLaterIsReplacedByTheProcesssAndComplainedOf) {
  FakeDevice device;
  std::vector<std::string> problems;
  posix::Port port(with_watchdog(device.path, &problems));
  std::filesystem::remove(device.path);
  port.watchdog.start(20000);
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].rfind("watchdog " + device.path + ": No such file or directory: ", 0), 0U) << problems[0];
  EXPECT_NE(problems[0].find("SIGALRM ends it"), std::string::npos);
  port.watchdog.feed();
  EXPECT_EQ(::alarm(20), 20U);
  EXPECT_TRUE(port.watchdog.stop());
  EXPECT_EQ(::alarm(0), 0U);
}

ClientConfig watched(const ScriptedServer& server) {
  ClientConfig config;
  config.my_id = "door";
  config.server = "127.0.0.1";
  config.port = server.port();
  config.wdog = true;
  return config;
}

TEST(PortWatchdog, RunsFromTheFirstSuccessOfAClientToItsClose) {
  FakeDevice device;
  ScriptedServer server;
  posix::Port port(with_watchdog(device.path));
  posix::Client<> client(port, watched(server));
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
  EXPECT_FALSE(device.is_open());
  server.say("GO 7 0 40\n");
  ASSERT_TRUE(until([&] { return client(); }));
  EXPECT_TRUE(device.is_open());
  ASSERT_TRUE(until([&] { return device.heard() == "."; })) << "fed";
  server.hang_up();
  server.stop_listening();
  ASSERT_TRUE(until([&] { return !client(); }));
  ASSERT_TRUE(until([&] { return device.heard() == "."; })) << "fed in an outage";
  client.close();
  EXPECT_EQ(device.heard(), "V");
  EXPECT_FALSE(device.is_open());
}

TEST(PortWatchdog, OfAnAsyncClientIsStoppedWithItsLastHandle) {
  FakeDevice device;
  ScriptedServer server;
  asio::io_context io;
  posix::AsyncClientConfig config;
  config.my_id = "door";
  config.server = "127.0.0.1";
  config.port = server.port();
  config.wdog = true;
  config.system = with_watchdog(device.path);
  auto client = std::make_unique<posix::AsyncClient>(io.get_executor(), config);
  const auto until = [&](auto condition) {
    for (int turns = 0; turns < 5000; ++turns) {
      io.restart();
      io.run_for(std::chrono::milliseconds(2));
      if (condition()) return true;
    }
    return false;
  };
  ASSERT_TRUE(until([&] { return server.hears("TL2 door"); }));
  server.say("HI 7 99 w=8 n=1024 t=2000\n");
  ASSERT_TRUE(until([&] { return server.hears("GO 7 "); }));
  EXPECT_FALSE(device.is_open());
  server.say("GO 7 0 40\n");
  ASSERT_TRUE(until([&] { return client->status(); }));
  EXPECT_TRUE(device.is_open());
  device.heard();
  client.reset();
  EXPECT_EQ(device.heard(), "V");
  EXPECT_FALSE(device.is_open());
}

}  // namespace
}  // namespace tautline::test
