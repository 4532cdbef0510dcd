#pragma once

#include <fcntl.h>
#include <sys/select.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>

#if defined(__ZEPHYR__)
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#else
#include "lwip/sockets.h"
#endif
#include "tautline/client/client.hpp"
#include "tautline/sockets/lookup.hpp"

namespace tautline::sockets {

/// The transport seam of the client over the sockets of a system for microcontrollers: one non-blocking TCP connection,
/// IPv4, to one address of the name. `NameLookup`: a Lookup with `void start(const char* host)`. Make it static, as
/// that.
template <class NameLookup>
class SocketTransport {
 public:
  SocketTransport() = default;
  ~SocketTransport() { close(); }
  SocketTransport(const SocketTransport&) = delete;
  SocketTransport& operator=(const SocketTransport&) = delete;

  /// `host` must stay as it is until close().
  void connect(const char* host, std::uint16_t port) {
    close();
    port_ = port;
    status_ = ConnectStatus::resolving;
    lookup_.start(host);
  }

  /// How the attempt stands; it also drives it.
  ConnectStatus progress() {
    if (status_ == ConnectStatus::resolving && lookup_.status() != Status::running) {
      status_ = ConnectStatus::unresolved;
      if (lookup_.status() == Status::found) open_socket();
    }
    if (status_ == ConnectStatus::connecting && can_write()) {
      int error = 0;
      socklen_t length = sizeof error;
      if (::getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &length) != 0) error = errno;
      status_ = error == 0 ? ConnectStatus::connected : failure(error);
    }
    return status_;
  }

  /// Never: see above.
  bool next_address() { return false; }

  /// Reads what is there, at most `size` bytes.
  IoResult read(char* data, std::size_t size) {
    const auto count = ::recv(socket_, data, size, 0);
    if (count > 0) return {static_cast<std::size_t>(count), false};
    return {0, count == 0 || !would_block(errno)};
  }

  /// Sends what fits into lwIP's send buffer.
  IoResult write(const char* data, std::size_t size) {
    const auto count = ::send(socket_, data, size, MSG_NOSIGNAL);
    write_wanted_ = count < 0 ? would_block(errno) : static_cast<std::size_t>(count) < size;
    if (count >= 0) return {static_cast<std::size_t>(count), false};
    return {0, !write_wanted_};
  }

  /// Ends the connection, or the attempt; harmless when closed. A look-up goes on and is ignored.
  void close() {
    status_ = ConnectStatus::unreachable;
    write_wanted_ = false;
    if (socket_ < 0) return;
    ::close(socket_);
    socket_ = -1;
  }

  /// Sleeps for `left_ms`, or until there is something to do, but for no more than a tenth of a second: what WiFi does,
  /// and what the application has to look at, wakes nobody. `sleep`: how the system sleeps for milliseconds.
  template <class Sleep>
  void wait(std::int32_t left_ms, Sleep sleep) {
    if (left_ms <= 0) return;
    const std::int32_t wait_ms = left_ms < longest_wait_ms ? left_ms : longest_wait_ms;
    if (socket_ < 0) {
      sleep(wait_ms);
      return;
    }
    fd_set readable;
    fd_set writable;
    FD_ZERO(&readable);
    FD_ZERO(&writable);
    FD_SET(socket_, &readable);
    // A connection in progress, or bytes that were not taken.
    if (status_ == ConnectStatus::connecting || write_wanted_) FD_SET(socket_, &writable);
    timeval timeout = {};
    timeout.tv_usec = wait_ms * 1000;
    ::select(socket_ + 1, &readable, &writable, nullptr, &timeout);
  }

 private:
  static constexpr std::int32_t longest_wait_ms = 100;
  using Status = Lookup::Status;

  static bool would_block(int error) { return error == EWOULDBLOCK || error == EAGAIN || error == EINTR; }
  static ConnectStatus failure(int error) {
    return error == ECONNREFUSED || error == ECONNRESET ? ConnectStatus::refused : ConnectStatus::unreachable;
  }

  void open_socket() {
    status_ = ConnectStatus::unreachable;
    socket_ = ::socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    if (socket_ < 0) return;
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in server = {};
    server.sin_family = AF_INET;
    server.sin_port = htons(port_);
    server.sin_addr.s_addr = lookup_.address();
    if (::fcntl(socket_, F_SETFL, O_NONBLOCK) < 0) return;
    const bool done = ::connect(socket_, reinterpret_cast<const sockaddr*>(&server), sizeof server) == 0;
    status_ = done || errno == EINPROGRESS ? ConnectStatus::connecting : failure(errno);
  }

  /// An attempt to connect is over, well or not, when the socket can be written to.
  bool can_write() const {
    fd_set writable;
    FD_ZERO(&writable);
    FD_SET(socket_, &writable);
    timeval at_once = {};
    return ::select(socket_ + 1, nullptr, &writable, nullptr, &at_once) == 1;
  }

  NameLookup lookup_;
  int socket_ = -1;
  std::uint16_t port_ = 0;
  ConnectStatus status_ = ConnectStatus::unreachable;
  bool write_wanted_ = false;
};

}  // namespace tautline::sockets
