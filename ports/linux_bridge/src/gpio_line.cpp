#include "tautline/linux_bridge/gpio_line.hpp"

#include <stdexcept>
#include <utility>

#include "gpiod_handle.hpp"

namespace tautline::linux_bridge {
namespace {

constexpr std::size_t max_digits = 4;

std::unique_ptr<GpioHandle> open_line(const std::string& name, bool watch) {
  const std::size_t colon = name.rfind(':');
  const std::string number = colon == std::string::npos ? "" : name.substr(colon + 1);
  if (colon == 0 || number.empty() || number.size() > max_digits ||
      number.find_first_not_of("0123456789") != std::string::npos) {
    throw std::runtime_error("GPIO line " + name + ": write CHIP:LINE, as in gpiochip0:17; `gpioinfo` lists them");
  }
  return open_gpiod(name.substr(0, colon), static_cast<unsigned>(std::stoul(number)), watch);
}

}  // namespace

GpioLine::GpioLine(const std::string& name, Use use) : handle_(open_line(name, use == Use::watch)) {}

GpioLine::GpioLine(std::unique_ptr<GpioHandle> handle) : handle_(std::move(handle)) {}

void GpioLine::write(bool high) {
  // A channel says it in each turn; the kernel is only told what is new.
  const Driven wanted = high ? Driven::high : Driven::low;
  if (driven_ == wanted) return;
  handle_->set(high);
  driven_ = wanted;
}

}  // namespace tautline::linux_bridge
