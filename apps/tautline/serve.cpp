#include "serve.hpp"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <deque>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/redirect_error.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>

#include "descriptor_wait.hpp"
#include "line_input.hpp"
#include "line_output.hpp"
#include "message.hpp"
#include "tautline/core/limits.hpp"
#include "tautline/server/server.hpp"
#include "tautline/store/sqlite_store.hpp"

namespace tautline::cli {
namespace {

/// Per client: lines of the input that the link has not taken yet. When one client's are full the input is not read.
constexpr std::size_t max_queued_lines = 1024;
constexpr std::size_t max_queued_bytes = 256 * 1024;
/// How often the end of a program looks whether everything was acknowledged.
constexpr auto look_interval = std::chrono::milliseconds(10);

/// Something to wait for that other coroutines of the same thread announce.
class Announcement {
 public:
  explicit Announcement(const asio::any_io_executor& executor) : timer_(executor) {
    timer_.expires_at(asio::steady_timer::time_point::max());
  }
  asio::awaitable<void> wait() {
    std::error_code cancelled;  // that is the announcement
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
  }
  void announce() { timer_.cancel(); }

 private:
  asio::steady_timer timer_;
};

/// A line of the input on its way to a client.
struct QueuedLine {
  std::string text;
  std::uint64_t number = 0;
};

/// One client of the server.
struct Peer {
  Peer(const asio::any_io_executor& executor, std::string client) : id(std::move(client)), changed(executor) {}

  bool full() const { return queue.size() >= max_queued_lines || bytes >= max_queued_bytes; }
  /// Lines taken from the input that the client has not acknowledged.
  std::size_t unacknowledged(bool queue_holds_them) const {
    return queue.size() + (queue_holds_them || !connection ? 0 : connection->unacknowledged());
  }

  const std::string id;
  std::optional<Connection> connection;  ///< none before it connected for the first time
  std::deque<QueuedLine> queue;          ///< the front is being written
  std::size_t bytes = 0;
  Announcement changed;  ///< the queue got its first line, or has room again
  bool told_full = false;
  bool holds_unprinted = false;  ///< a line was handed out that stdout did not take
};

class Application {
 public:
  explicit Application(const ServeOptions& options)
      : options_(options),
        server_(io_.get_executor(), server_options()),
        input_(STDIN_FILENO, max_id_bytes + 1 + options.max_line),
        input_wait_(io_.get_executor(), STDIN_FILENO, EPOLLIN),
        output_wait_(io_.get_executor(), STDOUT_FILENO, EPOLLOUT),
        signals_(io_, SIGINT, SIGTERM, SIGHUP) {
    for (const std::string& id : options.expect) {
      if (find(id) == nullptr) peers_.emplace_back(io_.get_executor(), id);
    }
  }

  ExitStatus run();

 private:
  ServerOptions server_options();
  Peer* find(std::string_view id);
  void spawn(asio::awaitable<void> task);
  asio::awaitable<void> attend(Peer& peer);
  asio::awaitable<void> receive(Peer& peer, Connection connection);
  asio::awaitable<void> send(Peer& peer, Connection connection);
  asio::awaitable<void> read_input();
  asio::awaitable<void> handle(InputLine line);
  asio::awaitable<void> handle_signals();
  asio::awaitable<void> drain(bool patient);
  asio::awaitable<void> end(bool patient);
  void skip(ExitStatus status, const std::string& why);
  std::size_t report_unacknowledged() const;
  void finish(ExitStatus status);

  bool durable() const { return !options_.store.empty(); }
  /// Is a line done only when the client has acknowledged it?
  bool waits() const { return !options_.no_wait && !durable(); }

