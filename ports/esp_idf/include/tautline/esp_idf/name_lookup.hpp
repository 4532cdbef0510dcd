#pragma once

#include "lwip/dns.h"
#include "lwip/tcpip.h"
#include "tautline/sockets/lookup.hpp"

namespace tautline::esp_idf {

/// Finds the IPv4 address of a host name, or of an address in digits, in lwIP's own task. Nothing here waits.
class NameLookup : public sockets::Lookup {
 public:
  /// `host` must stay as it is until the look-up is over.
  void start(const char* host) {
    if (begin(host) && tcpip_callback(in_lwip, this) != ERR_OK) end();
  }

 private:
  static void in_lwip(void* self) {
    auto& lookup = *static_cast<NameLookup*>(self);
    ip_addr_t known;
    const err_t error = dns_gethostbyname_addrtype(lookup.host(), &known, on_found, self, LWIP_DNS_ADDRTYPE_IPV4);
    if (error != ERR_INPROGRESS) on_found(nullptr, error == ERR_OK ? &known : nullptr, self);
  }

  static void on_found(const char*, const ip_addr_t* address, void* self) {
    auto& lookup = *static_cast<NameLookup*>(self);
    if (address != nullptr) lookup.found(ip_2_ip4(address)->addr);
    lookup.end();
  }
};

}  // namespace tautline::esp_idf
