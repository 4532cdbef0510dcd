#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include <asio/awaitable.hpp>
#include <asio/error.hpp>
#include <asio/use_awaitable.hpp>

#include "tautline/async/await_direct.hpp"
#include "tautline/async/error.hpp"
#include "tautline/posix/async_client_config.hpp"
#include "tautline/posix/detail/async_core.hpp"
#include "tautline/posix/detail/operation.hpp"

namespace tautline::posix {

namespace detail {

class Read {
 public:
  void start(AsyncCore&) {}
  Happening* look(AsyncCore& core) {
    std::string_view line;
    if (core.try_read(line)) {
      line_ = line;
    } else if (core.is_told_to_close()) {
      error_ = Error::closed;
    } else {
      return &core.line_arrived;
    }
    return nullptr;
  }
  std::tuple<asio::error_code, std::string> result() { return {error_, std::move(line_)}; }
  std::tuple<asio::error_code, std::string> aborted(AsyncCore&) { return {asio::error::operation_aborted, {}}; }

 private:
  asio::error_code error_;
  std::string line_;
};

class Write {
 public:
  Write(std::string line, WriteOptions options) : line_(std::move(line)), options_(options) {}
  void start(AsyncCore& core) {
    if (options_.qos) turn_ = core.take_turn();
  }
  Happening* look(AsyncCore& core) { return queued_ ? look_acknowledged(core) : look_room(core); }
  std::tuple<asio::error_code> result() { return {error_}; }
  std::tuple<asio::error_code> aborted(AsyncCore& core) {
    if (queued_) return {Error::delivery_pending};
    if (options_.qos) core.end_turn(turn_);
    return {asio::error::operation_aborted};
  }

 private:
  Happening* look_room(AsyncCore& core) {
    if (options_.qos && !core.has_turn(turn_)) return &core.room_made;
    const WriteResult written = core.client().write(line_, options_.qos, options_.wait);
    if (written.status == WriteStatus::would_block) return &core.room_made;
    if (options_.qos) core.end_turn(turn_);
    core.kick();
    if (written.status != WriteStatus::ok) {
      error_ = make_error_code(written.status);
      return nullptr;
    }
    ticket_ = written.ticket;
    queued_ = options_.qos && options_.wait;
    return queued_ ? &core.acknowledged : nullptr;
  }
  Happening* look_acknowledged(AsyncCore& core) {
    if (core.client().acknowledged(ticket_)) return nullptr;
    if (!core.is_closed()) return &core.acknowledged;
    error_ = Error::closed;
    return nullptr;
  }

  std::string line_;
  WriteOptions options_;
  asio::error_code error_;
  std::uint64_t turn_ = 0;
  std::uint32_t ticket_ = 0;
  bool queued_ = false;
};

/// Waits until the link is up, or until nothing is unacknowledged.
class Await {
 public:
  enum class What { up, drained };
  explicit Await(What what) : what_(what) {}
  void start(AsyncCore&) {}
  Happening* look(AsyncCore& core) {
    const bool drained = what_ == What::drained;
    if (drained ? core.client().unacknowledged() == 0 : core.client().status()) return nullptr;
    if (!(drained ? core.is_closed() : core.is_told_to_close())) return drained ? &core.acknowledged : &core.came_up;
    error_ = Error::closed;
    return nullptr;
  }
  std::tuple<asio::error_code> result() { return {error_}; }
  std::tuple<asio::error_code> aborted(AsyncCore&) { return {asio::error::operation_aborted}; }

 private:
  What what_;
  asio::error_code error_;
};

}  // namespace detail

/// The client for programs on Asio: the same logic as Client, with operations that wait.
///
///     posix::AsyncClient client(executor, {.my_id = "door", .server = "house.local"});
///     co_await client.up();
///     co_await client.write("temp 21.5");            // the server has it
///     std::string line = co_await client.readline();
///
/// Every operation pauses through an outage and then goes on. Each takes any Asio completion token as its last
/// argument; without one it is awaitable in an asio::awaitable<> coroutine and throws std::system_error. Each can be
/// cancelled alone, through the token's cancellation slot (operators || and && of Asio's awaitable_operators do that).
///
/// All calls belong on the executor, one thread at a time. An AsyncClient is a handle: copies are the same client. It
/// holds work on the executor until closed or until the last handle is gone; that closes the connection at once, and
/// pending operations end with operation_aborted.
class AsyncClient {
 public:
  /// Begins to connect as soon as the executor runs. Throws as Port does if something of config.system is missing.
  AsyncClient(const asio::any_io_executor& executor, const AsyncClientConfig& config)
      : core_(std::make_shared<detail::AsyncCore>(executor, config)),
        owner_(core_.get(), [core = core_](detail::AsyncCore*) { core->release(); }) {
    core_->kick();
  }

