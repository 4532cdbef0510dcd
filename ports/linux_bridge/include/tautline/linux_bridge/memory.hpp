#pragma once

#include <cstdint>

namespace tautline::linux_bridge {

/// Bytes of memory that programs of this machine can still get, as the kernel estimates it (MemAvailable), for
/// bridge::BridgeOptions::free_bytes: at most 2^32 - 2, and 2^32 - 1 if it does not say.
std::uint32_t available_bytes();

}  // namespace tautline::linux_bridge
