#pragma once

#include <cstdint>
#include <string>

namespace tautline::linux_bridge {

/// Makes the terminal at this descriptor a raw line of 8 bits at any speed. Returns what is wrong, in words for the
/// user; empty: nothing.
std::string make_raw(int descriptor, std::uint32_t baud);

}  // namespace tautline::linux_bridge
