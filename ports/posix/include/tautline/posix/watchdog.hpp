#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace tautline::posix {

/// Ends the process by SIGALRM when it was not fed for that long, so that its supervisor starts it again.
class AlarmWatchdog {
 public:
  AlarmWatchdog() = default;
  /// Stops it.
  ~AlarmWatchdog();
  AlarmWatchdog(const AlarmWatchdog&) = delete;
  AlarmWatchdog& operator=(const AlarmWatchdog&) = delete;

  /// Must be fed within `timeout_ms` from now on. The process has one alarm(): nothing else may use it.
  void start(std::uint32_t timeout_ms);
  /// The process is alive: the time begins anew.
  void feed();
  /// It needs no more feeding. True: it always can be stopped.
  bool stop();

 private:
  std::uint32_t timeout_ms_ = 0;  ///< 0: it does not run
};

/// A watchdog of the kernel: resets the machine when it was not fed for that long. A process that ends without stop()
/// does not feed it, so a crash resets the machine too.
class KernelWatchdog {
 public:
  /// `path`: its device, for example "/dev/watchdog". Nothing is opened yet, because that would start it.
  explicit KernelWatchdog(std::string path);
  /// As stop(); one that cannot be stopped resets the machine.
  ~KernelWatchdog();
  KernelWatchdog(const KernelWatchdog&) = delete;
  KernelWatchdog& operator=(const KernelWatchdog&) = delete;

  /// What start() would complain of, as far as can be told without starting it; empty: nothing.
  std::string check() const;
  /// Opens it; it must be fed within `timeout_ms` from now on. Returns what is wrong, in words for the user, with what
  /// to do; empty: nothing. runs() tells whether it runs all the same.
  std::string start(std::uint32_t timeout_ms);
  /// Does it wait to be fed?
  bool runs() const { return device_ >= 0; }
  /// The process is alive: the time begins anew.
  void feed();
  /// Stops it by the magic close. False: its driver was loaded with `nowayout` and it cannot be stopped; go on feeding.
  bool stop();

 private:
  std::string explain(int error) const;

  const std::string path_;
  int device_ = -1;
};

/// The watchdog seam of the client on Linux: the kernel's watchdog, or the process's if there is no path.
class SystemWatchdog {
 public:
  /// Throws std::runtime_error, which says what to do, if the device is not there or may not be written to.
  SystemWatchdog(const std::string& path, std::function<void(const std::string&)> complain);

  /// Starts the one that was chosen. If the kernel's cannot be opened now, that is complained of, and the process's
  /// watchdog runs in its place.
  void start(std::uint32_t timeout_ms);
  /// The process is alive: the time begins anew.
  void feed();
  /// False: it cannot be stopped.
  bool stop();

 private:
  AlarmWatchdog process_;
  KernelWatchdog kernel_;
  const bool wants_kernel_;
  std::function<void(const std::string&)> complain_;
};

}  // namespace tautline::posix
