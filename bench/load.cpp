#include "load.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string_view>

#include "process.hpp"
#include "tautline/core/decimal.hpp"
#include "tautline/core/framing.hpp"
#include "tautline/core/wire_2.hpp"

namespace bench {
namespace {

struct Link {
  int socket = -1;
  std::uint32_t sent = 0;
  std::uint32_t acknowledged = 0;
  std::string tail;
};

int connect_to(std::uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error("cannot connect to the server under test");
  }
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return socket;
}

void send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) throw std::runtime_error("the server under test closed a connection");
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

std::string receive_line(int socket) {
  std::string line;
  char c = 0;
  while (::recv(socket, &c, 1, 0) == 1) {
    if (c == '\n') return line;
    line.push_back(c);
  }
  throw std::runtime_error("the server under test closed a connection");
}

void greet(int socket, unsigned id, unsigned window) {
  using namespace tautline;
  char out[max_handshake_bytes + 1];
  const std::string name = std::to_string(id);
  const char* end = wire_2::put_hello(out, {name, {window, 1024, 60'000}});
  send_all(socket, {out, static_cast<std::size_t>(end - out)});
  wire_2::Hi hi;
  if (!wire_2::parse_hi(receive_line(socket), hi)) throw std::runtime_error("no HI from the server under test");
  wire_2::ClientGo go;
  go.generation = hi.generation;
  end = wire_2::put_client_go(out, go);
  send_all(socket, {out, static_cast<std::size_t>(end - out)});
  wire_2::ServerGo answer;
  if (!wire_2::parse_server_go(receive_line(socket), answer)) throw std::runtime_error("no GO from the server");
}

class Load {
 public:
  explicit Load(const LoadOptions& options) : options_(options), links_(options.links) {
    payload_.assign(options.line_bytes, 'x');
    epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    for (unsigned i = 0; i < options.links; ++i) {
      Link& link = links_[i];
      link.socket = connect_to(options.port);
      if (options.greeting == Greeting::tautline_2) greet(link.socket, i + 1, options.window);
      ::fcntl(link.socket, F_SETFL, O_NONBLOCK);
      epoll_event event{};
      event.events = EPOLLIN | EPOLLET;
      event.data.ptr = &link;
      ::epoll_ctl(epoll_, EPOLL_CTL_ADD, link.socket, &event);
    }
  }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;
  ~Load() {
    for (const Link& link : links_) ::close(link.socket);
    ::close(epoll_);
  }

  LoadResult run() {
    LoadResult result;
    const double cpu_before = cpu_seconds_of_this_process();
    start_ = Clock::now();
    for (Link& link : links_) send_more(link);
    std::array<epoll_event, 256> events;
    while (seconds_since(start_) < options_.seconds) {
      const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 1000);
      for (int i = 0; i < count; ++i) {
        Link& link = *static_cast<Link*>(events[static_cast<std::size_t>(i)].data.ptr);
        const std::uint32_t before = link.acknowledged;
        receive(link);
        result.lines += link.acknowledged - before;
        if (options_.record_latency && link.acknowledged != before) {
          result.latencies_us.push_back(1e6 * std::chrono::duration<double>(Clock::now() - sent_at_).count());
        }
        send_more(link);
      }
    }
    result.seconds = seconds_since(start_);
    result.load_cpu_seconds = cpu_seconds_of_this_process() - cpu_before;
    std::sort(result.latencies_us.begin(), result.latencies_us.end());
    return result;
  }

 private:
  void send_more(Link& link) {
    char* out = out_.data();
    char* const end = out + out_.size();
    while (link.sent - link.acknowledged < options_.window && end - out > 2048) {
      ++link.sent;
      char number[16];
      const auto digits = static_cast<std::size_t>(tautline::put_decimal(number, link.sent) - number);
      const std::size_t overhead = digits + 3;
      const std::size_t payload = options_.line_bytes > overhead ? options_.line_bytes - overhead : 0;
      out = tautline::wire_2::put_data(out, link.sent, std::string_view(payload_).substr(0, payload));
    }
    if (out == out_.data()) return;
    if (options_.record_latency) sent_at_ = Clock::now();
    send_all(link.socket, {out_.data(), static_cast<std::size_t>(out - out_.data())});
  }

  void receive(Link& link) {
    std::memcpy(in_.data(), link.tail.data(), link.tail.size());
    const ssize_t count = ::recv(link.socket, in_.data() + link.tail.size(), in_.size() - link.tail.size(), 0);
    if (count == 0) throw std::runtime_error("the server under test closed a connection");
    if (count < 0) return;
    std::string_view bytes(in_.data(), link.tail.size() + static_cast<std::size_t>(count));
    std::string_view line;
    while (tautline::take_line(bytes, line)) {
      if (line.empty() || line[0] != 'A') continue;
      line.remove_prefix(1);
      std::uint32_t acknowledged = 0;
      if (tautline::take_decimal(line, acknowledged)) link.acknowledged = acknowledged;
    }
    link.tail.assign(bytes);
  }

  LoadOptions options_;
  std::vector<Link> links_;
  std::string payload_;
  int epoll_ = -1;
  Clock::time_point start_;
  Clock::time_point sent_at_;
  std::array<char, 256 * 1024> out_;
  std::array<char, 64 * 1024> in_;
};

}  // namespace

double LoadResult::percentile_us(double part) const {
  if (latencies_us.empty()) return 0;
  const auto index = static_cast<std::size_t>(part * static_cast<double>(latencies_us.size() - 1));
  return latencies_us[index];
}

LoadResult run_load(const LoadOptions& options) {
  const auto load = std::make_unique<Load>(options);
  return load->run();
}

}  // namespace bench
