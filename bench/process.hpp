#pragma once

#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <functional>
#include <stdexcept>
#include <vector>

/// The processes of a measurement: the server under test in a child, the load in the parent; and what they cost.
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

inline double cpu_seconds_of_clock(clockid_t clock) {
  timespec time{};
  if (clock_gettime(clock, &time) != 0) return 0;
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

/// User and system time of another process, of all its threads.
inline double cpu_seconds_of(pid_t pid) {
  clockid_t clock{};
  return clock_getcpuclockid(pid, &clock) == 0 ? cpu_seconds_of_clock(clock) : 0;
}

inline double cpu_seconds_of_this_process() {
  return cpu_seconds_of_clock(CLOCK_PROCESS_CPUTIME_ID);
}
inline double cpu_seconds_of_this_thread() {
  return cpu_seconds_of_clock(CLOCK_THREAD_CPUTIME_ID);
}

/// As many files as the system allows: the usual soft limit of 1024 is less than the links of a measurement.
inline void raise_open_files_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

/// Undoes pin_to().
inline void use_all_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (std::size_t core = 0; core < CPU_SETSIZE; ++core) CPU_SET(core, &set);
  if (sched_setaffinity(0, sizeof set, &set) != 0) throw std::runtime_error("cannot use all cores");
}

/// For a child, right after the fork: it ends with its parent, however that ends.
inline void end_with_parent() {
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) std::_Exit(1);
}

/// A program that this process started; ends with the object.
class ChildProcess {
 public:
  explicit ChildProcess(pid_t pid) : pid_(pid) {
    if (pid < 0) throw std::runtime_error("cannot fork");
  }
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_;
};

/// A server in a child process. `serve(report_port)` calls report_port once it listens (as often as it has ports), and
/// runs until it is killed.
class ServerProcess {
 public:
  static constexpr int any_core = -1;
  using ReportPort = std::function<void(std::uint16_t)>;
  using Serve = std::function<void(const ReportPort&)>;

  ServerProcess(int core, const Serve& serve, unsigned ports = 1) : ends_(), child_(start(core, serve)) {
    close(ends_[1]);
    for (unsigned i = 0; i < ports; ++i) {
      std::uint16_t port = 0;
      if (read(ends_[0], &port, sizeof port) == sizeof port) ports_.push_back(port);
    }
    close(ends_[0]);
    if (ports_.size() != ports) throw std::runtime_error("the server under test did not start");
  }
  std::uint16_t port(unsigned which = 0) const { return ports_[which]; }
  pid_t pid() const { return child_.pid(); }

 private:
  pid_t start(int core, const Serve& serve) {
    if (pipe(ends_) != 0) throw std::runtime_error("cannot make a pipe");
    const pid_t pid = fork();
    if (pid != 0) return pid;
    end_with_parent();
    close(ends_[0]);
    run_child(core, [&] {
      serve([&](std::uint16_t port) {
        if (write(ends_[1], &port, sizeof port) != sizeof port) std::_Exit(1);
      });
    });
  }
  /// An exception must not unwind into the code of the parent, whose copy the child is.
  template <typename Work>
  [[noreturn]] static void run_child(int core, Work work) {
    try {
      raise_open_files_limit();
      if (core == any_core) {
        use_all_cores();
      } else {
        pin_to(core);
      }
      work();
      std::_Exit(0);
    } catch (const std::exception& error) {
      std::fprintf(stderr, "server under test: %s\n", error.what());
      std::_Exit(1);
    }
  }

  int ends_[2];
  ChildProcess child_;
  std::vector<std::uint16_t> ports_;
};

}  // namespace bench
