#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <asio/any_io_executor.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>

#include "tautline/posix/async_client_config.hpp"
#include "tautline/posix/port.hpp"

namespace tautline::posix::detail {

/// Something that waiting operations look at again whenever it happens. They are woken in the order they came.
class Happening {
 public:
  explicit Happening(const asio::any_io_executor& executor) : timer_(executor, asio::steady_timer::time_point::max()) {}
  void wake_all() { timer_.cancel(); }
  template <class Handler>
  void async_wait(Handler&& handler) {
    timer_.async_wait(std::forward<Handler>(handler));
  }

 private:
  asio::steady_timer timer_;  ///< never expires
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

  const asio::any_io_executor& executor() const { return executor_; }
  BasicClient<Port, AskFunctions>& client() { return client_; }
  bool is_closed() const { return client_.state() == LinkState::closed || released_; }
  bool is_told_to_close() const { return told_to_close_ || is_closed(); }

  /// Polls soon; cheap to call often.
  void kick();
  /// Sends what is due, then closes; operations end with Error::closed.
  void close();
  /// Lets go of everything at once; operations end with operation_aborted.
  void release();
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
  void drive();
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
  std::uint32_t seen_unacknowledged_ = 0;
  bool timer_runs_ = false;
  bool kicked_ = false;
  bool waits_to_read_ = false;
  bool waits_to_write_ = false;
  bool waits_for_wifi_ = false;
  bool told_to_close_ = false;
  bool released_ = false;
};

}  // namespace tautline::posix::detail
