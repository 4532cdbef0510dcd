// A file of its own: the kernel's termios2, which knows any speed, and <termios.h> exclude each other.
#include "serial_settings.hpp"

#include <sys/ioctl.h>

#include <cerrno>
#include <cstring>

#include <asm/termbits.h>

namespace tautline::linux_bridge {
namespace {

/// Two ends that differ by more misread the last bit of a byte: half a bit in ten, shared by both.
constexpr std::uint32_t tolerated_percent = 2;

bool is_near(std::uint32_t actual, std::uint32_t wanted) {
  const std::uint64_t difference = actual > wanted ? actual - wanted : wanted - actual;
  return difference * 100 <= std::uint64_t{wanted} * tolerated_percent;
}

}  // namespace

std::string make_raw(int descriptor, std::uint32_t baud) {
  termios2 settings{};
  if (::ioctl(descriptor, TCGETS2, &settings) != 0) return errno == ENOTTY ? "is no serial line" : std::strerror(errno);
  settings.c_iflag = IGNBRK;
  settings.c_oflag = 0;
  settings.c_lflag = 0;
  settings.c_cflag = CS8 | CREAD | CLOCAL | BOTHER | (BOTHER << IBSHIFT);
  settings.c_ispeed = settings.c_ospeed = baud;
  settings.c_cc[VMIN] = 1;  // with 0, no bytes would look like a line that was hung up
  settings.c_cc[VTIME] = 0;
  const bool set = ::ioctl(descriptor, TCSETS2, &settings) == 0 && ::ioctl(descriptor, TCGETS2, &settings) == 0;
  if (!set || !is_near(settings.c_ospeed, baud)) {
    return "its driver cannot do " + std::to_string(baud) +
           " baud: choose another --baud, the same on the hosted board";
  }
  return {};
}

}  // namespace tautline::linux_bridge
