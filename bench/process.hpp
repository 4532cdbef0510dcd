#pragma once

#include <sched.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>

/// Two processes of one measurement: the server under test in a child, the load in the parent.
namespace bench {

using Clock = std::chrono::steady_clock;

inline double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Keeps the calling process on one core.
inline void pin_to(int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<std::size_t>(core), &set);
  if (sched_setaffinity(0, sizeof set, &set) != 0) throw std::runtime_error("cannot pin the process to a core");
}

/// User and system time of another process, from /proc.
inline double cpu_seconds_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  std::istringstream fields(text.substr(std::min(text.rfind(')') + 1, text.size())));
  std::string skipped;
  for (int i = 3; i < 14; ++i) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

inline double cpu_seconds_of_this_process() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// Undoes pin_to().
inline void use_all_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (std::size_t core = 0; core < CPU_SETSIZE; ++core) CPU_SET(core, &set);
  if (sched_setaffinity(0, sizeof set, &set) != 0) throw std::runtime_error("cannot use all cores");
}

/// A server in a child process. `serve(report_port)` calls report_port once it listens, and runs until it is killed.
class ServerProcess {
 public:
  static constexpr int any_core = -1;
  using Serve = std::function<void(const std::function<void(std::uint16_t)>&)>;

  ServerProcess(int core, const Serve& serve) {
    int ends[2];
    if (pipe(ends) != 0) throw std::runtime_error("cannot make a pipe");
    pid_ = fork();
    if (pid_ < 0) throw std::runtime_error("cannot fork");
    if (pid_ == 0) {
      close(ends[0]);
      if (core == any_core) {
        use_all_cores();
      } else {
        pin_to(core);
      }
      serve([&](std::uint16_t port) {
        if (write(ends[1], &port, sizeof port) != sizeof port) std::_Exit(1);
      });
      std::_Exit(0);
    }
    close(ends[1]);
    const ssize_t count = read(ends[0], &port_, sizeof port_);
    close(ends[0]);
    if (count != sizeof port_) throw std::runtime_error("the server under test did not start");
  }
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  ~ServerProcess() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }

  std::uint16_t port() const { return port_; }
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
  std::uint16_t port_ = 0;
};

}  // namespace bench
