#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <asio/async_result.hpp>
#include <asio/awaitable.hpp>

#include "tautline/async/await_direct.hpp"
#include "tautline/server/detail/core_calls.hpp"

namespace tautline {

/// The link to one client: write() and readline() that pause during an outage and then go on.
///
/// A Connection is a handle: copies are the same connection, equal and valid as long as the Server lives. It is
/// obtained from Server::client_conn(), wait_all() or another Connection's operator[]. All calls belong on the server's
/// executor (one thread at a time); operations may be pending side by side.
///
/// Operations come in two forms: without a token as a coroutine (`co_await connection.readline()`), which throws
/// std::system_error, and with any Asio completion token as the last argument. Both end with
/// asio::error::operation_aborted when cancelled through the token's cancellation slot or when the server is destroyed.
class Connection {
 public:
  /// No connection: only to be assigned to. (Asio's co_spawn and awaitable_operators need results with a default.)
  Connection() = default;

  /// The client's id.
  std::string_view id() const { return link_->id(); }

  /// Is the link up?
  bool status() const { return link_->conn != nullptr; }
  /// As status().
  bool operator()() const { return status(); }

  /// How many times the client has connected.
  std::uint32_t nconns() const { return link_->connects; }

  /// Lines that were queued for the client and that it has not acknowledged.
  std::uint32_t unacknowledged() const { return link_->outbox.size(); }

  /// Lines that the mailbox gave up since the server started.
  std::uint32_t dropped() const { return detail::shard_of(*core_).dropped(*link_).old; }
  /// Gives up the oldest line of the outbox, for example one that the client will never take because it is too long for
  /// it. Only while the client is away (on protocol 1 only a line that was never sent); false: not possible.
  bool drop_oldest() { return detail::shard_of(*core_).drop_oldest(*link_); }
  /// Why nothing is acknowledged to the client although it is connected, or written lines do not become durable; empty:
  /// no reason known.
  std::string problem() const { return detail::problem_of(*core_, *link_); }

  /// Longest line that write() accepts, in bytes: the server's max_line, or less if the client said so.
  std::uint32_t max_line() const { return detail::shard_of(*core_).max_payload(*link_); }

  /// Another client's connection. Throws std::system_error (Error::unknown_client) if that client never connected.
  Connection operator[](std::string_view id) const {
    Link* const link = detail::find_connected(*core_, id);
    if (link == nullptr) throw std::system_error(make_error_code(Error::unknown_client), std::string(id));
    return {*core_, *link};
  }

  /// Are both the connection of the same client?
  friend bool operator==(const Connection& a, const Connection& b) { return a.link_ == b.link_; }

  // ---- reading

  /// The next line, without its newline; pauses until there is one, also through outages.
  ///
  /// A line is taken (its room in the inbox is free, the client gets credit) when the next one is asked for or by
  /// accept(), not when it is handed out. Cancelled while it waits, a read has taken nothing.
  asio::awaitable<std::string> readline();

  /// Signature of the completion: void(std::error_code, std::string).
  template <typename Token>
  auto readline(Token&& token) {
    return asio::async_initiate<Token, void(std::error_code, std::string)>(
        [core = core_, link = link_](auto handler) {
          using Handler = std::decay_t<decltype(handler)>;
          detail::start_read(*core, *link,
                             detail::WaitingHandler<detail::ReadWaiting, Handler, std::string>::make(
                                 std::move(handler), detail::executor_of(*core), [](detail::ReadWaiting& waiting) {
                                   detail::abort(waiting, asio::error::operation_aborted, std::string());
                                 }));
        },
        token);
  }

  /// The fast form: the next line if one is there, as a view that stays valid until the next read or accept() (with a
  /// store: or until another server takes the link over). One await and then try_readline() until it is false costs a
  /// fraction of one await per line.
  bool try_readline(std::string_view& line) { return detail::try_read(*core_, *link_, line); }

  /// The application is done with the line handed out last. With a store that is durable soon (within 100 ms, or with
  /// the next line that comes): after a crash before that, the line is handed out again, with the same identity.
  void accept() { detail::shard_of(*core_).accept_line(*link_); }

  /// What names the line handed out last, for ever and through restarts: sid, epoch, seq. All zero without a store, and
  /// for a line without qos.
  LineIdentity identity() const { return detail::shard_of(*core_).line_identity(*link_); }

  /// Takes the line handed out last in one transaction with what `effect` writes to the same database: exactly once
  /// into the application, whatever crashes when. `effect` runs on the store's thread (see StoreEffect); what it throws
  /// is thrown here, undoes what it did, and leaves the line handed out. Until this returns, no line is handed out, and
  /// none should be asked for: a reader that waits already takes the line also when the effect threw.
  ///
  /// Errors: invalid_argument: there is no store, or no line with an identity is handed out; Error::taken_over: another
  /// server has the link now, nothing was done. Cancelled, it only stops waiting.
  asio::awaitable<void> accept(StoreEffect effect);

