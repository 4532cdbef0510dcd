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
#include <stdexcept>
#include <string>
#include <string_view>

#include "process.hpp"
#include "speaker_lines.hpp"

namespace bench {
namespace {

constexpr double greeting_limit_seconds = 10;
/// Fewer than a server may refuse to have unidentified at a time, and than fit its queue of new connections.
constexpr unsigned greeted_at_a_time = 256;

/// Loopback has one address per 2^24; a source address of its own for each thousand links keeps the search for a free
/// port short.
in_addr_t source_address(unsigned index) {
  return htonl(0x7F000001U + ((index / 1000U) << 8U));
}

int connect_to(std::uint16_t port, unsigned index) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) throw std::runtime_error("no more sockets: the limit of open files is too low");
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = source_address(index);
  const bool bound = ::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (!bound || ::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    ::close(socket);
    throw std::runtime_error("cannot connect to the server under test");
  }
  ::fcntl(socket, F_SETFL, O_NONBLOCK);
  return socket;
}

struct Link {
  int socket = -1;
  bool receives = false;
  std::unique_ptr<Speaker> speaker;
  std::string tail;    ///< received, not yet a message
  std::string unsent;  ///< what the socket did not take
};

}  // namespace

class Load::Engine {
 public:
  Engine(const LoadOptions& options, const MakeSpeaker& link, unsigned receivers, const MakeSpeaker& receiver)
      : options_(options), with_receivers_(receivers != 0), links_(options.links + receivers) {
    raise_open_files_limit();
    epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    // Receivers first: what is sent before they listen would reach nobody.
    for (unsigned i = 0; i < receivers; ++i) open(links_[options.links + i], receiver(i), i, true);
    greet_all();
    for (unsigned i = 0; i < options.links; ++i) {
      open(links_[i], link(i), i, false);
      if ((i + 1) % greeted_at_a_time == 0) greet_all();
    }
    greet_all();
  }
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  ~Engine() {
    for (const Link& link : links_) {
      if (link.socket >= 0) ::close(link.socket);
    }
    ::close(epoll_);
  }

  LoadResult run() {
    LoadResult result;
    started_ = Clock::now();
    paced_lines_ = 0;
    for (Link& link : links_) turn(link, nullptr);
    while (seconds_since(started_) < options_.warm_up_seconds) wait(nullptr);
    const std::uint64_t before = counted();
    const double cpu_before = cpu_seconds_of_this_thread();
    const double server_cpu_before = server_cpu();
    const auto counted_from = Clock::now();
    while (seconds_since(counted_from) < options_.seconds) wait(options_.record_latency ? &result : nullptr);
    result.seconds = seconds_since(counted_from);
    result.load_cpu_seconds = cpu_seconds_of_this_thread() - cpu_before;
    result.server_cpu_seconds = server_cpu() - server_cpu_before;
    result.lines = counted() - before;
    std::sort(result.latencies_us.begin(), result.latencies_us.end());
    return result;
  }

