#pragma once

#include <cstdint>

#include "lwip/netif.h"

namespace tautline::baremetal {

/// Addresses in digits. Empty: ask DHCP, if lwIP was built with it.
struct Addresses {
  const char* own = "";                   ///< the board's
  const char* netmask = "255.255.255.0";  ///< of its network
  const char* gateway = "";               ///< to other networks
  const char* dns = "";                   ///< of the server for names, if lwIP was built with it
};

/// The board's Ethernet under lwIP. It is what the client calls WiFi: up when there is a carrier and an address.
class Network {
 public:
  /// Once, after board::start(). `seed`: see lwip::Random.
  void start(const Addresses& addresses, std::uint32_t seed);

  /// Frames and lwIP's timers: call it in every turn of the main loop.
  void poll();

  // The seam of the client. A cable needs no credentials.

  /// Switches the interface on. Always true.
  bool connect_stored();
  /// As connect_stored().
  void connect(const char*, const char*) { connect_stored(); }
  /// Switches the interface off, which ends its connections.
  void disconnect();
  /// A carrier and an address?
  bool is_up() const;

  /// lwIP's interface, for its address and for tests.
  const netif& interface() const { return netif_; }

 private:
  netif netif_{};
  bool wants_dhcp_ = false;
};

}  // namespace tautline::baremetal
