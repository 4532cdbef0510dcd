#include "server_core.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <exception>
#include <random>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <asio/ip/address.hpp>
#include <asio/post.hpp>
#include <spdlog/spdlog.h>

#include "tautline/core/serial.hpp"

namespace tautline::detail {
namespace {

constexpr auto accept_pause = std::chrono::milliseconds(100);
constexpr int listen_backlog = 4096;

std::uint32_t system_entropy(void*) {
  static std::random_device device;
  return device();
}

/// The expected ids are moved: there may be many.
ShardOptions shard_options(ServerOptions& options) {
  ShardOptions result;
  result.receive = {options.window, options.max_line, options.timeout_ms};
  result.expected = std::move(options.expected);
  result.admit_unexpected = options.admit_unexpected;
  result.allow_protocol_1 = options.allow_protocol_1;
  result.inbox_lines = options.inbox_lines;
  result.outbox_lines = options.outbox_lines;
  result.outbox_bytes = options.outbox_bytes;
  result.when_full = options.when_full;
  result.outbox_max_age_s = options.outbox_max_age_s;
  result.max_connections = options.max_connections;
  result.max_unidentified = options.max_unidentified;
  result.first_generation = static_cast<std::uint32_t>(std::time(nullptr));
  result.verbose = options.verbose;
  if (const std::string problem = check_options(result); !problem.empty()) throw std::invalid_argument(problem);
  return result;
}

std::system_error system_failure(const std::string& what) {
  return {std::error_code(errno, std::generic_category()), what};
}

std::string text_of(const sockaddr_storage& address) {
  char host[INET6_ADDRSTRLEN] = "?";
  if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    inet_ntop(AF_INET6, &v6.sin6_addr, host, sizeof host);
    const std::string_view text(host);
    const std::string_view mapped = "::ffff:";
    if (text.substr(0, mapped.size()) == mapped) {
      return std::string(text.substr(mapped.size())) + ":" + std::to_string(ntohs(v6.sin6_port));
    }
    return "[" + std::string(text) + "]:" + std::to_string(ntohs(v6.sin6_port));
  }
  const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
  inet_ntop(AF_INET, &v4.sin_addr, host, sizeof host);
  return std::string(host) + ":" + std::to_string(ntohs(v4.sin_port));
}

}  // namespace

// ---- beginning and end --------------------------------------------------------------------------

std::uint32_t ServerCore::clock_ms() {
  using namespace std::chrono;
  return static_cast<std::uint32_t>(duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count());
}

ServerCore::ServerCore(asio::any_io_executor executor, ServerOptions options)
    : executor_(std::move(executor)),
      options_(std::move(options)),
      shard_(shard_options(options_), *this, *this, &system_entropy, nullptr, clock_ms(),
             options_.store ? this : nullptr),
      epoll_watch_(executor_),
      timer_(executor_),
      accept_timer_(executor_),
      stop_timer_(executor_) {}

ServerCore::~ServerCore() {
  shard_.for_each_link([](Link& link) { delete waiters(link); });
  if (listener_ >= 0) ::close(listener_);
  // The shard closes its sockets after this: they must not be taken out of an epoll set that is gone.
  if (epoll_ >= 0) ::close(epoll_);
  epoll_ = -1;
}

