#include "scale_crowd.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <deque>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "process.hpp"
#include "tautline/client/link_client.hpp"
#include "tautline/core/backoff.hpp"
#include "tautline/core/framing.hpp"
#include "tautline/core/protocol_2.hpp"
#include "tautline/core/serial.hpp"
#include "tautline/server/timer_wheel.hpp"

namespace bench {
namespace {

constexpr unsigned source_addresses = 16;
constexpr unsigned most_beginning = 256;  ///< connecting or greeting at a time, while they link for the first time
constexpr int slow_receive_buffer = 4096;
constexpr int longest_wait_ms = 20;
/// Then it is looked who has been answered: thousands of devices would not wait for each other with their hello.
constexpr unsigned connects_at_a_time = 16;
constexpr auto relaxed = std::memory_order_relaxed;

std::uint32_t clock_ms() {
  using namespace std::chrono;
  return static_cast<std::uint32_t>(duration_cast<milliseconds>(Clock::now().time_since_epoch()).count());
}

struct Client : tautline::Timer {
  enum class State : std::uint8_t { waiting, connecting, connected, talking };

  tautline::Protocol2 protocol;
  tautline::LinkNumbers numbers;
  tautline::Backoff backoff;
  std::unique_ptr<std::string> tail;  ///< the unfinished line of the last read
  int socket = -1;
  std::uint32_t plain_delay_ms = tautline::Backoff::first_ms;  ///< the next one without jitter
  std::uint32_t status_ms = 0;                                 ///< when the last status line came
  std::uint32_t status_lines = 0;                              ///< since the count began
  State state = State::waiting;
  bool beginning = false;  ///< for the first time
  bool up = false;
};

class Crowd {
 public:
  Crowd(const CrowdOptions& options, CrowdFigures& figures)
      : options_(options), figures_(figures), wheel_(clock_ms()), clients_(options.links), random_(options.first_id) {
    epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    if (epoll_ < 0) throw std::runtime_error("cannot create an epoll set");
  }

  /// Until the process is killed.
  [[noreturn]] void run() {
    start_ = Clock::now();
    std::array<epoll_event, 256> events;
    for (;;) {
      begin_some();
      int wait_ms = next_ < clients_.size() || options_.read_every_ms != 0 ? 1 : longest_wait_ms;
      if (!due_.empty()) wait_ms = 0;
      if (!wheel_.empty()) {
        wait_ms = std::clamp(tautline::distance(wheel_.next_ms(), clock_ms()), 0, wait_ms);
      }
      const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), wait_ms);
      now_ms_ = clock_ms();
      for (int i = 0; i < count; ++i) {
        const epoll_event& event = events[static_cast<std::size_t>(i)];
        on_event(*static_cast<Client*>(event.data.ptr), event.events);
      }
      wheel_.advance(now_ms_, [this](tautline::Timer& timer) { on_timer(static_cast<Client&>(timer)); });
      for (unsigned i = 0; i < connects_at_a_time && !due_.empty(); ++i) {
        connect(*due_.front());
        due_.pop_front();
      }
      if (options_.read_every_ms != 0) read_slowly();
      obey();
    }
  }

 private:
  unsigned index_of(const Client& client) const { return static_cast<unsigned>(&client - clients_.data()); }

  void begin_some() {
    now_ms_ = clock_ms();
    const double rate = options_.links_per_second;
    const double due = rate == 0 ? static_cast<double>(clients_.size()) : rate * seconds_since(start_);
    while (next_ < clients_.size() && beginning_ < most_beginning && static_cast<double>(next_) < due) {
      Client& client = clients_[next_++];
      client.beginning = true;
      ++beginning_;
      due_.push_back(&client);
    }
  }

  // ---- connecting

