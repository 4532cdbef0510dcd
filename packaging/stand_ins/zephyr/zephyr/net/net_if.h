#pragma once

struct net_if;
struct in_addr;
enum net_addr_state { NET_ADDR_ANY_STATE = -1, NET_ADDR_TENTATIVE = 0, NET_ADDR_PREFERRED };

extern "C" {
net_if* net_if_get_default();
bool net_if_is_up(const net_if* interface);
in_addr* net_if_ipv4_get_global_addr(net_if* interface, net_addr_state state);
}
