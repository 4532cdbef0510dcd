#pragma once

#include <netinet/in.h>

#include <cstdint>
#include <cstring>

#include <zephyr/net/dns_resolve.h>

#include "tautline/client/link_client.hpp"
#include "tautline/sockets/lookup.hpp"

namespace tautline::zephyr {

/// Finds the IPv4 address of a host name, or of an address in digits, by Zephyr's resolver. Nothing here waits.
class NameLookup : public sockets::Lookup {
 public:
  /// `host` must stay as it is until the look-up is over.
  void start(const char* host) {
    constexpr auto limit_ms = static_cast<std::int32_t>(resolve_limit_ms);
    if (begin(host) && dns_get_addr_info(host, DNS_QUERY_TYPE_A, nullptr, on_event, this, limit_ms) < 0) end();
  }

 private:
  /// Called for each address, then once more. In the resolver's thread, or within start() for an address in digits.
  static void on_event(dns_resolve_status status, dns_addrinfo* found, void* self) {
    auto& lookup = *static_cast<NameLookup*>(self);
    if (status != DNS_EAI_INPROGRESS) {
      lookup.end();
    } else if (found != nullptr && found->ai_family == AF_INET) {
      sockaddr_in address = {};
      std::memcpy(&address, &found->ai_addr, sizeof address);
      lookup.found(address.sin_addr.s_addr);
    }
  }
};

}  // namespace tautline::zephyr
