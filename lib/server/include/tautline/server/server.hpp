#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <asio/any_io_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/awaitable.hpp>

#include "tautline/server/connection.hpp"

namespace tautline {

/// How a Server is set up; every member has a default.
struct ServerOptions {
  std::string address = {};                ///< to listen on; empty: all interfaces, IPv6 and IPv4
  std::uint16_t port = 8123;               ///< 0: a free one, see Server::port()
  std::uint32_t timeout_ms = 1500;         ///< silence after which a link is down; handshakes must take less
  std::vector<std::string> expected = {};  ///< ids of the clients; others are refused, with the reason in the log
  bool admit_unexpected = false;           ///< any other valid id may connect too
  std::vector<std::string> allow_protocol_1 = {};  ///< ids that may fall back from protocol 2 to protocol 1
  std::uint32_t max_line = 1024;                   ///< longest line in bytes, in both directions
  std::uint32_t window = 64;                       ///< lines that a client may have unacknowledged
  std::uint32_t inbox_lines = 256;                 ///< per client: received, not taken; at least twice the window
  std::uint32_t outbox_lines = 1024;               ///< per client: written, not acknowledged
  std::size_t outbox_bytes = 256 * 1024;           ///< per client
  WhenFull when_full = WhenFull::pause;            ///< what a write does that finds the outbox full
  std::uint32_t outbox_max_age_s = 0;              ///< older lines for a client that is away are dropped; 0: never
  /// Where sessions, inbox and outbox survive the process, for example SqliteStore{"links.db"}. None: memory.
  std::shared_ptr<SessionStore> store = {};
  std::uint32_t max_connections = 50'000;  ///< TCP connections, those without a name included
  std::uint32_t max_unidentified = 1'000;  ///< connections that have not said who they are
  bool verbose = false;                    ///< log each connection and line; else warnings and errors
  std::function<void(LogLevel, const std::string&)> log = {};    ///< default: spdlog's default logger
  std::function<void(const Connection&, bool up)> on_link = {};  ///< called on every change of a link
  /// Called when lines of an outbox were given up (when_full, outbox_max_age_s, Connection::drop_oldest()), with how
  /// many; must not write to that connection, nor cancel a write to it.
  std::function<void(const Connection&, std::uint32_t count)> on_dropped = {};
};

/// Listens for clients and keeps the links to them.
///
///     asio::io_context io(1);
///     tautline::Server server(io.get_executor(), {.expected = {"door"}});
///
/// It works on one executor that must run on one thread at a time; all calls belong there. Links are flat records on
/// one epoll set inside the executor's io_context, so coroutines exist only where the application starts one.
class Server {
 public:
  /// Listens at once. Throws std::invalid_argument (what is wrong with the options), std::system_error (cannot
  /// listen: address, port and reason) or StoreError (cannot open the store). With a store it takes all links over: a
  /// server that had the store before can acknowledge nothing more.
  explicit Server(asio::any_io_executor executor, ServerOptions options = {});
  /// Closes all connections; pending operations complete with operation_aborted.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// The TCP port on which it listens, also with ServerOptions::port 0.
  std::uint16_t port() const;
  /// "address:port" as it listens.
  std::string endpoint() const;
  /// TCP connections that are open now.
  std::uint32_t connection_count() const;

  /// The Connection of that client, the same for the life of the server; pauses until it has connected for the first
  /// time. Error::unknown_client if the id is not expected.
  asio::awaitable<Connection> client_conn(std::string id);

  /// Signature of the completion: void(std::error_code, std::optional<Connection>); empty with an error.
  template <typename Token>
  auto client_conn(std::string id, Token&& token) {
    return wait_for(std::move(id), {}, false, std::forward<Token>(token));
  }

  /// Pauses until `client_id` (if given) and all `peers` (if none are named: all expected clients) have connected at
  /// least once. Returns the Connection of client_id, or nothing if none was given. For a timeout use
  /// awaitable_operators.
  asio::awaitable<std::optional<Connection>> wait_all(std::optional<std::string> client_id = {},
                                                      std::vector<std::string> peers = {});

  /// Signature of the completion: void(std::error_code, std::optional<Connection>).
  template <typename Token>
  auto wait_all(const std::optional<std::string>& client_id, std::vector<std::string> peers, Token&& token) {
    return wait_for(client_id.value_or(""), std::move(peers), true, std::forward<Token>(token));
  }

  /// Is there a Connection of that client already? Nothing if it never connected; with a store: not in an earlier life
  /// of the server either. So a line can be written for a client that is away and has not come back since the start.
  std::optional<Connection> find(std::string_view id);

  /// The Connection of a client at once, whether or not it has ever connected: to write lines that wait for it.
  /// std::system_error with Error::unknown_client if the id is not expected.
  Connection mailbox(std::string_view id);

  /// Why nothing is acknowledged: the store's problem (disk full, locked, ...) in words; empty: there is none. Links
  /// stay up meanwhile, nothing accepted is lost, and all goes on when the store works again.
  std::string store_problem() const;

  /// Closes all connections at once and stops listening. Links and their queues stay; operations go on waiting.
  void close_all();

  /// Orderly stop: accepts no more lines, lets the application read what has arrived, waits up to `timeout` for
  /// outstanding acknowledgements, says goodbye to each client. What could not be delivered or read is in the report.
  asio::awaitable<StopReport> stop();

  /// Signature of the completion: void(std::error_code, StopReport).
  template <typename Token>
  auto stop(Token&& token) {
    return asio::async_initiate<Token, void(std::error_code, StopReport)>(
        [core = core_.get()](auto handler) {
          using Handler = std::decay_t<decltype(handler)>;
          detail::start_stop(*core,
                             detail::WaitingHandler<detail::StopWaiting, Handler, StopReport>::make(
                                 std::move(handler), detail::executor_of(*core), [](detail::StopWaiting& waiting) {
                                   detail::abort(waiting, asio::error::operation_aborted, StopReport{});
                                 }));
        },
        token);
  }

  /// Calls `handler` for each line of the clients that no readline() waits for, as a view valid during the call; the
  /// line is taken when it returns. One consumer for many links: no coroutine and no allocation per link.
  void on_line(std::function<void(const Connection&, std::string_view)> handler);

 private:
  template <typename Token>
  auto wait_for(std::string id, std::vector<std::string> peers, bool all_expected, Token&& token) {
    using Result = std::optional<Connection>;
    return asio::async_initiate<Token, void(std::error_code, Result)>(
        [core = core_.get(), all_expected](auto handler, const std::string& client,
                                           const std::vector<std::string>& others) {
          using Handler = std::decay_t<decltype(handler)>;
          detail::start_arrival(
              *core, client, others, all_expected,
              detail::WaitingHandler<detail::ArrivalWaiting, Handler, Result>::make(
                  std::move(handler), detail::executor_of(*core), [](detail::ArrivalWaiting& waiting) {
                    detail::abort(waiting, asio::error::operation_aborted, Result());
                  }));
        },
        token, std::move(id), std::move(peers));
  }

  std::shared_ptr<detail::ServerCore> core_;
};

}  // namespace tautline
