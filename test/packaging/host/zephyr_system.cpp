// Zephyr for Linux, as far as the glue needs it: a network that is always up, and a resolver that knows localhost.

#include <arpa/inet.h>
#include <poll.h>
#include <time.h>

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <zephyr/drivers/gpio.h>
#include <zephyr/kernel.h>
#include <zephyr/net/dns_resolve.h>
#include <zephyr/net/net_if.h>
#include <zephyr/random/random.h>
#include <zephyr/sys/printk.h>
#include <zephyr/task_wdt/task_wdt.h>

struct net_if {};

namespace {

net_if only_interface;
in_addr own_address;

}  // namespace

extern "C" {

std::uint32_t k_uptime_get_32() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint32_t>(now.tv_sec) * 1000U + static_cast<std::uint32_t>(now.tv_nsec / 1000000);
}
std::int32_t k_msleep(std::int32_t ms) {
  ::poll(nullptr, 0, ms);
  return 0;
}
std::uint32_t sys_rand32_get() {
  return static_cast<std::uint32_t>(std::rand());
}
void printk(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  std::vprintf(format, arguments);
  va_end(arguments);
  std::fflush(stdout);
}

net_if* net_if_get_default() {
  return &only_interface;
}
bool net_if_is_up(const net_if*) {
  return true;
}
in_addr* net_if_ipv4_get_global_addr(net_if*, net_addr_state) {
  return &own_address;
}

int dns_get_addr_info(const char* name, dns_query_type, std::uint16_t*, dns_resolve_cb_t callback, void* argument,
                      std::int32_t) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  const char* digits = std::strcmp(name, "localhost") == 0 ? "127.0.0.1" : name;
  if (::inet_pton(AF_INET, digits, &address.sin_addr) != 1) {
    callback(DNS_EAI_FAIL, nullptr, argument);
    return 0;
  }
  dns_addrinfo found{};
  found.ai_family = AF_INET;
  std::memcpy(&found.ai_addr, &address, sizeof address);
  callback(DNS_EAI_INPROGRESS, &found, argument);
  callback(DNS_EAI_ALLDONE, nullptr, argument);
  return 0;
}

int gpio_pin_configure_dt(const gpio_dt_spec*, std::uint32_t) {
  return 0;
}
int gpio_pin_toggle_dt(const gpio_dt_spec*) {
  return 0;
}
int task_wdt_init(const device*) {
  return 0;
}
int task_wdt_add(std::uint32_t, task_wdt_callback_t, void*) {
  return 0;
}
int task_wdt_feed(int) {
  return 0;
}
int task_wdt_delete(int) {
  return 0;
}

}  // extern "C"