int ServerCore::open_listener(const std::string& address, std::uint16_t port) {
  sockaddr_storage storage{};
  socklen_t length = 0;
  bool dual = address.empty();
  std::error_code not_an_address;
  const asio::ip::address ip =
      dual ? asio::ip::address(asio::ip::address_v6::any()) : asio::ip::make_address(address, not_an_address);
  if (not_an_address) throw std::invalid_argument("the address '" + address + "' is neither IPv4 nor IPv6 in figures");
  const int family = ip.is_v6() ? AF_INET6 : AF_INET;
  const int socket = ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket < 0 && dual) return open_listener("0.0.0.0", port);  // a machine without IPv6
  if (socket < 0) throw system_failure("cannot open a socket to listen on");
  const int on = 1;
  const int only_v6 = dual ? 0 : 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (ip.is_v6()) {
    ::setsockopt(socket, IPPROTO_IPV6, IPV6_V6ONLY, &only_v6, sizeof only_v6);
    auto& v6 = reinterpret_cast<sockaddr_in6&>(storage);
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    const auto bytes = ip.to_v6().to_bytes();
    std::copy(bytes.begin(), bytes.end(), v6.sin6_addr.s6_addr);
    length = sizeof v6;
  } else {
    auto& v4 = reinterpret_cast<sockaddr_in&>(storage);
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    v4.sin_addr.s_addr = htonl(ip.to_v4().to_uint());
    length = sizeof v4;
  }
  if (::bind(socket, reinterpret_cast<sockaddr*>(&storage), length) != 0 || ::listen(socket, listen_backlog) != 0) {
    const int error = errno;
    ::close(socket);
    const std::string hint = error == EADDRINUSE      ? "another program listens there: stop it or choose another port"
                             : error == EACCES        ? "ports below 1024 need privileges: choose another port"
                             : error == EADDRNOTAVAIL ? "this machine has no such address"
                                                      : "check address and port";
    throw std::system_error(std::error_code(error, std::generic_category()),
                            "cannot listen on " + text_of(storage) + " (" + hint + ")");
  }
  return socket;
}

void ServerCore::open() {
  if (options_.store) open_store();
  listener_ = open_listener(options_.address, options_.port);
  sockaddr_storage bound{};
  socklen_t length = sizeof bound;
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&bound), &length);
  port_ = ntohs(bound.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(bound).sin6_port
                                            : reinterpret_cast<sockaddr_in&>(bound).sin_port);
  epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  if (epoll_ < 0) throw system_failure("cannot create an epoll set");
  listen_to(listener_, true);
  const int watched = ::dup(epoll_);
  if (watched < 0) throw system_failure("cannot duplicate the epoll descriptor");
  epoll_watch_.assign(watched);
  watch();
}

std::string ServerCore::endpoint() const {
  sockaddr_storage bound{};
  socklen_t length = sizeof bound;
  if (listener_ < 0) return "not listening";
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&bound), &length);
  return text_of(bound);
}

void ServerCore::stop_listening() {
  if (listener_ < 0) return;
  listen_to(listener_, false);
  ::close(listener_);
  listener_ = -1;
  accept_timer_.cancel();
}

void ServerCore::close_all() {
  stop_listening();
  shard_.close_all(clock_ms());
  rest_if_done();
}

/// With no listener and no connection there is nothing to wait for: the executor may run out of work.
void ServerCore::rest_if_done() {
  if (listener_ >= 0 || shard_.connection_count() != 0 || !epoll_watch_.is_open()) return;
  epoll_watch_.cancel();
  timer_.cancel();
  timer_armed_ = false;
}

void ServerCore::shut_down() {
  if (shut_down_) return;
  close_all();
  shard_.flush_store();
  shut_down_ = true;
  store_writer_.reset();  // commits what was submitted
  timer_.cancel();
  stop_timer_.cancel();
  epoll_watch_.close();
  const std::error_code aborted = asio::error::operation_aborted;
  shard_.for_each_link([&](Link& link) {
    LinkWaiters* const waiting = waiters(link);
    if (waiting == nullptr) return;
    while (ReadWaiting* reader = waiting->readers.pop_front()) reader->complete(Completion::posted, aborted, {});
    while (WriteWaiting* writer = waiting->writers.pop_front()) writer->complete(Completion::posted, aborted);
    while (WriteWaiting* writer = waiting->unacknowledged.pop_front()) writer->complete(Completion::posted, aborted);
    while (WriteWaiting* writer = waiting->unstored.pop_front()) writer->complete(Completion::posted, aborted);
    while (UpWaiting* up = waiting->up.pop_front()) up->complete(Completion::posted, aborted);
    while (EffectWaiting* effect = waiting->effect.pop_front()) effect->complete(Completion::posted, aborted, {});
  });
  while (ArrivalWaiting* arrival = arrivals_.pop_front()) arrival->complete(Completion::posted, aborted, {});
  while (StopWaiting* stop = stops_.pop_front()) {
    stop->complete(Completion::posted, aborted, shard_.stop_report());
  }
}

// ---- the loop -----------------------------------------------------------------------------------

