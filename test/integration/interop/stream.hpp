#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace tautline::test {

/// A TCP connection on the loopback interface that never blocks.
class Stream {
 public:
  Stream() = default;
  explicit Stream(int socket) : socket_(socket) {
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  ~Stream() { close(); }
  Stream(Stream&& other) noexcept { swap(other); }
  Stream& operator=(Stream&& other) noexcept {
    swap(other);
    return *this;
  }

  static sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }
  /// Not open if nobody listens there. (On loopback a connect is over at once.)
  static Stream connect(std::uint16_t port) {
    Stream stream(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_in to = loopback(port);
    if (::connect(stream.socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) stream.close();
    return stream;
  }

  bool is_open() const { return socket_ >= 0; }
  /// The peer has closed.
  bool has_ended() const { return ended_; }
  void send(std::string_view bytes) {
    if (socket_ >= 0) [[maybe_unused]]
      const ssize_t count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }
  /// Reads what is there.
  void receive() {
    char bytes[4096];
    while (socket_ >= 0 && !ended_) {
      const ssize_t count = ::recv(socket_, bytes, sizeof bytes, MSG_DONTWAIT);
      if (count > 0) {
        unread_.append(bytes, static_cast<std::size_t>(count));
      } else if (count == 0 || (errno != EAGAIN && errno != EINTR)) {
        ended_ = true;
      } else {
        return;
      }
    }
  }
  /// The next complete line without its LF.
  bool next_line(std::string& line) {
    const std::size_t end = unread_.find('\n');
    if (end == std::string::npos) return false;
    line = unread_.substr(0, end);
    unread_.erase(0, end + 1);
    return true;
  }
  /// Forgets what was received and is not read yet.
  std::size_t drop_unread() { return std::exchange(unread_, {}).size(); }
  void close() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }

 private:
  void swap(Stream& other) {
    std::swap(socket_, other.socket_);
    std::swap(ended_, other.ended_);
    std::swap(unread_, other.unread_);
  }

  int socket_ = -1;
  bool ended_ = false;
  std::string unread_;
};

}  // namespace tautline::test
