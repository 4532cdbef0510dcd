#include "tautline/linux_bridge/serial_port.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "serial_settings.hpp"
#include "tautline/core/serial.hpp"

namespace tautline::linux_bridge {
namespace {

constexpr std::uint32_t first_reopen_pause_ms = 100;
constexpr std::uint32_t longest_reopen_pause_ms = 2000;

std::string in_use(const std::string& path) {
  return "another program uses it: `fuser " + path +
         "` names it; a login on the line ends by `systemctl disable --now "
         "serial-getty@...`";
}

std::string explain_open(const std::string& path, int error) {
  std::string what = std::strerror(error);
  switch (error) {
    case ENOENT:
    case ENODEV:
    case ENXIO:
      return what +
             ": is it plugged in, or enabled (Raspberry Pi: raspi-config, Interface Options, Serial Port)? `ls " +
             "/dev/tty* /dev/serial/by-id` shows what there is";
    case EACCES:
    case EPERM: return what + ": run as a user of its group (`ls -l " + path + "`), on Debian dialout";
    case EBUSY: return in_use(path);
    default: return what;
  }
}

}  // namespace

SerialPort::SerialPort(std::string path, std::uint32_t baud, Tell tell)
    : path_(std::move(path)), baud_(baud), tell_(std::move(tell)) {
  if (const std::string problem = open(); !problem.empty()) {
    throw std::runtime_error("serial line " + path_ + ": " + problem);
  }
}

SerialPort::~SerialPort() {
  close();
}

std::string SerialPort::open() {
  descriptor_ = ::open(path_.c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  if (descriptor_ < 0) return explain_open(path_, errno);
  std::string problem;
  // TIOCEXCL keeps programs of other users out, but nothing that runs as root; the lock also one of those, if it asks.
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
    problem = in_use(path_);
  } else {
    problem = make_raw(descriptor_, baud_);
  }
  if (!problem.empty()) {
    close();
    return problem;
  }
  ::ioctl(descriptor_, TIOCEXCL);
  return {};
}

void SerialPort::close() {
  if (descriptor_ < 0) return;
  ::ioctl(descriptor_, TIOCNXCL);
  ::close(descriptor_);
  descriptor_ = -1;
  write_wanted_ = false;
}

void SerialPort::lose(int error) {
  close();
  pause_ms_ = first_reopen_pause_ms;
  reopen_ms_ = now_ms_ + pause_ms_;
  if (tell_) {
    tell_("serial line " + path_ + " is lost (" + (error == 0 ? "hung up" : std::strerror(error)) + "); trying on");
  }
}

void SerialPort::poll(std::uint32_t now_ms) {
  now_ms_ = now_ms;
  if (is_open() || before(now_ms, reopen_ms_)) return;
  if (open().empty()) {
    if (tell_) tell_("serial line " + path_ + " is there again");
    return;
  }
  pause_ms_ = pause_ms_ < longest_reopen_pause_ms / 2 ? pause_ms_ * 2 : longest_reopen_pause_ms;
  reopen_ms_ = now_ms + pause_ms_;
}

std::size_t SerialPort::read(char* data, std::size_t size) {
  if (!is_open()) return 0;
  const ssize_t count = ::read(descriptor_, data, size);
  if (count > 0) return static_cast<std::size_t>(count);
  if (count == 0) {
    lose(0);
  } else if (errno != EAGAIN && errno != EINTR) {
    lose(errno);
  }
  return 0;
}

std::size_t SerialPort::write(const char* data, std::size_t size) {
  if (!is_open()) return 0;
  const ssize_t count = ::write(descriptor_, data, size);
  if (count < 0 && errno != EAGAIN && errno != EINTR) {
    lose(errno);
    return 0;
  }
  const std::size_t taken = count > 0 ? static_cast<std::size_t>(count) : 0;
  write_wanted_ = taken < size;
  return taken;
}

}  // namespace tautline::linux_bridge
