#pragma once

#include <cstdint>

struct in_addr {
  std::uint32_t s_addr;
};
struct sockaddr_in {
  std::uint16_t sin_family;
  std::uint16_t sin_port;
  in_addr sin_addr;
};

#define IPPROTO_TCP 6
#define htons(number) (static_cast<std::uint16_t>(__builtin_bswap16(number)))
