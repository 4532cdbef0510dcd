#pragma once

#include "lwip/err.h"
#include "lwip/ip_addr.h"
#include "lwip/pbuf.h"

#define TCP_PRIO_MIN 1
#define TCP_WRITE_FLAG_COPY 0x01

struct tcp_pcb {
  std::uint16_t snd_buf;
  std::uint8_t prio;
  std::uint8_t flags;
};

#define tcp_sndbuf(pcb) ((pcb)->snd_buf)
#define tcp_nagle_disable(pcb) ((pcb)->flags |= 0x40U)

using tcp_connected_fn = err_t (*)(void* argument, tcp_pcb* pcb, err_t error);
using tcp_recv_fn = err_t (*)(void* argument, tcp_pcb* pcb, pbuf* bytes, err_t error);
using tcp_err_fn = void (*)(void* argument, err_t error);

extern "C" {
tcp_pcb* tcp_new();
void tcp_arg(tcp_pcb* pcb, void* argument);
void tcp_recv(tcp_pcb* pcb, tcp_recv_fn callback);
void tcp_err(tcp_pcb* pcb, tcp_err_fn callback);
void tcp_setprio(tcp_pcb* pcb, std::uint8_t priority);
void tcp_recved(tcp_pcb* pcb, std::uint16_t size);
err_t tcp_connect(tcp_pcb* pcb, const ip_addr_t* address, std::uint16_t port, tcp_connected_fn connected);
err_t tcp_write(tcp_pcb* pcb, const void* data, std::uint16_t size, std::uint8_t flags);
err_t tcp_output(tcp_pcb* pcb);
err_t tcp_close(tcp_pcb* pcb);
void tcp_abort(tcp_pcb* pcb);
}
