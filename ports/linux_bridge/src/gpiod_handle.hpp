#pragma once

#include <memory>
#include <string>

#include "tautline/linux_bridge/gpio_line.hpp"

namespace tautline::linux_bridge {

/// The line `offset` of `chip` (a name, number or path) by libgpiod. Throws as GpioLine does.
std::unique_ptr<GpioHandle> open_gpiod(const std::string& chip, unsigned offset, bool watch);

}  // namespace tautline::linux_bridge
