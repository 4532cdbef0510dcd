#pragma once

#include <string>

namespace tautline::posix {

/// The LED seam of the client on Linux: an LED of the kernel (/sys/class/leds), or none.
class SysfsLed {
 public:
  /// Empty name: none. Switches the LED off, which also takes it away from the trigger that the system gave it.
  /// Throws std::runtime_error, which says what to do, if there is no such LED or it may not be written to.
  explicit SysfsLed(const std::string& name = {}, const std::string& root = "/sys/class/leds");

  /// On becomes off, off on. An LED that is gone meanwhile is ignored.
  void toggle();
  /// Is it lit? Also without an LED, as if there was one.
  bool on() const { return on_; }

 private:
  bool write(const std::string& brightness) const;

  std::string file_;  ///< empty: no LED
  std::string brightest_;
  bool on_ = false;
};

}  // namespace tautline::posix
