#include "scale_process.hpp"

#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <string>
#include <thread>

#include "process.hpp"

namespace bench {
namespace {

/// A line "name:  1234 kB" of a file of /proc, in bytes; 0 if it is not there.
std::uint64_t proc_bytes(const std::string& path, const std::string& name) {
  std::ifstream file(path);
  std::string word;
  while (file >> word) {
    if (word != name + ":") continue;
    std::uint64_t kilobytes = 0;
    file >> kilobytes;
    return kilobytes * 1024;
  }
  return 0;
}

std::string status_file(pid_t pid) {
  return "/proc/" + std::to_string(pid) + "/status";
}

}  // namespace

std::uint64_t anonymous_bytes_of(pid_t pid) {
  return proc_bytes(status_file(pid), "RssAnon");
}
std::uint64_t peak_resident_bytes_of(pid_t pid) {
  return proc_bytes(status_file(pid), "VmHWM");
}
std::uint64_t kernel_bytes() {
  return proc_bytes("/proc/meminfo", "Slab") + proc_bytes("/proc/meminfo", "PageTables");
}

bool take_precedence() {
  const sched_param lowest{1};
  return ::sched_setscheduler(0, SCHED_FIFO, &lowest) == 0;
}

void give_way() {
  const sched_param none{};
  const int policy = take_precedence() ? SCHED_OTHER : SCHED_IDLE;
  if (::sched_setscheduler(0, policy, &none) != 0) throw std::runtime_error("cannot give way to other processes");
}

void pause_for(double seconds) {
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
}

bool wait_until(double limit_s, const std::function<bool()>& condition) {
  const auto start = Clock::now();
  while (!condition()) {
    if (seconds_since(start) > limit_s) return false;
    pause_for(0.002);
  }
  return true;
}

Child::Child(int core, const std::function<void()>& run) {
  std::fflush(nullptr);
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("cannot fork");
  if (pid_ != 0) return;
  end_with_parent();
  try {
    if (core == ServerProcess::any_core) {
      use_all_cores();
    } else {
      pin_to(core);
    }
    run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "a process of the measurement: %s\n", error.what());
    std::_Exit(1);
  }
  std::_Exit(0);
}

Child::~Child() {
  if (!running_) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

bool Child::running() {
  int status = 0;
  if (running_ && ::waitpid(pid_, &status, WNOHANG) == pid_) {
    running_ = false;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
      throw std::runtime_error("a process of the measurement failed");
    }
  }
  return running_;
}

}  // namespace bench