  const ServeOptions& options_;
  asio::io_context io_{1};
  std::deque<Peer> peers_;
  Server server_;
  LineInput input_;
  LineOutput output_{STDOUT_FILENO};
  DescriptorWait input_wait_;
  DescriptorWait output_wait_;
  asio::signal_set signals_;
  std::optional<ExitStatus> skipped_;  ///< what is wrong with the first line that was skipped
  ExitStatus status_ = ExitStatus::done;
  bool ending_ = false;
  bool line_waits_ = false;  ///< a line of the input waits for room in its client's queue
};

ServerOptions Application::server_options() {
  ServerOptions result;
  result.address = options_.address;
  result.port = options_.port;
  result.timeout_ms = options_.timeout_ms;
  result.expected = options_.expect;
  result.max_line = options_.max_line;
  result.outbox_bytes = std::max<std::size_t>(result.outbox_bytes, options_.max_line);
  result.verbose = options_.verbose;
  if (durable()) result.store = SqliteStore{options_.store};
  result.on_link = [](const Connection& connection, bool up) {
    say("client '" + std::string(connection.id()) + (up ? "': link up" : "': link down"));
  };
  return result;
}

Peer* Application::find(std::string_view id) {
  const auto found = std::find_if(peers_.begin(), peers_.end(), [&](const Peer& peer) { return peer.id == id; });
  return found == peers_.end() ? nullptr : &*found;
}

void Application::spawn(asio::awaitable<void> task) {
  asio::co_spawn(io_, std::move(task), asio::detached);
}

// ---- one client ---------------------------------------------------------------------------------

asio::awaitable<void> Application::attend(Peer& peer) {
  // With a store, lines from and for a client go on before it is back.
  const Connection connection = durable() ? server_.mailbox(peer.id) : co_await server_.client_conn(peer.id);
  peer.connection = connection;
  spawn(receive(peer, connection));
  spawn(send(peer, connection));
}

asio::awaitable<void> Application::receive(Peer& peer, Connection connection) {
  const std::string prefix = peer.id + "\t";
  while (true) {
    const std::string line = co_await connection.readline();
    peer.holds_unprinted = true;
    while (!output_.ready() && output_.error() == 0) co_await output_wait_.wait();
    if (output_.error() != 0 || !output_.write(prefix, line)) {
      if (!ending_) spawn(end(false));
      co_return;
    }
    peer.holds_unprinted = false;
    connection.accept();  // not before it is written
  }
}

asio::awaitable<void> Application::send(Peer& peer, Connection connection) {
  const WriteOptions how{options_.qos != 0, waits()};
  while (true) {
    while (peer.queue.empty()) co_await peer.changed.wait();
    const QueuedLine& line = peer.queue.front();
    std::error_code error;
    co_await connection.write(line.text, how, asio::redirect_error(asio::use_awaitable, error));
    if (error == Error::too_long) {
      skip(ExitStatus::bad_input, too_long_complaint(line.number, line.text.size(), connection.max_line()));
    } else if (error == Error::empty || error == Error::not_utf8) {
      skip(ExitStatus::bad_input, "input line " + std::to_string(line.number) + ": skipped, client '" + peer.id +
                                      "' speaks protocol 1: " + error.message());
    } else if (error) {
      co_return;  // stopping: the line stays in the queue, to be reported
    }
    const bool was_full = peer.full();
    peer.bytes -= line.text.size();
    peer.queue.pop_front();
    if (was_full) peer.changed.announce();
    if (peer.queue.empty()) peer.told_full = false;
  }
}

// ---- the input ----------------------------------------------------------------------------------

void Application::skip(ExitStatus status, const std::string& why) {
  say(why);
  if (!skipped_) skipped_ = status;
}

asio::awaitable<void> Application::handle(InputLine line) {
  const std::string here = "input line " + std::to_string(line.number) + ": skipped, ";
  if (line.problem != InputLine::Problem::none) {
    skip(ExitStatus::bad_input, complaint(line, options_.max_line));
    co_return;
  }
  const std::size_t tab = line.text.find('\t');
  if (tab == std::string_view::npos) {
    skip(ExitStatus::bad_input, here + "it has no TAB: a line for a client is its id, TAB, the text");
    co_return;
  }
  const std::string_view text = line.text.substr(tab + 1);
  Peer* const peer = find(line.text.substr(0, tab));
  if (peer == nullptr) {
    skip(ExitStatus::unknown_client,
         here + "client '" + std::string(line.text.substr(0, std::min(tab, max_id_bytes))) + "' is not in --expect");
    co_return;
  }
  if (text.size() > options_.max_line) {
    skip(ExitStatus::bad_input, too_long_complaint(line.number, text.size(), options_.max_line));
    co_return;
  }
  while (peer->full()) {
    if (!peer->told_full) {
      say("client '" + peer->id + "': " + lines(peer->queue.size()) + " wait for it, the input is not read meanwhile");
    }
    peer->told_full = true;
    line_waits_ = true;
    co_await peer->changed.wait();
  }
  line_waits_ = false;
  peer->queue.push_back({std::string(text), line.number});
  peer->bytes += text.size();
  if (peer->queue.size() == 1) peer->changed.announce();
}

asio::awaitable<void> Application::read_input() {
  InputLine line;
  while (!ending_) {
    if (input_.next(line)) {
      co_await handle(line);
    } else if (input_.ended()) {
      break;
    } else {
      co_await input_wait_.wait();
      if (!ending_) input_.fill();
    }
  }
  if (input_.error() != 0) say(std::string("cannot read stdin: ") + std::strerror(input_.error()));
  if (options_.once && !ending_) co_await end(true);
}

// ---- the end ------------------------------------------------------------------------------------

/// Waits until all clients have acknowledged everything; not patient: for one timeout, and only for clients whose link
/// is up.
asio::awaitable<void> Application::drain(bool patient) {
  asio::steady_timer timer(io_);
  const auto deadline = asio::steady_timer::clock_type::now() + std::chrono::milliseconds(options_.timeout_ms);
  const auto busy = [&](const Peer& peer) {
    const bool can_go_on = patient || (peer.connection && peer.connection->status());
    return can_go_on && peer.unacknowledged(waits()) != 0;
  };
  while (std::any_of(peers_.begin(), peers_.end(), busy)) {
    if (!patient && asio::steady_timer::clock_type::now() >= deadline) break;
    timer.expires_after(look_interval);
    co_await timer.async_wait(asio::use_awaitable);
  }
}

/// The orderly end. Patient: at the end of the input; else by SIGTERM, or because stdout is closed.
asio::awaitable<void> Application::end(bool patient) {
  if (patient) {
    co_await drain(true);
    if (ending_) co_return;
  }
  ending_ = true;
  co_await drain(false);
  const StopReport report = co_await server_.stop();
  const std::size_t unacknowledged = report_unacknowledged();
  const auto unprinted = static_cast<std::size_t>(durable() ? 0 : report.unread) +
                         static_cast<std::size_t>(std::count_if(peers_.begin(), peers_.end(),
                                                                [](const Peer& peer) { return peer.holds_unprinted; }));
  if (output_.error() != 0) {
    say(std::string("stdout: ") + std::strerror(output_.error()) + ": ends");
  }
  if (unprinted != 0) say("received and not printed: " + lines(unprinted));
  finish(output_.error() != 0                    ? ExitStatus::output_closed
         : unacknowledged != 0 || unprinted != 0 ? ExitStatus::unacknowledged
         : input_.error() != 0                   ? ExitStatus::failed
                                                 : skipped_.value_or(ExitStatus::done));
}

std::size_t Application::report_unacknowledged() const {
  std::size_t total = 0;
  for (const Peer& peer : peers_) {
    if (durable() && peer.connection && peer.connection->unacknowledged() != 0) {
      say("client '" + peer.id + "': " + lines(peer.connection->unacknowledged()) +
          " in the store, to be sent after the next start");
    }
    const std::size_t count = durable() ? peer.queue.size() : peer.unacknowledged(waits());
    total += count;
    if (count != 0) say("client '" + peer.id + "': " + lines(count) + " not acknowledged");
  }
  for (const Peer& peer : peers_) {
    if (peer.holds_unprinted) say("client '" + peer.id + "': a line that it sent was not printed");
  }
  const bool rest = line_waits_ || input_.has_rest();
  if (rest) say("input lines behind these were not sent");
  return total + (rest ? 1 : 0);
}

void Application::finish(ExitStatus status) {
  status_ = status;
  io_.stop();
}

asio::awaitable<void> Application::handle_signals() {
  for (bool first = true;; first = false) {
    const int number = co_await signals_.async_wait(asio::use_awaitable);
    if (number != SIGINT && first && !ending_) {
      spawn(end(false));
      continue;
    }
    ending_ = true;
    server_.close_all();
    const std::size_t unacknowledged = report_unacknowledged();
    say(unacknowledged == 0 ? "interrupted: everything sent was acknowledged" : "interrupted");
    finish(number == SIGINT ? ExitStatus::interrupted : ExitStatus::unacknowledged);
    co_return;
  }
}

ExitStatus Application::run() {
  // Without a prefix: programs that start a server read the port from this line.
  // In one write, so that none reads half of it.
  std::cerr << "listening on " + server_.endpoint() + "\n";
  spawn(handle_signals());
  for (Peer& peer : peers_) spawn(attend(peer));
  spawn(read_input());
  io_.run();
  return status_;
}

}  // namespace

ExitStatus serve(const ServeOptions& options) {
  std::optional<Application> application;
  try {
    application.emplace(options);
  } catch (const std::invalid_argument& error) {
    say(error.what());
    return ExitStatus::usage;
  } catch (const std::system_error& error) {
    say(error.what());
    return ExitStatus::cannot_listen;
  } catch (const StoreError& error) {
    say(error.what());
    return ExitStatus::cannot_listen;
  }
  return application->run();
}

}  // namespace tautline::cli
