#include "tautline/posix/detail/async_core.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

#include <asio/post.hpp>

#include "tautline/core/serial.hpp"

namespace tautline::posix::detail {
namespace {

LinkBufferSizes buffer_sizes(const AsyncClientConfig& config) {
  LinkBufferSizes sizes = link_buffer_sizes(config.queued_lines, config.window, config.max_line);
  sizes.receive = std::max(sizes.receive, config.io_bytes);
  sizes.output = std::max(sizes.output, config.io_bytes);
  return sizes;
}

std::size_t total(const LinkBufferSizes& sizes) {
  return sizes.queue + sizes.inbox + sizes.receive + sizes.output;
}

LinkBuffers divide(std::vector<char>& memory, const LinkBufferSizes& sizes) {
  char* next = memory.data();
  const auto take = [&next](std::size_t size) {
    char* const begin = next;
    next += size;
    return LinkBuffers::Storage{begin, size};
  };
  return {take(sizes.queue), take(sizes.inbox), take(sizes.receive), take(sizes.output)};
}

ClientConfig client_config(const AsyncClientConfig& config, const std::string& id, const std::string& server) {
  ClientConfig result;
  result.my_id = id.c_str();
  result.server = server.c_str();
  result.port = config.port;
  result.timeout_ms = config.timeout_ms;
  result.verbose = config.verbose;
  result.wdog = config.wdog;
  result.led = config.led;
  result.protocol = config.protocol;
  if (config.conn_cb) {
    result.conn_cb_argument = const_cast<AsyncClientConfig*>(&config);
    result.conn_cb = [](void* argument, bool up, Reason reason) {
      static_cast<const AsyncClientConfig*>(argument)->conn_cb(up, reason);
    };
  }
  return result;
}

ReceiveLimits receive_limits(const AsyncClientConfig& config) {
  return {config.window, static_cast<std::uint32_t>(config.max_line), config.timeout_ms};
}

}  // namespace

AsyncCore::AsyncCore(const asio::any_io_executor& executor, const AsyncClientConfig& config)
    : executor_(executor),
      id_(config.my_id),
      server_(config.server),
      config_(config),
      buffers_(total(buffer_sizes(config))),
      port_(config.system),
      client_(port_, client_config(config_, id_, server_), receive_limits(config),
              divide(buffers_, buffer_sizes(config)), AskFunctions{&config_}),
      descriptor_(executor),
      wifi_descriptor_(executor),
      timer_(executor),
      clients_(asio::use_service<AsyncClients>(asio::query(executor, asio::execution::context))) {
  port_.transport.set_before_close([this] { forget_descriptor(); });
  clients_.add(*this);
}

AsyncCore::~AsyncCore() {
  clients_.remove(*this);
}

void Happening::wake_all(Completion completion) {
  // Those that begin to wait meanwhile are not looked at. Those that an exception keeps from their turn wait on.
  struct Woken {
    ~Woken() { to.take_all(waiters); }
    tautline::detail::List<Waiter>& to;
    tautline::detail::List<Waiter> waiters;
  } woken{waiters_, {}};
  woken.waiters.take_all(waiters_);
  while (Waiter* const waiter = woken.waiters.pop_front()) waiter->look(completion);
}

void Happening::abandon_all() {
  while (Waiter* const waiter = waiters_.pop_front()) waiter->abandon();
}

asio::execution_context::id AsyncClients::id;

void AsyncClients::add(AsyncCore& core) {
  const std::lock_guard lock(mutex_);
  cores_.insert(&core);
}

void AsyncClients::remove(AsyncCore& core) {
  const std::lock_guard lock(mutex_);
  cores_.erase(&core);
}

void AsyncClients::shutdown() noexcept {
  std::vector<std::shared_ptr<AsyncCore>> cores;
  {
    const std::lock_guard lock(mutex_);
    for (AsyncCore* const core : cores_) {
      if (auto shared = core->weak_from_this().lock()) cores.push_back(std::move(shared));
    }
  }
  for (const auto& core : cores) core->abandon();
}

/// What a completion throws leaves io_context::run(), and the program may call that again: the client goes on then.
class AsyncCore::Driving {
 public:
  explicit Driving(AsyncCore& core) : core_(core) { core_.driving_ = true; }
  Driving(const Driving&) = delete;
  Driving& operator=(const Driving&) = delete;
  ~Driving() {
    core_.driving_ = false;
    if (core_.released_) return;
    if (std::uncaught_exceptions() != before_) core_.kicked_ = true;
    if (core_.kicked_) core_.post_drive();
  }

