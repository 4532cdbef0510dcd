#pragma once

#include "lwip/err.h"
#include "lwip/ip_addr.h"

#define LWIP_DNS 1

using dns_found_callback = void (*)(const char* name, const ip_addr_t* address, void* argument);

extern "C" err_t dns_gethostbyname(const char* name, ip_addr_t* address, dns_found_callback found, void* argument);