void ServerCore::watch() {
  epoll_watch_.async_wait(asio::posix::stream_descriptor::wait_read,
                          [weak = weak_from_this()](const std::error_code& error) {
                            const auto self = weak.lock();
                            if (self && !error && !self->shut_down_) self->on_events();
                          });
}

/// Asio lets what a handler throws out of run(), and the program may call run() again: then the loop must go on, with
/// the events of this wake-up that were not handled (edge-triggered, they would not come again).
class ServerCore::GoOnAfterException {
 public:
  GoOnAfterException(ServerCore& core, void (ServerCore::*step)()) : core_(core), step_(step) {}
  GoOnAfterException(const GoOnAfterException&) = delete;
  GoOnAfterException& operator=(const GoOnAfterException&) = delete;
  ~GoOnAfterException() {
    if (std::uncaught_exceptions() == before_) return;
    asio::post(core_.executor_, [weak = core_.weak_from_this(), step = step_] {
      const auto self = weak.lock();
      if (self && !self->shut_down_) ((*self).*step)();
    });
  }

 private:
  ServerCore& core_;
  void (ServerCore::*step_)();
  int before_ = std::uncaught_exceptions();
};

void ServerCore::on_events() {
  const GoOnAfterException guard(*this, &ServerCore::on_events);
  if (next_event_ == event_count_) {
    next_event_ = 0;
    event_count_ = std::max(0, ::epoll_wait(epoll_, events_.data(), events_per_wake, 0));
  }
  const std::uint32_t now_ms = clock_ms();
  while (next_event_ < event_count_ && !shut_down_) {
    const epoll_event& event = events_[static_cast<std::size_t>(next_event_++)];
    auto* const conn = static_cast<Conn*>(event.data.ptr);
    if (conn == nullptr) {
      accept_some(now_ms);
      continue;
    }
    if ((event.events & EPOLLOUT) != 0) shard_.writable(*conn, now_ms);
    const bool hung_up = (event.events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
    if (hung_up || (event.events & EPOLLIN) != 0) shard_.readable(*conn, hung_up, now_ms);
  }
  if (shut_down_) return;
  shard_.end_batch(now_ms);
  after_batch();
  if (!shut_down_ && (listener_ >= 0 || shard_.connection_count() != 0)) watch();
}

/// What the application caused outside a batch, and what was left over by one.
void ServerCore::run_pending() {
  const GoOnAfterException guard(*this, &ServerCore::run_pending);
  pending_posted_ = false;
  const std::uint32_t now_ms = clock_ms();
  shard_.run_unfinished(now_ms);
  shard_.end_batch(now_ms);
  after_batch();
}

void ServerCore::wants_attention() {
  if (pending_posted_ || shut_down_) return;
  pending_posted_ = true;
  asio::post(executor_, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (self && !self->shut_down_) self->run_pending();
  });
}

void ServerCore::after_batch() {
  if (!waiting_plain_.empty()) {
    std::vector<Link*> turn;
    turn.swap(waiting_plain_);
    for (Link* const link : turn) serve_writers(*link);
  }
  if (std::exchange(refuse_writers_, false)) {
    for_each_link([this](Link& link) { serve_writers(link); });  // those who wait for room or for the link
  }
  if (shard_.has_unfinished()) wants_attention();
  finish_stop_if_done();
  arm_timer();
  rest_if_done();
}

void ServerCore::finish_stop_if_done() {
  if (!stop_begun_ || !shard_.stopped()) return;
  if (!shard_.store_is_idle() && !stop_overdue_) return;
  stop_timer_.cancel();
  // What is not acknowledged now never will be.
  for_each_link([](Link& link) {
    LinkWaiters* const waiting = waiters(link);
    if (waiting == nullptr) return;
    for (List<WriteWaiting>* list : {&waiting->unacknowledged, &waiting->unstored}) {
      while (WriteWaiting* const writer = list->pop_front()) {
        writer->complete(Completion::posted, asio::error::operation_aborted);
      }
    }
  });
  while (StopWaiting* stop = stops_.pop_front()) stop->complete(Completion::posted, {}, shard_.stop_report());
}

