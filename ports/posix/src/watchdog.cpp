#include "tautline/posix/watchdog.hpp"

#include <fcntl.h>
#include <linux/watchdog.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace tautline::posix {
namespace {

/// Any byte but the magic one is a sign of life.
constexpr char alive = '.';
/// Written last, it says that the close that follows is meant.
constexpr char magic_close = 'V';

int in_seconds(std::uint32_t ms) {
  return static_cast<int>((ms + 999) / 1000);
}

void write_byte(int device, char byte) {
  [[maybe_unused]] const auto written = ::write(device, &byte, 1);
}

}  // namespace

// ---- AlarmWatchdog ------------------------------------------------------------------------------

AlarmWatchdog::~AlarmWatchdog() {
  stop();
}

void AlarmWatchdog::start(std::uint32_t timeout_ms) {
  timeout_ms_ = timeout_ms;
  feed();
}

void AlarmWatchdog::feed() {
  ::alarm(static_cast<unsigned>(in_seconds(timeout_ms_)));
}

bool AlarmWatchdog::stop() {
  if (timeout_ms_ != 0) ::alarm(0);  // else an alarm is somebody else's
  timeout_ms_ = 0;
  return true;
}

// ---- KernelWatchdog -----------------------------------------------------------------------------

KernelWatchdog::KernelWatchdog(std::string path) : path_(std::move(path)) {}

KernelWatchdog::~KernelWatchdog() {
  if (!stop()) ::close(device_);
}

std::string KernelWatchdog::explain(int error) const {
  std::string text = "watchdog " + path_ + ": " + std::strerror(error);
  switch (error) {
    case ENOENT:
    case ENODEV:
    case ENXIO: return text + ": load its driver (modprobe softdog has one without hardware), or do without it";
    case EACCES:
    case EPERM: return text + ": run as root, or let a udev rule give this user the device";
    case EBUSY:
      return text + ": another program has it open (systemd's RuntimeWatchdogSec?): end that, or do without it";
    default: return text;
  }
}

std::string KernelWatchdog::check() const {
  return ::access(path_.c_str(), W_OK) == 0 ? std::string() : explain(errno);
}

std::string KernelWatchdog::start(std::uint32_t timeout_ms) {
  if (runs()) return {};
  device_ = ::open(path_.c_str(), O_WRONLY | O_CLOEXEC);
  if (device_ < 0) return explain(errno);
  const int wanted = in_seconds(timeout_ms);
  int seconds = wanted;
  std::string problem;
  if (::ioctl(device_, WDIOC_SETTIMEOUT, &seconds) != 0) {
    problem = "watchdog " + path_ + ": takes no timeout of " + std::to_string(wanted) + " s (" + std::strerror(errno) +
              "): its own counts";
  } else if (seconds < wanted) {
    problem = "watchdog " + path_ + ": resets after " + std::to_string(seconds) + " s, not " + std::to_string(wanted);
  }
  feed();
  return problem;
}

void KernelWatchdog::feed() {
  if (runs()) write_byte(device_, alive);
}

bool KernelWatchdog::stop() {
  if (!runs()) return true;
  // With `nowayout` the driver refuses this, and it would not heed the magic close either.
  int option = WDIOS_DISABLECARD;
  if (::ioctl(device_, WDIOC_SETOPTIONS, &option) != 0 && errno == EBUSY) return false;
  write_byte(device_, magic_close);
  ::close(device_);
  device_ = -1;
  return true;
}

// ---- SystemWatchdog -----------------------------------------------------------------------------

SystemWatchdog::SystemWatchdog(const std::string& path, std::function<void(const std::string&)> complain)
    : kernel_(path), wants_kernel_(!path.empty()), complain_(std::move(complain)) {
  if (!wants_kernel_) return;
  if (const std::string problem = kernel_.check(); !problem.empty()) throw std::runtime_error(problem);
}

void SystemWatchdog::start(std::uint32_t timeout_ms) {
  if (!wants_kernel_) return process_.start(timeout_ms);
  std::string problem = kernel_.start(timeout_ms);
  if (!kernel_.runs()) {
    process_.start(timeout_ms);
    problem += "; only this process is watched now: SIGALRM ends it if it hangs";
  }
  if (!problem.empty()) complain_(problem);
}

void SystemWatchdog::feed() {
  if (kernel_.runs()) {
    kernel_.feed();
  } else {
    process_.feed();
  }
}

bool SystemWatchdog::stop() {
  process_.stop();
  return kernel_.stop();
}

}  // namespace tautline::posix