  /// Signature of the completion: void(std::error_code, std::exception_ptr), the latter what the effect threw.
  template <typename Token>
  auto accept(StoreEffect effect, Token&& token) {
    return asio::async_initiate<Token, void(std::error_code, std::exception_ptr)>(
        [core = core_, link = link_](auto handler, const StoreEffect& started) {
          using Handler = std::decay_t<decltype(handler)>;
          detail::start_effect(*core, *link, started,
                               detail::WaitingHandler<detail::EffectWaiting, Handler, std::exception_ptr>::make(
                                   std::move(handler), detail::executor_of(*core), [](detail::EffectWaiting& waiting) {
                                     detail::abort(waiting, asio::error::operation_aborted, std::exception_ptr());
                                   }));
        },
        token, std::move(effect));
  }

  // ---- writing

  /// Sends a line; one newline at its end is accepted, and added where it is missing.
  ///
  /// qos and wait: returns when the client's application has taken the line. qos without wait: returns when the line is
  /// queued (with a store: durable), pausing while the queue is full. Not qos: returns when the line is on its way,
  /// pausing while the link is down; it may be lost in an outage. qos lines arrive exactly once and in the order of the
  /// calls.
  ///
  /// Errors: Error::bad_line, too_long, empty, not_utf8: nothing was sent; closed: the server is stopping; queue_full:
  /// the outbox is full and when_full says refuse; taken_over: another server has the link, the line was not stored;
  /// dropped: the line was queued, and given up by the rules of the mailbox before the client acknowledged it.
  /// Cancelled before the line was queued: operation_aborted, it is not sent. Cancelled after: Error::delivery_pending,
  /// it is still delivered.
  asio::awaitable<void> write(std::string line, WriteOptions options = {});

  /// Signature of the completion: void(std::error_code).
  template <typename Token>
  auto write(std::string line, WriteOptions options, Token&& token) {
    return asio::async_initiate<Token, void(std::error_code)>(
        [core = core_, link = link_, options](auto handler, std::string text) {
          using Handler = std::decay_t<decltype(handler)>;
          detail::WriteWaiting& waiting = detail::WaitingHandler<detail::WriteWaiting, Handler>::make(
              std::move(handler), detail::executor_of(*core),
              [core, link](detail::WriteWaiting& cancelled) { detail::abort_write(*core, *link, cancelled); });
          waiting.line = std::move(text);
          waiting.options = options;
          detail::start_write(*core, *link, waiting);
        },
        token, std::move(line));
  }

  /// The fast form of write(wait=false), which does not wait for a store: ok, or would_block when the queue is full
  /// (or, for a line without qos, when the link is down), or what is wrong with the line.
  WriteStatus try_write(std::string_view line, WriteOptions options = {}) {
    options.wait = false;
    return detail::try_write(*core_, *link_, line, options).status;
  }

  // ---- waiting for the link

  /// Returns when the link is up, at once if it is.
  asio::awaitable<void> up();

  /// Signature of the completion: void(std::error_code).
  template <typename Token>
  auto up(Token&& token) {
    return asio::async_initiate<Token, void(std::error_code)>(
        [core = core_, link = link_](auto handler) { wait_until_up(*core, *link, std::move(handler)); }, token);
  }

  /// `co_await connection`: resumes when the link is up. Cancelled, or with the server destroyed, it resumes as well,
  /// without an exception: ask status(), or await up() instead.
  template <typename Frame>
    requires requires(Frame* frame) { frame->detach_thread(); }
  auto operator()(Frame* frame) const {
    using Executor = typename std::remove_reference_t<decltype(*frame->detach_thread())>::executor_type;
    using Resume = detail::DirectResume<Frame, Executor>;
    wait_until_up(*core_, *link_, Resume(frame));
    return static_cast<asio::detail::awaitable_thread<Executor>*>(nullptr);
  }

 private:
  friend class detail::ServerCore;
  // The coroutines hold the handle, so that one that was made on a temporary is good.
  static asio::awaitable<std::string> read_line(Connection self);
  static asio::awaitable<void> accept_line(Connection self, StoreEffect effect);
  static asio::awaitable<void> write_line(Connection self, std::string line, WriteOptions options);
  static asio::awaitable<void> wait_up(Connection self);
  Connection(detail::ServerCore& core, Link& link) : core_(&core), link_(&link) {}

  template <typename Handler>
  static void wait_until_up(detail::ServerCore& core, Link& link, Handler handler) {
    detail::start_up(core, link,
                     detail::WaitingHandler<detail::UpWaiting, Handler>::make(
                         std::move(handler), detail::executor_of(core),
                         [](detail::UpWaiting& waiting) { detail::abort(waiting, asio::error::operation_aborted); }));
  }

  detail::ServerCore* core_ = nullptr;
  Link* link_ = nullptr;
};

}  // namespace tautline