  /// The next line, without its newline. It is taken, that is acknowledged to the server, with the next readline(),
  /// try_readline() or accept(), not before. One reader at a time. Cancelled: nothing was taken.
  /// Errors: Error::closed. Completion: void(error_code, std::string).
  template <class Token = asio::use_awaitable_t<>>
  auto readline(Token&& token = {}) {
    return detail::start_operation<void(asio::error_code, std::string)>(core_, detail::Read(),
                                                                        std::forward<Token>(token));
  }
  /// The next line if one is there: a view that is valid until the next read or accept().
  bool try_readline(std::string_view& line) { return core_->try_read(line); }
  /// Takes the line handed out last.
  void accept() {
    core_->client().accept();
    core_->kick();
  }

  /// Sends a line; one final newline is accepted.
  ///
  /// qos and wait: completes when the server has taken responsibility. qos without wait: when the line is queued, after
  /// a pause while the queue is full. Not qos: when the line is on its way, after a pause while the link is down; it
  /// may be lost. Lines with qos keep the order of the calls.
  ///
  /// Errors: Error::bad_line, too_long, empty, not_utf8: nothing was sent; Error::closed. Cancelled before the line was
  /// queued: operation_aborted, it is not sent; after: Error::delivery_pending. Completion: void(error_code).
  template <class Token = asio::use_awaitable_t<>>
  auto write(std::string line, WriteOptions options = {}, Token&& token = {}) {
    return detail::start_operation<void(asio::error_code)>(core_, detail::Write(std::move(line), options),
                                                           std::forward<Token>(token));
  }
  /// The form that never waits; see BasicLinkClient::write(). would_block also while earlier writes wait for room.
  WriteResult try_write(std::string_view line, bool qos = true) {
    if (qos && core_->is_anybody_waiting()) return {WriteStatus::would_block, 0};
    const WriteResult result = core_->client().write(line, qos);
    core_->kick();
    return result;
  }
  /// Has the server taken responsibility for the line with this ticket? Valid for the last 2^31 lines.
  bool acknowledged(std::uint32_t ticket) const { return core_->client().acknowledged(ticket); }
  /// Lines queued and not yet acknowledged.
  std::uint32_t unacknowledged() const { return core_->client().unacknowledged(); }

  /// Completes when the link is up, soon if it is. Errors: Error::closed. Completion: void(error_code).
  template <class Token = asio::use_awaitable_t<>>
  auto up(Token&& token = {}) {
    return detail::start_operation<void(asio::error_code)>(core_, detail::Await(detail::Await::What::up),
                                                           std::forward<Token>(token));
  }

  /// `co_await client`: resumes when the link is up. Closed or cancelled it resumes as well, without an exception: ask
  /// status(), or await up() instead.
  template <class Frame>
    requires requires(Frame* frame) { frame->detach_thread(); }
  auto operator()(Frame* frame) const {
    using Executor = typename std::remove_reference_t<decltype(*frame->detach_thread())>::executor_type;
    detail::start_operation<void(asio::error_code)>(core_, detail::Await(detail::Await::What::up),
                                                    tautline::detail::DirectResume<Frame, Executor>(frame));
    return static_cast<asio::detail::awaitable_thread<Executor>*>(nullptr);
  }

  /// Completes when every line with qos that was queued is acknowledged: then close() loses nothing.
  /// Errors: Error::closed. Completion: void(error_code).
  template <class Token = asio::use_awaitable_t<>>
  auto async_drain(Token&& token = {}) {
    return detail::start_operation<void(asio::error_code)>(core_, detail::Await(detail::Await::What::drained),
                                                           std::forward<Token>(token));
  }

  /// Is the link up?
  bool status() const { return core_->client().status(); }
  /// As status().
  bool operator()() const { return status(); }
  /// Where the client is on its way to the server.
  LinkState state() const { return core_->client().state(); }
  /// Why the link is down, or why it last was.
  Reason last_reason() const { return core_->client().last_reason(); }
  /// How many times the link came up.
  std::uint32_t connects() const { return core_->client().connects(); }
  /// Longest line that write() accepts now: the agreed maximum, or the own one before the server named its.
  std::size_t max_line() const { return core_->client().max_line(); }

  /// Sends a last status line and closes, for good. Lines not acknowledged are lost; see async_drain(). Also stops the
  /// watchdog; one of the kernel that cannot be stopped (`nowayout`) resets the machine some time later.
  void close() { core_->close(); }

 private:
  std::shared_ptr<detail::AsyncCore> core_;   ///< operations under way hold it too
  std::shared_ptr<detail::AsyncCore> owner_;  ///< only the handles hold it
};

}  // namespace tautline::posix
