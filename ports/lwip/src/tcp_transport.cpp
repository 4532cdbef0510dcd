#include "tautline/lwip/tcp_transport.hpp"

#include <cstring>

#include "lwip/dns.h"
#include "lwip/pbuf.h"
#include "lwip/tcp.h"

namespace tautline::lwip {
namespace {

std::uint16_t at_most(std::size_t wish, std::size_t limit) {
  return static_cast<std::uint16_t>(wish < limit ? wish : limit);
}

}  // namespace

// ---- connecting ---------------------------------------------------------------------------------

void TcpTransport::connect(const char* host, std::uint16_t port) {
  close();
  port_ = port;
  ip_addr_t address;
  if (ipaddr_aton(host, &address) != 0) {
    open(address);
  } else {
    look_up(host);
  }
}

#if LWIP_DNS

void TcpTransport::look_up(const char* host) {
  status_ = ConnectStatus::resolving;
  // lwIP cannot take a look-up back. One that still runs serves this attempt, if it is for the same name.
  if (looked_up_ != nullptr) {
    if (std::strcmp(looked_up_, host) != 0) status_ = ConnectStatus::unresolved;
    return;
  }
  ip_addr_t address;
  switch (dns_gethostbyname(host, &address, on_resolved, this)) {
    case ERR_OK: open(address); break;
    case ERR_INPROGRESS: looked_up_ = host; break;
    default: status_ = ConnectStatus::unresolved; break;
  }
}

#else

void TcpTransport::look_up(const char*) {
  status_ = ConnectStatus::unresolved;
}

#endif

void TcpTransport::on_resolved(const char*, const ip_addr_t* address, void* self) {
  auto& transport = *static_cast<TcpTransport*>(self);
  transport.looked_up_ = nullptr;
  if (transport.status_ != ConnectStatus::resolving) return;
  if (address == nullptr) {
    transport.status_ = ConnectStatus::unresolved;
  } else {
    transport.open(*address);
  }
}

void TcpTransport::open(const ip_addr_t& address) {
  status_ = ConnectStatus::unreachable;
  pcb_ = tcp_new();
  if (pcb_ == nullptr) return;
  tcp_arg(pcb_, this);
  tcp_err(pcb_, on_error);
  tcp_recv(pcb_, on_received);
  tcp_nagle_disable(pcb_);
  if (tcp_connect(pcb_, &address, port_, on_connected) == ERR_OK) {
    status_ = ConnectStatus::connecting;
  } else {
    close();
  }
}

err_t TcpTransport::on_connected(void* self, tcp_pcb*, err_t) {
  static_cast<TcpTransport*>(self)->status_ = ConnectStatus::connected;
  return ERR_OK;
}

/// RST, or too many retransmissions. lwIP has freed the connection.
void TcpTransport::on_error(void* self, err_t error) {
  auto& transport = *static_cast<TcpTransport*>(self);
  transport.pcb_ = nullptr;
  transport.status_ = error == ERR_RST ? ConnectStatus::refused : ConnectStatus::unreachable;
  transport.ended_ = true;
}

// ---- connected ----------------------------------------------------------------------------------

err_t TcpTransport::on_received(void* self, tcp_pcb*, pbuf* bytes, err_t) {
  auto& transport = *static_cast<TcpTransport*>(self);
  if (bytes == nullptr) {
    transport.ended_ = true;
  } else if (transport.received_ == nullptr) {
    transport.received_ = bytes;
  } else {
    pbuf_cat(transport.received_, bytes);
  }
  return ERR_OK;
}

IoResult TcpTransport::read(char* data, std::size_t size) {
  if (received_ == nullptr) return {0, ended_ || pcb_ == nullptr};
  const std::uint16_t count = pbuf_copy_partial(received_, data, at_most(size, received_->tot_len), 0);
  received_ = pbuf_free_header(received_, count);
  if (pcb_ != nullptr) tcp_recved(pcb_, count);
  return {count, false};
}

IoResult TcpTransport::write(const char* data, std::size_t size) {
  if (pcb_ == nullptr) return {0, true};
  const std::uint16_t count = at_most(size, tcp_sndbuf(pcb_));
  if (count == 0) return {};
  const err_t error = tcp_write(pcb_, data, count, TCP_WRITE_FLAG_COPY);
  if (error != ERR_OK && error != ERR_MEM) return {0, true};
  tcp_output(pcb_);  // if it has no memory now, lwIP's timer tries again
  return {error == ERR_OK ? count : 0U, false};
}

void TcpTransport::close() {
  drop_received();
  status_ = ConnectStatus::unreachable;
  ended_ = false;
  if (pcb_ == nullptr) return;
  tcp_pcb* const pcb = pcb_;
  pcb_ = nullptr;
  tcp_arg(pcb, nullptr);
  tcp_err(pcb, nullptr);
  tcp_recv(pcb, nullptr);
  tcp_setprio(pcb, TCP_PRIO_MIN);
  if (tcp_close(pcb) != ERR_OK) tcp_abort(pcb);
}

void TcpTransport::drop_received() {
  if (received_ == nullptr) return;
  // Bytes that were never read stay unacknowledged to lwIP, which then closes with RST, as other systems do.
  pbuf_free(received_);
  received_ = nullptr;
}

}  // namespace tautline::lwip
