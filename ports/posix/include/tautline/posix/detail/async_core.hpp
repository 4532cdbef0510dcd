#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include <asio/any_io_executor.hpp>
#include <asio/execution_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>

#include "tautline/async/waiting.hpp"
#include "tautline/posix/async_client_config.hpp"
#include "tautline/posix/port.hpp"

namespace tautline::posix::detail {

using tautline::detail::Completion;

class AsyncCore;

/// An operation that waits for something to happen.
struct Waiter : tautline::detail::ListNode {
  /// It happened: the operation completes, or waits on.
  virtual void look(Completion completion) = 0;
  /// Frees itself; the handler is never called.
  virtual void abandon() = 0;

 protected:
  ~Waiter() = default;
};

/// Something that waiting operations look at again whenever it happens. They are woken in the order they came.
class Happening {
 public:
  void add(Waiter& waiter) { waiters_.push_back(waiter); }
  /// `in_place` only from the client's own frame: the application may do anything in its completions.
  void wake_all(Completion completion);
  void abandon_all();

 private:
  tautline::detail::List<Waiter> waiters_;
};

/// The clients of one execution context. If it ends while operations wait, their handlers are freed, as Asio does with
/// its own: a coroutine that waits may own the client it waits for.
class AsyncClients final : public asio::execution_context::service {
 public:
  using key_type = AsyncClients;
  static asio::execution_context::id id;
  explicit AsyncClients(asio::execution_context& context) : service(context) {}
  void add(AsyncCore& core);
  void remove(AsyncCore& core);

 private:
  void shutdown() noexcept override;

  std::mutex mutex_;  ///< the clients of a context may belong to several threads
  std::unordered_set<AsyncCore*> cores_;
};

/// The first-connection policy of an AsyncClient: asks the functions of its configuration.
struct AskFunctions {
  const AsyncClientConfig* config;
  bool bad_wifi() const { return !config->bad_wifi || config->bad_wifi(); }
  bool bad_server(Reason reason) const { return !config->bad_server || config->bad_server(reason); }
};

/// The client of an AsyncClient, woken by its descriptor and one timer.
class AsyncCore : public std::enable_shared_from_this<AsyncCore> {
 public:
  AsyncCore(const asio::any_io_executor& executor, const AsyncClientConfig& config);
  ~AsyncCore();
  AsyncCore(const AsyncCore&) = delete;
  AsyncCore& operator=(const AsyncCore&) = delete;

  const asio::any_io_executor& executor() const { return executor_; }
  BasicClient<Port, AskFunctions>& client() { return client_; }
  bool is_closed() const { return client_.state() == LinkState::closed || released_; }
  bool is_told_to_close() const { return told_to_close_ || is_closed(); }

  /// Polls soon, or once more if it is polling now; cheap to call often.
  void kick();
  /// Sends what is due, then closes; operations end with Error::closed.
  void close();
  /// Lets go of everything at once; operations end with operation_aborted.
  void release();
  /// The execution context ends: operations are freed, their handlers not called.
  void abandon();
  bool is_released() const { return released_; }

  bool try_read(std::string_view& line);
  /// Writes of lines with qos queue in the order of their calls: each takes a number and waits for its turn.
  std::uint64_t take_turn();
  bool has_turn(std::uint64_t turn) const { return !turns_.empty() && turns_.front() == turn; }
  bool is_anybody_waiting() const { return !turns_.empty(); }
  void end_turn(std::uint64_t turn);

  Happening line_arrived;
  Happening room_made;     ///< ... in the queue, or in the output of an open link
  Happening acknowledged;  ///< a line was, or the queue is empty
  Happening came_up;

 private:
  class Driving;
  /// A completion may cause the next poll: an exchange of lines is one wake-up, not one turn of the executor per step.
  static constexpr int polls_per_drive = 4;

  void drive(bool timer_fired = false);
  void poll(bool may_skip_reading);
  void post_drive();
  std::array<Happening*, 4> happenings() { return {&line_arrived, &room_made, &acknowledged, &came_up}; }
  void wake();
  void wait_for_descriptor();
  void wait_for_wifi();
  void wait_for_time();
  void forget_descriptor();
  void forget_wifi();

  asio::any_io_executor executor_;
  const std::string id_;
  const std::string server_;
  const AsyncClientConfig config_;
  std::vector<char> buffers_;
  Port port_;
  BasicClient<Port, AskFunctions> client_;
  asio::posix::stream_descriptor descriptor_;
  asio::posix::stream_descriptor wifi_descriptor_;
  asio::steady_timer timer_;
  std::deque<std::uint64_t> turns_;
  std::uint64_t last_turn_ = 0;
  std::uint64_t descriptor_number_ = 0;  ///< tells waits on an earlier descriptor from those on the present one
  std::uint32_t timer_at_ms_ = 0;
  std::uint32_t seen_base_ = 0;  ///< oldest unacknowledged line when the operations looked last
  bool timer_runs_ = false;
  bool driving_ = false;
  bool kicked_ = false;        ///< something is to be done ...
  bool drive_posted_ = false;  ///< ... and a turn of the executor is asked for
  bool turn_ended_ = false;    ///< the next writer may look
  bool handed_out_ = false;    ///< the application may hold a line: its next read takes it
  bool was_connecting_ = false;
  AsyncClients& clients_;
  bool waits_to_read_ = false;
  bool waits_to_write_ = false;
  bool waits_for_wifi_ = false;
  bool told_to_close_ = false;
  bool released_ = false;
};

}  // namespace tautline::posix::detail
