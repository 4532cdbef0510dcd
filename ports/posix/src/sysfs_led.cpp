#include "tautline/posix/sysfs_led.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <stdexcept>

namespace tautline::posix {

SysfsLed::SysfsLed(const std::string& name, const std::string& root) {
  if (name.empty()) return;
  const std::string folder = root + "/" + name;
  std::ifstream(folder + "/max_brightness") >> brightest_;
  if (brightest_.empty()) brightest_ = "1";
  file_ = folder + "/brightness";
  if (write("0")) return;
  const int error = errno;
  const std::string what = "LED " + name + ": " + file_ + ": " + std::strerror(error);
  if (error == ENOENT) throw std::runtime_error(what + ": see `ls " + root + "` for the names");
  throw std::runtime_error(what + ": run as root, or let a udev rule give this user the file");
}

void SysfsLed::toggle() {
  on_ = !on_;
  if (!file_.empty()) write(on_ ? brightest_ : "0");
}

bool SysfsLed::write(const std::string& brightness) const {
  const int file = ::open(file_.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC);
  if (file < 0) return false;
  const bool written = ::write(file, brightness.data(), brightness.size()) == static_cast<ssize_t>(brightness.size());
  const int error = errno;
  ::close(file);
  errno = error;
  return written;
}

}  // namespace tautline::posix