 private:
  void open(Link& link, std::unique_ptr<Speaker> speaker, unsigned index, bool receives) {
    link.speaker = std::move(speaker);
    link.receives = receives;
    link.socket = connect_to(options_.port, index);
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLET;
    event.data.ptr = &link;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, link.socket, &event);
    Out out = room();
    link.speaker->greet(out);
    send(link, out);
    greeting_.push_back(&link);
  }

  void greet_all() {
    greeting_now_ = true;
    const auto start = Clock::now();
    const auto is_ready = [](const Link* link) { return link->speaker->ready(); };
    while (!std::all_of(greeting_.begin(), greeting_.end(), is_ready)) {
      if (seconds_since(start) > greeting_limit_seconds) throw std::runtime_error("the server does not greet");
      wait(nullptr);
    }
    greeting_.clear();
    greeting_now_ = false;
  }

  double server_cpu() const { return options_.server_pid != 0 ? cpu_seconds_of(options_.server_pid) : 0; }

  std::uint64_t counted() const {
    std::uint64_t acknowledged = 0;
    std::uint64_t delivered = 0;
    for (const Link& link : links_) {
      acknowledged += link.speaker->acknowledged();
      delivered += link.speaker->delivered();
    }
    if (options_.direction == Direction::to_client) return delivered;
    return with_receivers_ ? std::min(acknowledged, delivered) : acknowledged;
  }

  void wait(LoadResult* result) {
    const bool paced = options_.lines_per_second > 0 && !greeting_now_;
    if (paced) send_what_is_due();
    const int timeout_ms = paced ? 1 : 100;
    const int count = ::epoll_wait(epoll_, events_.data(), static_cast<int>(events_.size()), timeout_ms);
    // Receivers after senders: a round trip is not made longer by what the load does for another role.
    for (const bool receives : {false, true}) {
      for (int i = 0; i < count; ++i) {
        Link& link = *static_cast<Link*>(events_[static_cast<std::size_t>(i)].data.ptr);
        if (link.receives == receives) turn(link, result);
      }
      if (!with_receivers_) break;
    }
  }

  /// Reads what is there, answers, and fills the window.
  void turn(Link& link, LoadResult* result) {
    Speaker& speaker = *link.speaker;
    for (bool more = true; more;) {
      std::memcpy(in_.data(), link.tail.data(), link.tail.size());
      const std::size_t room_left = in_.size() - link.tail.size();
      const ssize_t count = ::recv(link.socket, in_.data() + link.tail.size(), room_left, 0);
      if (count == 0) throw std::runtime_error("the server under test closed a connection");
      if (count < 0 && errno != EAGAIN) throw std::runtime_error("a connection to the server under test broke");
      if (count < 0) break;
      more = static_cast<std::size_t>(count) == room_left;
      const std::string_view bytes(in_.data(), link.tail.size() + static_cast<std::size_t>(count));
      const std::uint32_t before = speaker.acknowledged();
      Out out = room();
      const std::size_t used = speaker.receive(bytes, out);
      if (result != nullptr && speaker.acknowledged() != before) {
        result->latencies_us.push_back(1e6 * seconds_since(sent_at_));
      }
      link.tail.assign(bytes.substr(used));
      send(link, out);
    }
    flush(link);
    const bool sends = !link.receives && options_.direction == Direction::to_server && options_.lines_per_second == 0;
    if (sends && !greeting_now_) fill_window(link);
  }

  void send_what_is_due() {
    const double due = seconds_since(started_) * options_.lines_per_second;
    for (; static_cast<double>(paced_lines_) < due; ++paced_lines_) fill_window(links_[paced_lines_ % options_.links]);
  }

  void fill_window(Link& link) {
    Speaker& speaker = *link.speaker;
    Out out = room();
    while (link.unsent.empty() && speaker.sent() - speaker.acknowledged() < options_.window &&
           out.room() > max_message_bytes) {
      speaker.write(out);
    }
    if (out.at == out_.data()) return;
    if (options_.record_latency) sent_at_ = Clock::now();
    send(link, out);
  }

  Out room() { return {out_.data(), out_.data() + out_.size()}; }

  void send(Link& link, const Out& out) {
    const std::string_view bytes(out_.data(), static_cast<std::size_t>(out.at - out_.data()));
    if (bytes.empty()) return;
    if (!link.unsent.empty()) {
      link.unsent += bytes;
    } else {
      link.unsent += bytes.substr(send_some(link.socket, bytes));
    }
  }

  void flush(Link& link) {
    if (!link.unsent.empty()) link.unsent.erase(0, send_some(link.socket, link.unsent));
  }

  static std::size_t send_some(int socket, std::string_view bytes) {
    std::size_t total = 0;
    while (total < bytes.size()) {
      const ssize_t count = ::send(socket, bytes.data() + total, bytes.size() - total, MSG_NOSIGNAL);
      if (count < 0 && errno == EAGAIN) break;
      if (count <= 0) throw std::runtime_error("the server under test closed a connection");
      total += static_cast<std::size_t>(count);
    }
    return total;
  }

  static constexpr std::size_t max_message_bytes = 2048;

  const LoadOptions options_;
  const bool with_receivers_;
  std::vector<Link> links_;
  std::vector<const Link*> greeting_;
  bool greeting_now_ = false;
  int epoll_ = -1;
  Clock::time_point started_;
  Clock::time_point sent_at_;
  std::uint64_t paced_lines_ = 0;
  std::array<epoll_event, 256> events_;
  std::array<char, 64 * 1024> in_;
  std::array<char, Speaker::max_turn_bytes> out_;
};

Load::Load(const LoadOptions& options, const MakeSpeaker& link, unsigned receivers, const MakeSpeaker& receiver)
    : engine_(std::make_unique<Engine>(options, link, receivers, receiver)) {}
Load::Load(const LoadOptions& options)
    : Load(options, [&options](unsigned index) { return speak_lines(options, index); }) {}
Load::~Load() = default;
LoadResult Load::run() {
  return engine_->run();
}

double LoadResult::percentile_us(double part) const {
  if (latencies_us.empty()) return 0;
  const auto index = static_cast<std::size_t>(part * static_cast<double>(latencies_us.size() - 1));
  return latencies_us[index];
}

LoadResult run_load(const LoadOptions& options) {
  return Load(options).run();
}

}  // namespace bench
