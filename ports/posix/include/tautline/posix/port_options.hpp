#pragma once

#include <functional>
#include <string>

namespace tautline::posix {

/// What of the machine a Port uses. The defaults need nothing and no rights.
struct PortOptions {
  /// The network interface to the server, for example "wlan0": the client waits while it has no carrier or does not
  /// exist, and ends its connection at once when it loses it. Empty: the network counts as always up.
  std::string interface = {};
  /// Device of a watchdog of the kernel, for example "/dev/watchdog": it resets the machine. Empty: SIGALRM ends the
  /// process. Both only with `wdog` of the client's configuration.
  std::string watchdog = {};
  /// Name of an LED of the kernel, as in /sys/class/leds. Empty: none. Only with `led` of the client's configuration.
  std::string led = {};
  /// Where LEDs are.
  std::string led_root = "/sys/class/leds";
  /// Told what fails after the start, in words for the user. Empty: stderr is told.
  std::function<void(const std::string& problem)> complain = {};
};

}  // namespace tautline::posix