 private:
  AsyncCore& core_;
  int before_ = std::uncaught_exceptions();
};

void AsyncCore::kick() {
  if (kicked_ || released_) return;
  kicked_ = true;
  if (!driving_) post_drive();
}

void AsyncCore::post_drive() {
  if (drive_posted_) return;
  drive_posted_ = true;
  asio::post(executor_, [self = shared_from_this()] {
    self->drive_posted_ = false;
    if (self->kicked_) self->drive();
  });
}

void AsyncCore::drive(bool timer_fired) {
  if (released_) return;
  const Driving driving(*this);
  // While the descriptor is waited for, nothing has come. But if it is a timer that fires after the process slept, what
  // is waiting must be read before silence is judged.
  poll(waits_to_read_ && !timer_fired);
  for (int polls = 1; polls < polls_per_drive && kicked_ && !released_; ++polls) poll(true);
  if (released_) return;
  if (client_.state() == LinkState::closed) {
    timer_.cancel();
    forget_wifi();
    return;
  }
  wait_for_descriptor();
  wait_for_wifi();
  wait_for_time();
}

void AsyncCore::poll(bool may_skip_reading) {
  kicked_ = false;
  port_.transport.skip_reading(may_skip_reading);
  client_.poll(Port::now_ms());
  wake();
}

/// Wakes the operations that may have something to look at.
void AsyncCore::wake() {
  const bool over = client_.state() == LinkState::closed;
  const bool up = client_.status();
  const bool acknowledges = std::exchange(seen_base_, client_.link().numbers().base) != seen_base_;
  const bool next_writer = std::exchange(turn_ended_, false);
  if (over || client_.link().has_line()) line_arrived.wake_all(Completion::in_place);
  if (over || up) came_up.wake_all(Completion::in_place);
  if (over || acknowledges) acknowledged.wake_all(Completion::in_place);
  if (over || up || acknowledges || next_writer) room_made.wake_all(Completion::in_place);
}

void AsyncCore::wait_for_descriptor() {
  const int fd = port_.transport.descriptor();
  if (fd < 0) return;
  const bool connecting = client_.state() == LinkState::connecting;
  // Asio goes on watching for room to write once it was asked to, and each wait would wake up twice.
  if (std::exchange(was_connecting_, connecting) && !connecting) forget_descriptor();
  asio::error_code error;
  if (!descriptor_.is_open()) descriptor_.assign(fd, error);
  if (error) return;  // no memory in the kernel, say: the timer finds the silence and another attempt follows
  const auto woken = [this](bool AsyncCore::*waits) {
    return [self = shared_from_this(), waits, number = descriptor_number_](const asio::error_code& failure) {
      if (self->descriptor_number_ != number) return;
      (*self).*waits = false;
      if (!failure) self->drive();
    };
  };
  if (!waits_to_read_ && (connecting ? port_.transport.wants_read() : client_.link().wants_bytes())) {
    waits_to_read_ = true;
    descriptor_.async_wait(asio::posix::descriptor_base::wait_read, woken(&AsyncCore::waits_to_read_));
  }
  if (!waits_to_write_ && port_.transport.wants_write()) {
    waits_to_write_ = true;
    descriptor_.async_wait(asio::posix::descriptor_base::wait_write, woken(&AsyncCore::waits_to_write_));
  }
}

/// A change of the network interface is acted on at once.
void AsyncCore::wait_for_wifi() {
  const int fd = port_.wifi.descriptor();
  if (fd < 0 || waits_for_wifi_) return;
  asio::error_code error;
  if (!wifi_descriptor_.is_open()) wifi_descriptor_.assign(fd, error);
  if (error) return;  // then each poll looks
  waits_for_wifi_ = true;
  wifi_descriptor_.async_wait(asio::posix::descriptor_base::wait_read,
                              [self = shared_from_this()](const asio::error_code& failure) {
                                self->waits_for_wifi_ = false;
                                if (!failure) self->drive();
                              });
}

/// The timer is only moved forward: one that fires too early costs a poll, one that is set again costs each time.
void AsyncCore::wait_for_time() {
  const std::uint32_t deadline = client_.deadline_ms();
  const std::uint32_t now = Port::now_ms();
  if (at_or_before(deadline, now)) return kick();
  if (timer_runs_ && at_or_before(timer_at_ms_, deadline)) return;
  timer_runs_ = true;
  timer_at_ms_ = deadline;
  timer_.expires_after(std::chrono::milliseconds(deadline - now));
  timer_.async_wait([self = shared_from_this()](const asio::error_code& error) {
    if (error) return;  // moved, or over
    self->timer_runs_ = false;
    self->drive(true);
  });
}

void AsyncCore::forget_descriptor() {
  ++descriptor_number_;
  waits_to_read_ = waits_to_write_ = false;
  if (descriptor_.is_open()) descriptor_.release();
}

void AsyncCore::forget_wifi() {
  if (wifi_descriptor_.is_open()) wifi_descriptor_.release();
}

void AsyncCore::close() {
  told_to_close_ = true;
  client_.close();
  kick();
}

void AsyncCore::release() {
  if (released_) return;
  port_.transport.close();
  released_ = true;
  if (client_.watchdog_runs()) port_.watchdog.stop();
  timer_.cancel();
  forget_wifi();
  // Not here: the application's cancellation slots may be gone with the handle.
  asio::post(executor_, [self = shared_from_this()] {
    for (Happening* const happening : self->happenings()) happening->wake_all(Completion::in_place);
  });
}

void AsyncCore::abandon() {
  released_ = true;
  for (Happening* const happening : happenings()) happening->abandon_all();
}

bool AsyncCore::try_read(std::string_view& line) {
  const bool found = client_.readline(line);
  if (handed_out_) kick();  // the line before was taken: its acknowledgement is due
  handed_out_ = found;
  return found;
}

std::uint64_t AsyncCore::take_turn() {
  turns_.push_back(++last_turn_);
  return last_turn_;
}

void AsyncCore::end_turn(std::uint64_t turn) {
  const auto found = std::find(turns_.begin(), turns_.end(), turn);
  if (found != turns_.end()) turns_.erase(found);
  if (turns_.empty()) return;
  turn_ended_ = true;
  kick();
}

}  // namespace tautline::posix::detail
