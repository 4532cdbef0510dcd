// lwIP for one TCP connection to a server, without threads and without a heap of the C library. What is not set here
// is lwIP's default; its opt.h explains each.
#pragma once

#define NO_SYS 1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_NETCONN 0
#define LWIP_SOCKET 0

// ---- what is compiled in ----

#define LWIP_IPV4 1
#define LWIP_IPV6 0
#define LWIP_ARP 1
#define LWIP_ETHERNET 1
#define LWIP_ICMP 1  // answers pings
#define LWIP_RAW 0
#define LWIP_TCP 1
#ifdef TAUTLINE_DHCP  // address by DHCP, host names by DNS; without it both are digits
#define LWIP_UDP 1
#define LWIP_DHCP 1
#define LWIP_DNS 1
#else
#define LWIP_UDP 0
#define LWIP_DHCP 0
#define LWIP_DNS 0
#endif
#define IP_REASSEMBLY 0
#define IP_FRAG 0
#define LWIP_STATS 0
#define LWIP_NOASSERT 1

// ---- time ----

// The first retransmission after 500 ms. With lwIP's 3000 one lost SYN or hello is an outage for a timeout of 1500 ms.
#define LWIP_TCP_RTO_TIME 500

// ---- memory ----

#define MEM_LIBC_MALLOC 0
#define MEMP_MEM_MALLOC 0
#define MEM_ALIGNMENT 4
// What is sent and not yet acknowledged: tcp_write() copies it here.
#define MEM_SIZE 2048
#define MEMP_NUM_PBUF 2
// The connection, and one that is being closed: ports/lwip lets lwIP abort that one when its memory is needed.
#define MEMP_NUM_TCP_PCB 2
#define MEMP_NUM_TCP_PCB_LISTEN 1
#define MEMP_NUM_TCP_SEG 8
#define TCP_MSS 536
#define TCP_WND (2 * TCP_MSS)
#define TCP_SND_BUF (2 * TCP_MSS)
#define TCP_SND_QUEUELEN 8
#define TCP_QUEUE_OOSEQ 0
// One buffer holds a full segment with its headers. Two are the window, two more are for what else arrives.
#define PBUF_POOL_SIZE 4
#define ETH_PAD_SIZE 2  // aligns the IP header; the drivers know
#define ARP_TABLE_SIZE 4
#define ARP_QUEUEING 0

// ---- randomness ----

// The first local port and the initial sequence number differ from boot to boot.
#include <stdint.h>
#ifdef __cplusplus
extern "C"
#endif
    uint32_t
    tautline_lwip_random(void);
#define LWIP_RAND() tautline_lwip_random()
#define LWIP_HOOK_TCP_ISN(local_address, local_port, remote_address, remote_port) tautline_lwip_random()
