#include "servers.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>

#include "tautline/core/framing.hpp"
#include "tautline/core/wire_2.hpp"
#include "tautline/server/server.hpp"
#include "tautline/store/sqlite_store.hpp"

namespace bench {
namespace {

constexpr unsigned max_links = 20'000;

/// Counts complete lines; the unfinished one is only measured, its bytes are of no interest.
struct Counter {
  std::uint32_t lines = 0;
  bool count(std::string_view bytes) {
    const std::uint32_t before = lines;
    std::string_view line;
    while (tautline::take_line(bytes, line)) ++lines;
    return lines != before;
  }
};

tautline::ServerOptions tautline_options(unsigned links = max_links) {
  tautline::ServerOptions options;
  options.address = "127.0.0.1";
  options.port = 0;
  options.timeout_ms = 60'000;
  for (unsigned id = 1; id <= links; ++id) options.expected.push_back(std::to_string(id));
  return options;
}

asio::awaitable<void> answer(asio::ip::tcp::socket socket) {
  Counter counter;
  std::vector<char> in(64 * 1024);
  char out[tautline::wire_2::max_status_bytes];
  for (;;) {
    const std::size_t count = co_await socket.async_read_some(asio::buffer(in), asio::use_awaitable);
    if (!counter.count({in.data(), count})) continue;
    const char* const end = tautline::wire_2::put_status(out, counter.lines, 0);
    co_await asio::async_write(socket, asio::buffer(out, static_cast<std::size_t>(end - out)), asio::use_awaitable);
  }
}

asio::awaitable<void> accept_all(asio::ip::tcp::acceptor& acceptor) {
  for (;;) {
    asio::ip::tcp::socket socket = co_await acceptor.async_accept(asio::use_awaitable);
    socket.set_option(asio::ip::tcp::no_delay(true));
    asio::co_spawn(acceptor.get_executor(), answer(std::move(socket)), asio::detached);
  }
}

asio::awaitable<void> consume(tautline::Server& server, std::string id) {
  tautline::Connection connection = co_await server.client_conn(std::move(id));
  for (;;) {
    const std::string line = co_await connection.readline();
    if (line.empty()) co_return;
  }
}

}  // namespace

void serve_raw_epoll(const std::function<void(std::uint16_t)>& report_port) {
  struct Conn {
    int socket;
    Counter counter;
  };
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (::bind(listener, reinterpret_cast<sockaddr*>(&address), length) != 0 || ::listen(listener, 4096) != 0) return;
  ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length);
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  epoll_event event{};
  event.events = EPOLLIN;
  ::epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
  report_port(ntohs(address.sin_port));

  std::vector<char> in(64 * 1024);
  std::array<epoll_event, 256> events;
  char out[tautline::wire_2::max_status_bytes];
  for (;;) {
    const int count = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < count; ++i) {
      auto* const conn = static_cast<Conn*>(events[static_cast<std::size_t>(i)].data.ptr);
      if (conn == nullptr) {
        const int socket = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (socket < 0) continue;
        const int on = 1;
        ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        event.events = EPOLLIN | EPOLLET;
        event.data.ptr = new Conn{socket, {}};
        ::epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event);
        continue;
      }
      const ssize_t size = ::recv(conn->socket, in.data(), in.size(), 0);
      if (size <= 0) continue;
      if (!conn->counter.count({in.data(), static_cast<std::size_t>(size)})) continue;
      const char* const end = tautline::wire_2::put_status(out, conn->counter.lines, 0);
      if (::send(conn->socket, out, static_cast<std::size_t>(end - out), MSG_NOSIGNAL) < 0) return;
    }
  }
}

void serve_raw_asio(const std::function<void(std::uint16_t)>& report_port) {
  asio::io_context io(1);
  asio::ip::tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
  report_port(acceptor.local_endpoint().port());
  asio::co_spawn(io, accept_all(acceptor), asio::detached);
  io.run();
}

void serve_tautline_batch(const std::function<void(std::uint16_t)>& report_port) {
  asio::io_context io(1);
  tautline::Server server(io.get_executor(), tautline_options());
  std::uint64_t bytes = 0;
  server.on_line([&](const tautline::Connection&, std::string_view line) { bytes += line.size(); });
  report_port(server.port());
  io.run();
}

void serve_tautline_durable(const std::filesystem::path& directory, StoreCounters& counters,
                            const std::function<void(std::uint16_t)>& report_port) {
  asio::io_context io(1);
  tautline::ServerOptions options = tautline_options(64);
  options.store = std::make_shared<CountingStore>(tautline::SqliteStore{directory / "links.db"}.open(), counters);
  tautline::Server server(io.get_executor(), std::move(options));
  std::uint64_t bytes = 0;
  server.on_line([&](const tautline::Connection&, std::string_view line) { bytes += line.size(); });
  report_port(server.port());
  io.run();
}

void serve_tautline_await(const std::function<void(std::uint16_t)>& report_port) {
  asio::io_context io(1);
  tautline::Server server(io.get_executor(), tautline_options());
  for (unsigned id = 1; id <= 64; ++id) asio::co_spawn(io, consume(server, std::to_string(id)), asio::detached);
  report_port(server.port());
  io.run();
}

}  // namespace bench