void ServerCore::arm_timer() {
  if (!shard_.has_deadline() || shut_down_) return;
  const std::uint32_t deadline = shard_.next_deadline_ms();
  if (timer_armed_ && !before(deadline, timer_deadline_ms_)) return;
  timer_armed_ = true;
  timer_deadline_ms_ = deadline;
  const std::int32_t ahead = distance(deadline, clock_ms());
  timer_.expires_after(std::chrono::milliseconds(ahead > 0 ? ahead : 0));
  timer_.async_wait([weak = weak_from_this()](const std::error_code& error) {
    const auto self = weak.lock();
    if (self && !error && !self->shut_down_) self->on_timer();
  });
}

void ServerCore::on_timer() {
  const GoOnAfterException guard(*this, &ServerCore::on_timer);
  timer_armed_ = false;
  const std::uint32_t now_ms = clock_ms();
  shard_.run_timers(now_ms);
  shard_.end_batch(now_ms);
  after_batch();
}

void ServerCore::on_stored(std::vector<LinkUpdate> batch, std::vector<UpdateResult> results) {
  const GoOnAfterException guard(*this, &ServerCore::run_pending);
  const std::uint32_t now_ms = clock_ms();
  shard_.on_stored(std::move(batch), std::move(results), now_ms);
  shard_.end_batch(now_ms);
  after_batch();
}

// ---- sockets ------------------------------------------------------------------------------------

void ServerCore::listen_to(int listener, bool enable) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = nullptr;
  ::epoll_ctl(epoll_, enable ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, listener, &event);
}

void ServerCore::accept_some(std::uint32_t now_ms) {
  for (int i = 0; i < accepts_per_wake && listener_ >= 0; ++i) {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket < 0) {
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) pause_listening();
      return;
    }
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (options_.verbose) peer_names_[socket] = peer_name(socket);
    Conn* const conn = shard_.accepted(socket, now_ms);
    if (conn == nullptr) continue;
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    event.data.ptr = conn;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, socket, &event);
  }
}

/// Out of descriptors: the listener stays readable, and without a pause the loop would spin on it.
void ServerCore::pause_listening() {
  log(LogLevel::warning, std::string("cannot accept a connection: ") +
                             std::error_code(errno, std::generic_category()).message() +
                             ": raise the limit of open files, or lower max_connections");
  listen_to(listener_, false);
  accept_timer_.expires_after(accept_pause);
  accept_timer_.async_wait([weak = weak_from_this()](const std::error_code& error) {
    const auto self = weak.lock();
    if (self && !error && self->listener_ >= 0) self->listen_to(self->listener_, true);
  });
}

std::ptrdiff_t ServerCore::receive(int socket, char* data, std::size_t size) {
  const ssize_t count = ::recv(socket, data, size, 0);
  if (count > 0) return count;
  if (count == 0) return ended;
  return errno == EAGAIN || errno == EINTR ? would_block : broken;
}

std::ptrdiff_t ServerCore::send(int socket, const char* data, std::size_t size) {
  const ssize_t count = ::send(socket, data, size, MSG_NOSIGNAL);
  if (count >= 0) return count;
  return errno == EAGAIN || errno == EINTR ? would_block : broken;
}

void ServerCore::shutdown_send(int socket) {
  ::shutdown(socket, SHUT_WR);
}
void ServerCore::close(int socket) {
  peer_names_.erase(socket);
  ::close(socket);
}

std::string ServerCore::peer_name(int socket) {
  sockaddr_storage peer{};
  socklen_t length = sizeof peer;
  if (::getpeername(socket, reinterpret_cast<sockaddr*>(&peer), &length) == 0) return text_of(peer);
  const auto known = peer_names_.find(socket);
  return known != peer_names_.end() ? known->second : "a peer that is gone";
}

void ServerCore::log(LogLevel level, const std::string& message) {
  if (!options_.verbose && (level == LogLevel::debug || level == LogLevel::info)) return;
  if (options_.log) {
    options_.log(level, message);
    return;
  }
  constexpr std::array levels{spdlog::level::debug, spdlog::level::info, spdlog::level::warn, spdlog::level::err};
  spdlog::log(levels[static_cast<std::size_t>(level)], message);
}

}  // namespace tautline::detail