  void connect(Client& client) {
    figures_.attempts.fetch_add(1, relaxed);
    client.socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (client.socket < 0) throw std::runtime_error("cannot open a socket: is the limit of open files too low?");
    set(client, IPPROTO_TCP, TCP_NODELAY, 1);
    set(client, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
    if (options_.read_every_ms != 0) set(client, SOL_SOCKET, SO_RCVBUF, slow_receive_buffer);
    // When the crowd is killed its connections are to vanish, not to stand in TIME_WAIT by the hundred thousand.
    linger(client, true);
    const std::uint32_t source = (127U << 24) | (options_.source << 16) | (1 + index_of(client) % source_addresses);
    const sockaddr_in from = address(source, 0);
    const sockaddr_in to = address(INADDR_LOOPBACK, options_.port);
    if (::bind(client.socket, reinterpret_cast<const sockaddr*>(&from), sizeof from) != 0) {
      throw std::runtime_error("cannot bind to a loopback address");
    }
    const int result = ::connect(client.socket, reinterpret_cast<const sockaddr*>(&to), sizeof to);
    if (result != 0 && errno != EINPROGRESS) {
      on_connect_failed(client, errno);
      return;
    }
    client.state = Client::State::connecting;
    wheel_.arm(client, now_ms_ + tautline::connect_limit_ms);
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    event.data.ptr = &client;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, client.socket, &event);
  }

  static sockaddr_in address(std::uint32_t host, std::uint16_t port) {
    sockaddr_in result{};
    result.sin_family = AF_INET;
    result.sin_port = htons(port);
    result.sin_addr.s_addr = htonl(host);
    return result;
  }
  static void set(const Client& client, int level, int option, int value) {
    ::setsockopt(client.socket, level, option, &value, sizeof value);
  }
  static void linger(const Client& client, bool reset_at_close) {
    const ::linger value{reset_at_close ? 1 : 0, 0};
    ::setsockopt(client.socket, SOL_SOCKET, SO_LINGER, &value, sizeof value);
  }

  void on_connect_failed(Client& client, int error) {
    (error == ECONNREFUSED ? figures_.refused
     : error == ETIMEDOUT  ? figures_.timed_out
                           : figures_.turned_away)
        .fetch_add(1, relaxed);
    come_back(client);
  }

  void come_back(Client& client) {
    if (client.socket >= 0) {
      linger(client, false);
      ::close(client.socket);
    }
    client.socket = -1;
    client.tail.reset();
    client.state = Client::State::waiting;
    std::uint32_t delay = client.backoff.next_ms(static_cast<std::uint32_t>(random_()));
    if (!options_.jitter) {
      constexpr std::uint32_t longest = tautline::Backoff::longest_ms;
      delay = client.plain_delay_ms;
      client.plain_delay_ms = delay >= longest / 2 ? longest : delay * 2;
    }
    wheel_.arm(client, now_ms_ + delay);
  }

  void on_connected(Client& client) {
    if (options_.hello_after_ms == 0) {
      greet(client);
    } else {
      client.state = Client::State::connected;
      wheel_.arm(client, now_ms_ + options_.hello_after_ms);
    }
  }

  void greet(Client& client) {
    client.state = Client::State::talking;
    char id[12];
    const char* const end = std::to_chars(id, id + sizeof id, options_.first_id + index_of(client)).ptr;
    char out[tautline::max_handshake_bytes + 1];
    const char* const hello_end = client.protocol.start_client(out, {id, static_cast<std::size_t>(end - id)},
                                                               {window, 1024, options_.timeout_ms}, now_ms_);
    if (send(client, {out, static_cast<std::size_t>(hello_end - out)})) arm(client);
  }

  // ---- a connection

  void on_event(Client& client, std::uint32_t events) {
    const bool broken = (events & (EPOLLERR | EPOLLHUP)) != 0;
    if (client.state == Client::State::connecting) {
      if (broken) {
        int error = 0;
        socklen_t size = sizeof error;
        ::getsockopt(client.socket, SOL_SOCKET, SO_ERROR, &error, &size);
        on_connect_failed(client, error);
        return;
      }
      if ((events & EPOLLOUT) != 0) on_connected(client);
    }
    if (client.state == Client::State::waiting || client.state == Client::State::connecting) return;
    const bool hung_up = broken || (events & EPOLLRDHUP) != 0;
    if (!hung_up && (events & EPOLLIN) == 0) return;
    if (reads_slowly(client)) return;
    receive(client, in_.size(), hung_up);
  }

