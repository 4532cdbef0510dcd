// lwIP on the host, over its loopback interface, with memory for both ends of the connections.
#pragma once

#define NO_SYS 1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_NETCONN 0
#define LWIP_SOCKET 0
#define LWIP_IPV4 1
#define LWIP_IPV6 0
#define LWIP_ARP 0
#define LWIP_ETHERNET 0
#define LWIP_UDP 1
#define LWIP_DNS 1
#define DNS_LOCAL_HOSTLIST 1
#define DNS_LOCAL_HOSTLIST_INIT \
  { DNS_LOCAL_HOSTLIST_ELEM("house", IPADDR4_INIT_BYTES(127, 0, 0, 1)) }
#define LWIP_TCP 1
#define LWIP_HAVE_LOOPIF 1
#define LWIP_NETIF_LOOPBACK 1
#define LWIP_STATS 0
#define MEM_ALIGNMENT 8
#define MEM_SIZE 16384
#define MEMP_NUM_TCP_PCB 4
#define MEMP_NUM_TCP_SEG 32
#define TCP_MSS 536
#define TCP_WND (2 * TCP_MSS)
#define TCP_SND_BUF (2 * TCP_MSS)
#define TCP_SND_QUEUELEN 8
#define LWIP_TCP_RTO_TIME 500

#include <stdint.h>
#ifdef __cplusplus
extern "C"
#endif
    uint32_t
    tautline_lwip_random(void);
#define LWIP_RAND() tautline_lwip_random()
