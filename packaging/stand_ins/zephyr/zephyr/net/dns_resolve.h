#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>

enum dns_query_type { DNS_QUERY_TYPE_A = 1 };
enum dns_resolve_status { DNS_EAI_INPROGRESS = -100, DNS_EAI_ALLDONE = -103, DNS_EAI_FAIL = -4 };

// Of the same size as the address of any family, as in Zephyr.
struct dns_addrinfo {
  union {
    sockaddr ai_addr;
    char room[24];
  };
  socklen_t ai_addrlen;
  std::uint8_t ai_family;
};

using dns_resolve_cb_t = void (*)(dns_resolve_status status, dns_addrinfo* found, void* argument);

extern "C" int dns_get_addr_info(const char* name, dns_query_type type, std::uint16_t* id, dns_resolve_cb_t callback,
                                 void* argument, std::int32_t timeout_ms);
