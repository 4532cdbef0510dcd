#pragma once

#include <cstddef>
#include <cstdint>

#include "lwip/err.h"
#include "lwip/ip_addr.h"
#include "tautline/client/client.hpp"

struct pbuf;
struct tcp_pcb;

namespace tautline::lwip {

/// The transport seam of the client over lwIP's raw API: one TCP connection, no heap, nothing blocks.
///
/// Everything runs where lwIP runs: in the one loop of a NO_SYS system, or under the lock of the TCP/IP core. Host
/// names need lwIP built with LWIP_DNS; without it only addresses in digits are found. lwIP keeps one address per name,
/// so there is never a next one.
///
/// The object must outlive a look-up that it began, because lwIP cannot take one back; make it static.
class TcpTransport {
 public:
  TcpTransport() = default;
  ~TcpTransport() { close(); }
  TcpTransport(const TcpTransport&) = delete;
  TcpTransport& operator=(const TcpTransport&) = delete;

  /// `host` must stay as it is until close().
  void connect(const char* host, std::uint16_t port);
  /// How the attempt stands; lwIP's callbacks drive it.
  ConnectStatus progress() const { return status_; }
  /// Never: see above.
  bool next_address() { return false; }
  /// What it hands out is credit for the peer at once (tcp_recved).
  IoResult read(char* data, std::size_t size);
  /// Takes what fits into lwIP's send buffer; 0 bytes when that is full or no memory is left.
  IoResult write(const char* data, std::size_t size);
  /// Orderly where it can be: what was written still leaves, then FIN. The connection that is left behind has the
  /// lowest priority: lwIP aborts it when its memory is needed for the next.
  void close();

 private:
  static err_t on_connected(void* self, tcp_pcb* pcb, err_t error);
  static err_t on_received(void* self, tcp_pcb* pcb, pbuf* bytes, err_t error);
  static void on_error(void* self, err_t error);
  void look_up(const char* host);
  static void on_resolved(const char* name, const ip_addr_t* address, void* self);
  void open(const ip_addr_t& address);
  void drop_received();

  tcp_pcb* pcb_ = nullptr;
  pbuf* received_ = nullptr;         ///< not yet read; at most lwIP's receive window
  const char* looked_up_ = nullptr;  ///< the name of the look-up under way, also of one that nobody waits for
  std::uint16_t port_ = 0;
  ConnectStatus status_ = ConnectStatus::unreachable;
  bool ended_ = false;  ///< FIN, RST or another end: nothing comes after what is in received_
};

}  // namespace tautline::lwip
