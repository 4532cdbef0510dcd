#include "storm_flooder.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace bench {
namespace {

constexpr unsigned most_held = 19'500;  ///< of the 20,000 files that a process has at the most on many machines
constexpr unsigned few = 32;
constexpr unsigned renewed_at_a_time = 32;
constexpr unsigned source_octet = 200;  ///< they come from 127.200.0.x
constexpr unsigned source_addresses = 16;
constexpr auto relaxed = std::memory_order_relaxed;

struct Intruder {
  int socket = -1;
  bool connected = false;
};

class FlooderLoop {
 public:
  FlooderLoop(std::uint16_t port, Flood flood, FlooderFigures& figures)
      : port_(port), flood_(flood), figures_(figures), intruders_(holds_many() ? most_held : few) {
    epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    if (epoll_ < 0) throw std::runtime_error("cannot create an epoll set");
    std::mt19937 random(1);
    for (char& c : bytes_) c = flood == Flood::blank ? '\n' : static_cast<char>(random());
  }

  /// Until the process is killed.
  [[noreturn]] void run() {
    std::array<epoll_event, 256> events;
    for (;;) {
      for (unsigned i = 0; i < renewed_at_a_time; ++i) renew_next();
      const int wait_ms = holds_many() ? 0 : 1;
      const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), wait_ms);
      for (int i = 0; i < count; ++i) {
        const epoll_event& event = events[static_cast<std::size_t>(i)];
        on_event(*static_cast<Intruder*>(event.data.ptr), event.events);
      }
    }
  }

 private:
  bool holds_many() const { return flood_ == Flood::hellos || flood_ == Flood::silent; }

  /// The oldest gives its place to a new one; of the few, only those that the server has closed.
  void renew_next() {
    Intruder& intruder = intruders_[next_];
    next_ = (next_ + 1) % intruders_.size();
    if (intruder.socket >= 0 && !holds_many()) return;
    close(intruder);
    open(intruder);
  }

  void open(Intruder& intruder) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (socket < 0) return;
    const int on = 1;
    ::setsockopt(socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    const ::linger reset_at_close{1, 0};
    ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &reset_at_close, sizeof reset_at_close);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl((127U << 24) | (source_octet << 16) | (1 + opened_++ % source_addresses));
    const bool bound = ::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port_);
    const int result = ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    if (!bound || (result != 0 && errno != EINPROGRESS)) {
      ::close(socket);
      return;
    }
    intruder.socket = socket;
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    event.data.ptr = &intruder;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, socket, &event);
  }

  void close(Intruder& intruder) {
    if (intruder.socket < 0) return;
    ::close(intruder.socket);
    if (intruder.connected) figures_.held.fetch_sub(1, relaxed);
    intruder = Intruder{};
  }

  void on_event(Intruder& intruder, std::uint32_t events) {
    if (intruder.socket < 0) return;
    if ((events & (EPOLLERR | EPOLLHUP | EPOLLRDHUP)) != 0) {
      if (intruder.connected) figures_.closed.fetch_add(1, relaxed);
      close(intruder);
      return;
    }
    if ((events & EPOLLOUT) == 0) return;
    if (!intruder.connected) {
      intruder.connected = true;
      figures_.connects.fetch_add(1, relaxed);
      figures_.held.fetch_add(1, relaxed);
      if (flood_ == Flood::hellos) send(intruder, "TL2 flood-" + std::to_string(figures_.connects.load()) + "\n");
    }
    if (!holds_many()) {
      while (send(intruder, {bytes_.data(), bytes_.size()})) {
      }
    }
  }

  /// False: the socket takes no more now, or is gone; the event that says which comes.
  bool send(const Intruder& intruder, std::string_view bytes) {
    const ssize_t count = ::send(intruder.socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count > 0) figures_.bytes.fetch_add(static_cast<std::uint64_t>(count), relaxed);
    return count == static_cast<ssize_t>(bytes.size());
  }

  std::uint16_t port_;
  Flood flood_;
  FlooderFigures& figures_;
  std::vector<Intruder> intruders_;
  std::size_t next_ = 0;
  unsigned opened_ = 0;
  int epoll_ = -1;
  std::array<char, 4096> bytes_;
};

}  // namespace

const char* to_string(Flood flood) {
  switch (flood) {
    case Flood::hellos: return "hellos without a GO";
    case Flood::silent: return "connections that say nothing";
    case Flood::garbage: return "random bytes";
    case Flood::blank: return "empty lines";
  }
  return "?";
}

Flooder::Flooder(int core, std::uint16_t port, Flood flood)
    : child_(core, [this, port, flood] {
        give_way();
        const auto loop = std::make_unique<FlooderLoop>(port, flood, *figures_);
        loop->run();
      }) {}

}  // namespace bench
