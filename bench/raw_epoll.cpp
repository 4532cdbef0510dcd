#include "raw_epoll.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lines.hpp"
#include "tautline/core/decimal.hpp"
#include "tautline/core/framing.hpp"
#include "tautline/core/wire_2.hpp"

namespace bench {
namespace {

using tautline::wire_2::max_status_bytes;

int listen_on_loopback(std::uint16_t& port) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (::bind(listener, reinterpret_cast<sockaddr*>(&address), length) != 0 || ::listen(listener, 4096) != 0) {
    throw std::runtime_error("cannot listen");
  }
  ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length);
  port = ntohs(address.sin_port);
  return listener;
}

/// Accepts connections, and calls Conn(socket), conn.read(bytes) and conn.writable() for each.
template <typename Conn, typename MakeConn>
void serve(const ServerProcess::ReportPort& report_port, MakeConn make) {
  std::uint16_t port = 0;
  const int listener = listen_on_loopback(port);
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  epoll_event event{};
  event.events = EPOLLIN;
  ::epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
  report_port(port);

  std::vector<std::unique_ptr<Conn>> conns;
  std::vector<char> in(64 * 1024);
  std::array<epoll_event, 256> events;
  for (;;) {
    const int count = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < count; ++i) {
      auto* const conn = static_cast<Conn*>(events[static_cast<std::size_t>(i)].data.ptr);
      if (conn == nullptr) {
        const int socket = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (socket < 0) continue;
        const int on = 1;
        ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        conns.push_back(make(socket));
        event.events = Conn::events | EPOLLET;
        event.data.ptr = conns.back().get();
        ::epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event);
        continue;
      }
      for (bool more = true; more;) {
        const ssize_t size = ::recv(conn->socket, in.data(), in.size(), 0);
        if (size <= 0) break;
        more = static_cast<std::size_t>(size) == in.size();
        conn->read({in.data(), static_cast<std::size_t>(size)});
      }
      conn->writable();
    }
  }
}

struct Reader {
  static constexpr unsigned events = EPOLLIN;
  explicit Reader(int accepted) : socket(accepted) {}
  void read(std::string_view bytes) {
    if (!counter.count(bytes)) return;
    char out[max_status_bytes];
    const char* const end = tautline::wire_2::put_status(out, counter.lines, 0);
    ::send(socket, out, static_cast<std::size_t>(end - out), MSG_NOSIGNAL);
  }
  void writable() const {}

  int socket;
  LineCounter counter;
};

class Writer {
 public:
  static constexpr unsigned events = EPOLLIN | EPOLLOUT;
  Writer(int accepted, unsigned window, unsigned line_bytes, std::vector<char>& out)
      : socket(accepted), window_(window), payload_(payload_for(line_bytes)), out_(out) {}

  void read(std::string_view bytes) {
    tail_ += bytes;
    std::string_view rest(tail_);
    std::string_view line;
    while (tautline::take_line(rest, line)) {
      if (line.empty() || line[0] != 'A') continue;
      line.remove_prefix(1);
      tautline::take_decimal(line, acknowledged_);
    }
    tail_.erase(0, tail_.size() - rest.size());
  }

  void writable() {
    if (!unsent_.empty()) unsent_.erase(0, send_some(unsent_));
    char* at = out_.data();
    const char* const end = at + out_.size() - 2048;
    while (unsent_.empty() && sent_ - acknowledged_ < window_ && at < end) {
      ++sent_;
      at = tautline::wire_2::put_data(at, sent_, payload_);
    }
    const std::string_view bytes(out_.data(), static_cast<std::size_t>(at - out_.data()));
    if (!bytes.empty()) unsent_ += bytes.substr(send_some(bytes));
  }

  const int socket;

 private:
  std::size_t send_some(std::string_view bytes) const {
    const ssize_t count = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    return count > 0 ? static_cast<std::size_t>(count) : 0;
  }

  const unsigned window_;
  const std::string payload_;
  std::vector<char>& out_;  // of all connections: empty between calls
  std::uint32_t sent_ = 0;
  std::uint32_t acknowledged_ = 0;
  std::string tail_;
  std::string unsent_;
};

}  // namespace

void serve_raw_epoll(const ServerProcess::ReportPort& report_port) {
  serve<Reader>(report_port, [](int socket) { return std::make_unique<Reader>(socket); });
}

void serve_raw_epoll_writing(unsigned window, unsigned line_bytes, const ServerProcess::ReportPort& report_port) {
  std::vector<char> out(256 * 1024);
  serve<Writer>(report_port, [&](int socket) { return std::make_unique<Writer>(socket, window, line_bytes, out); });
}

}  // namespace bench
