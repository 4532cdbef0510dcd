#pragma once

#include <cstdint>

namespace tautline::lwip {

/// Random numbers for lwIP (LWIP_RAND, LWIP_HOOK_TCP_ISN) and for the client's jitter. Not for keys.
///
/// seed() before lwip_init(), with something that differs from boot to boot and from device to device: lwIP draws its
/// first local port from it. A device that comes back with the port of its last life meets the server's half-open
/// connection instead of a new one.
struct Random {
  /// Before lwip_init().
  static void seed(std::uint32_t value);
  /// Uniformly distributed.
  std::uint32_t next();
};

}  // namespace tautline::lwip

/// What lwipopts.h names: `#define LWIP_RAND() tautline_lwip_random()`.
extern "C" std::uint32_t tautline_lwip_random();