  void receive(Client& client, std::size_t most, bool to_the_end) {
    for (;;) {
      const ssize_t count = ::recv(client.socket, in_.data(), most, 0);
      if (count < 0 && errno == EAGAIN) return;
      if (count <= 0) {
        on_ended(client, tautline::Reason::peer_closed);
        return;
      }
      const auto size = static_cast<std::size_t>(count);
      if (!receive_lines(client, {in_.data(), size})) return;
      if (size < most && !to_the_end) return;
      if (reads_slowly(client)) return;
    }
  }

  bool reads_slowly(const Client& client) const { return options_.read_every_ms != 0 && client.up; }

  /// False: the connection is over.
  bool receive_lines(Client& client, std::string_view bytes) {
    std::string joined;
    if (client.tail) {
      joined = *client.tail;
      joined.append(bytes);
      bytes = joined;
      client.tail.reset();
    }
    std::string_view line;
    while (tautline::take_line(bytes, line)) {
      if (!on_line(client, line)) {
        on_ended(client, client.protocol.failure());
        return false;
      }
    }
    if (!bytes.empty()) client.tail = std::make_unique<std::string>(bytes);
    if (!flush(client)) return false;
    arm(client);
    return true;
  }

  bool on_line(Client& client, std::string_view line) {
    const tautline::Input input = client.protocol.receive_from_server(client.numbers, line, now_ms_);
    switch (input.event) {
      case tautline::Event::failed: return false;
      case tautline::Event::opened: on_linked(client); break;
      case tautline::Event::line:
        client.protocol.accept(client.numbers);
        client.protocol.acknowledge(client.numbers, client.numbers.rx);
        break;
      default: break;
    }
    if (!line.empty() && line[0] == 'A') on_status(client);
    return true;
  }

  void on_linked(Client& client) {
    client.status_ms = now_ms_;
    client.up = true;
    if (client.beginning) --beginning_;
    client.beginning = false;
    if (figures_.linked.fetch_add(1, relaxed) + 1 == clients_.size()) {
      figures_.all_linked_ns.store(Clock::now().time_since_epoch().count(), relaxed);
    }
  }

  void on_ended(Client& client, tautline::Reason reason) {
    figures_.last_end.store(reason, relaxed);
    (client.up ? figures_.lost : figures_.turned_away).fetch_add(1, relaxed);
    if (client.up) figures_.linked.fetch_sub(1, relaxed);
    client.up = false;
    come_back(client);
  }

  bool flush(Client& client) {
    std::array<char, 512> out;
    for (;;) {
      const std::size_t size =
          client.protocol.produce_to_server(client.numbers, no_lines_, out.data(), out.size(), now_ms_);
      if (size == 0) return true;
      if (!send(client, {out.data(), size})) return false;
    }
  }

  /// A status line that finds no room: the server has read nothing for long. To this crowd that is the end of the link.
  bool send(Client& client, std::string_view bytes) {
    const ssize_t count = ::send(client.socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count == static_cast<ssize_t>(bytes.size())) return true;
    on_ended(client, tautline::Reason::blocked);
    return false;
  }

  // ---- time

  void arm(Client& client) {
    const std::uint32_t deadline = client.protocol.deadline_ms();
    if (!client.armed || tautline::before(deadline, client.deadline_ms)) wheel_.arm(client, deadline);
  }

  void on_timer(Client& client) {
    switch (client.state) {
      case Client::State::waiting: due_.push_back(&client); return;
      case Client::State::connecting: on_connect_failed(client, ETIMEDOUT); return;
      case Client::State::connected: greet(client); return;
      case Client::State::talking: break;
    }
    tautline::Due due = client.protocol.poll(client.numbers, now_ms_);
    if (due == tautline::Due::silent) {
      on_ended(client, tautline::Reason::silent);
      return;
    }
    if (flush(client)) arm(client);
  }

