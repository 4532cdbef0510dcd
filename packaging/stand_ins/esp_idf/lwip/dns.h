#pragma once

#include "lwip/err.h"

// With IPv6, as ESP-IDF builds lwIP.
struct ip4_addr_t {
  std::uint32_t addr;
};
struct ip_addr_t {
  union {
    std::uint32_t ip6[5];
    ip4_addr_t ip4;
  } u_addr;
  std::uint8_t type;
};
#define ip_2_ip4(address) (&((address)->u_addr.ip4))
#define LWIP_DNS_ADDRTYPE_IPV4 0

using dns_found_callback = void (*)(const char* name, const ip_addr_t* address, void* argument);

extern "C" err_t dns_gethostbyname_addrtype(const char* name, ip_addr_t* address, dns_found_callback found,
                                            void* argument, std::uint8_t type);
