#include "tautline/baremetal/network.hpp"

#include <cstring>

#include "lwip/dhcp.h"
#include "lwip/dns.h"
#include "lwip/etharp.h"
#include "lwip/init.h"
#include "lwip/ip4_addr.h"
#include "lwip/pbuf.h"
#include "lwip/sys.h"
#include "lwip/timeouts.h"
#include "netif/ethernet.h"
#include "tautline/baremetal/board.hpp"
#include "tautline/lwip/random.hpp"

/// The clock that lwIP asks for.
extern "C" u32_t sys_now() {
  return tautline::board::now_ms();
}

namespace tautline::baremetal {
namespace {

/// Frames taken in one turn of the loop: a flood must not keep the application from its turn.
constexpr int max_frames_per_poll = 16;
constexpr u16_t mtu = 1500;

err_t send_frame(netif*, pbuf* frame) {
  return board::send_frame(*frame) ? ERR_OK : ERR_IF;
}

err_t start_interface(netif* interface) {
  interface->name[0] = 'e';
  interface->name[1] = 'n';
  interface->output = etharp_output;
  interface->linkoutput = send_frame;
  interface->mtu = mtu;
  interface->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP;
  interface->hwaddr_len = sizeof interface->hwaddr;
  board::start_ethernet(interface->hwaddr);
  return ERR_OK;
}

ip4_addr_t parse(const char* text) {
  ip4_addr_t address{};
  if (ip4addr_aton(text, &address) == 0) address.addr = IPADDR_ANY;
  return address;
}

std::uint32_t address_of_device(const netif& interface) {
  std::uint32_t value = 0;
  for (const std::uint8_t byte : interface.hwaddr) value = value * 31U + byte;
  return value;
}

}  // namespace

void Network::start(const Addresses& addresses, std::uint32_t seed) {
  lwip::Random::seed(seed);
  lwip_init();
  const ip4_addr_t own = parse(addresses.own);
  const ip4_addr_t netmask = parse(addresses.netmask);
  const ip4_addr_t gateway = parse(addresses.gateway);
  wants_dhcp_ = ip4_addr_isany_val(own);
  netif_add(&netif_, &own, &netmask, &gateway, nullptr, start_interface, netif_input);
  lwip::Random::seed(seed ^ address_of_device(netif_));
  netif_set_default(&netif_);
#if LWIP_DNS
  const ip4_addr_t dns = parse(addresses.dns);
  if (!ip4_addr_isany_val(dns)) dns_setserver(0, &dns);
#endif
}

void Network::poll() {
  if (board::has_carrier() != (netif_is_link_up(&netif_) != 0)) {
    if (board::has_carrier()) {
      netif_set_link_up(&netif_);
    } else {
      netif_set_link_down(&netif_);
    }
  }
  for (int frames = 0; frames < max_frames_per_poll; ++frames) {
    pbuf* const frame = board::receive_frame();
    if (frame == nullptr) break;
    if (netif_.input(frame, &netif_) != ERR_OK) pbuf_free(frame);
  }
  sys_check_timeouts();
}

bool Network::connect_stored() {
  netif_set_up(&netif_);
#if LWIP_DHCP
  if (wants_dhcp_) dhcp_start(&netif_);
#endif
  return true;
}

void Network::disconnect() {
  netif_set_down(&netif_);
}

bool Network::is_up() const {
  return netif_is_up(&netif_) != 0 && netif_is_link_up(&netif_) != 0 && !ip4_addr_isany_val(*netif_ip4_addr(&netif_));
}

}  // namespace tautline::baremetal
