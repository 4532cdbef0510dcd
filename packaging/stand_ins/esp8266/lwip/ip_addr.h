#pragma once

#include <cstdint>

struct ip_addr_t {
  std::uint32_t addr;
};

extern "C" int ipaddr_aton(const char* text, ip_addr_t* address);