  /// One after the other, so that they make no bursts.
  void read_slowly() {
    const double reads_per_second = 1000.0 * static_cast<double>(clients_.size()) / options_.read_every_ms;
    const auto due = static_cast<std::uint64_t>(reads_per_second * seconds_since(start_));
    slow_reads_ = std::max(slow_reads_, due - std::min<std::uint64_t>(due, clients_.size()));
    for (; slow_reads_ < due; ++slow_reads_) {
      Client& client = clients_[slow_reads_ % clients_.size()];
      if (client.up) receive(client, std::min(options_.read_bytes, in_.size()), false);
    }
  }

  // ---- the count of status lines

  bool counting() const { return figures_.answered.load(relaxed) % 2 == 1; }

  void on_status(Client& client) {
    if (counting()) {
      ++client.status_lines;
      note_gap(client);
      figures_.status_lines.fetch_add(1, relaxed);
    }
    client.status_ms = now_ms_;
  }

  void note_gap(const Client& client) {
    const std::uint32_t gap = now_ms_ - client.status_ms;
    if (gap > figures_.longest_gap_ms.load(relaxed)) figures_.longest_gap_ms.store(gap, relaxed);
    const std::uint32_t quarter = options_.timeout_ms / 4;
    if (gap > quarter + quarter / 10) figures_.late_gaps.fetch_add(1, relaxed);
  }

  void obey() {
    const std::uint32_t asked = figures_.asked.load(std::memory_order_acquire);
    if (asked == figures_.answered.load(relaxed)) return;
    if (asked % 2 == 1) {
      for (Client& client : clients_) client.status_lines = 0;
      figures_.status_lines = figures_.late_gaps = 0;
      figures_.longest_gap_ms = 0;
    } else {
      std::uint32_t fewest = UINT32_MAX;
      for (const Client& client : clients_) {
        fewest = std::min(fewest, client.status_lines);
        note_gap(client);
      }
      figures_.fewest_lines = fewest;
    }
    figures_.answered.store(asked, std::memory_order_release);
  }

  static constexpr std::uint32_t window = 64;

  CrowdOptions options_;
  CrowdFigures& figures_;
  tautline::TimerWheel wheel_;
  std::vector<Client> clients_;
  std::deque<Client*> due_;  ///< to connect now
  std::mt19937 random_;
  tautline::LineQueue no_lines_;  ///< these clients write none
  Clock::time_point start_;
  std::size_t next_ = 0;    ///< of those that have not begun
  unsigned beginning_ = 0;  ///< have begun, not linked yet
  std::uint64_t slow_reads_ = 0;
  std::uint32_t now_ms_ = 0;
  int epoll_ = -1;
  std::array<char, 16 * 1024> in_;
};

}  // namespace

CrowdProcess::CrowdProcess(int core, const CrowdOptions& options)
    : links_(options.links), child_(core, [this, &options] {
        const auto crowd = std::make_unique<Crowd>(options, *figures_);
        crowd->run();
      }) {}

void CrowdProcess::wait_linked(double limit_s) {
  const bool all = wait_until(limit_s, [this] {
    if (!child_.running()) throw std::runtime_error("the crowd of clients has ended");
    return figures_->linked == links_;
  });
  if (!all) {
    throw std::runtime_error(
        "only " + std::to_string(figures_->linked) + " of " + std::to_string(links_) +
        " clients were linked; the last connection that ended: " + tautline::to_string(figures_->last_end));
  }
}

void CrowdProcess::ask() {
  const std::uint32_t asked = ++figures_->asked;
  if (!wait_until(10, [&] { return figures_->answered.load(std::memory_order_acquire) == asked; })) {
    throw std::runtime_error("the crowd of clients does not answer");
  }
}

void CrowdProcess::begin_count() {
  ask();
}

StatusCount CrowdProcess::end_count() {
  ask();
  return {figures_->status_lines, figures_->fewest_lines, figures_->longest_gap_ms, figures_->late_gaps};
}

}  // namespace bench
