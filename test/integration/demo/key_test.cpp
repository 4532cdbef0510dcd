// The remote control's key, on a terminal of our own.

#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "demo_run.hpp"

namespace tautline::test {
namespace {

using ::testing::HasSubstr;

/// A command with a terminal.
class Terminal {
 public:
  explicit Terminal(const std::string& command) {
    pid_ = ::forkpty(&terminal_, nullptr, nullptr, nullptr);
    if (pid_ != 0) return;
    ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
    ::_exit(127);
  }
  ~Terminal() {
    if (pid_ > 0) ::kill(pid_, SIGTERM);  // the script ends its programs
    ::close(terminal_);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  /// Reads until the terminal shows this, or the command has ended.
  bool shows(const std::string& text) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (shown_.find(text) == std::string::npos) {
      pollfd ready{terminal_, POLLIN, 0};
      if (std::chrono::steady_clock::now() > deadline) return false;
      if (::poll(&ready, 1, 100) <= 0) continue;
      char bytes[4096];
      const ssize_t count = ::read(terminal_, bytes, sizeof bytes);
      if (count <= 0) return shown_.find(text) != std::string::npos;  // EIO: nobody has it open any more
      shown_.append(bytes, static_cast<std::size_t>(count));
    }
    return true;
  }
  void type(char key) { EXPECT_EQ(::write(terminal_, &key, 1), 1); }
  bool has_line_mode() const {
    termios state{};
    return ::tcgetattr(terminal_, &state) == 0 && (state.c_lflag & ICANON) != 0 && (state.c_lflag & ECHO) != 0;
  }
  const std::string& shown() const { return shown_; }

  int wait() {
    int status = 0;
    if (::waitpid(pid_, &status, 0) != pid_) return -1;
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  int terminal_ = -1;
  pid_t pid_ = -1;
  std::string shown_;
};

TEST(RemoteControl, TheSpaceBarIsTheSwitch) {
  // --foreground: it must be able to read the terminal.
  std::string command = demo_command("remote_control --key");
  command.replace(0, std::string("timeout").size(), "timeout --foreground");
  Terminal terminal(command);
  ASSERT_TRUE(terminal.shows("The space bar is the switch")) << terminal.shown();
  EXPECT_FALSE(terminal.has_line_mode());
  terminal.type(' ');
  ASSERT_TRUE(terminal.shows("press 1: the LED is on")) << terminal.shown();
  terminal.type('x');
  terminal.type(' ');
  ASSERT_TRUE(terminal.shows("press 2: the LED is off")) << terminal.shown();
  terminal.type('q');
  ASSERT_TRUE(terminal.shows("allowed: without qos")) << terminal.shown();
  EXPECT_TRUE(terminal.has_line_mode());
  EXPECT_EQ(terminal.wait(), 0);
  EXPECT_THAT(terminal.shown(), HasSubstr("presses=2 led_changes=2 answers=2 lost=0"));
}

}  // namespace
}  // namespace tautline::test
