// The server of the kill test: for each client it consumes numbered lines into a table of its own, in the transaction
// that takes them from the inbox, and writes numbered lines. What a write returned for it says on stdout:
//
//   durable_hub STORE PORT FIRST CLIENT...      "ready PORT", then "accepted CLIENT NUMBER" for each line
//
// FIRST: the number of the first line to each client. SIGUSR1: write no more. SIGTERM: orderly stop.

#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <sqlite3.h>

#include "tautline/server/server.hpp"
#include "tautline/store/sqlite_store.hpp"

namespace tautline::test {
namespace {

/// Not buffered: what was said before a SIGKILL was said.
void say(const std::string& text) {
  const std::string line = text + "\n";
  if (::write(STDOUT_FILENO, line.data(), line.size()) < 0) std::abort();
}

void record_effect(StoreTransaction& transaction, const std::string& client, const std::string& line) {
  sqlite3* const database = database_of(transaction);
  sqlite3_stmt* insert = nullptr;
  if (sqlite3_prepare_v2(database, "INSERT INTO effects (client, line) VALUES (?1, ?2)", -1, &insert, nullptr) !=
      SQLITE_OK) {
    throw std::runtime_error(sqlite3_errmsg(database));
  }
  sqlite3_bind_text(insert, 1, client.c_str(), -1, SQLITE_TRANSIENT);
  sqlite3_bind_text(insert, 2, line.c_str(), -1, SQLITE_TRANSIENT);
  const int result = sqlite3_step(insert);
  sqlite3_finalize(insert);
  if (result != SQLITE_DONE) throw std::runtime_error(sqlite3_errmsg(database));
}

class Hub {
 public:
  Hub(asio::io_context& io, const std::string& store, std::uint16_t port, long first, std::vector<std::string> clients)
      : io_(io), signals_(io, SIGUSR1, SIGTERM), server_(io.get_executor(), options(store, port, clients)) {
    for (const std::string& client : clients) {
      asio::co_spawn(io_, consume(client), &Hub::rethrow);
      asio::co_spawn(io_, produce(client, first), &Hub::rethrow);
    }
    asio::co_spawn(io_, obey(), &Hub::rethrow);
    say("ready " + std::to_string(server_.port()));
  }

 private:
  static void rethrow(const std::exception_ptr& error) {
    if (error) std::rethrow_exception(error);
  }

  static ServerOptions options(const std::string& store, std::uint16_t port, const std::vector<std::string>& clients) {
    ServerOptions options;
    options.address = "127.0.0.1";
    options.port = port;
    options.timeout_ms = 300;
    options.expected = clients;
    options.store = SqliteStore{store};
    return options;
  }

  asio::awaitable<void> consume(std::string client) {
    Connection connection = co_await server_.client_conn(client);
    for (;;) {
      const std::string line = co_await connection.readline();
      co_await connection.accept([&](StoreTransaction& transaction) { record_effect(transaction, client, line); });
    }
  }

  asio::awaitable<void> produce(std::string client, long number) {
    Connection connection = co_await server_.client_conn(client);
    asio::steady_timer pause(io_);
    for (; !stopping_; ++number) {
      co_await connection.write(std::to_string(number), {true, false});
      say("accepted " + client + " " + std::to_string(number));
      pause.expires_after(std::chrono::milliseconds(1));
      co_await pause.async_wait(asio::use_awaitable);
    }
    while (connection.unacknowledged() != 0) {
      pause.expires_after(std::chrono::milliseconds(5));
      co_await pause.async_wait(asio::use_awaitable);
    }
    say("drained " + client);
  }

  asio::awaitable<void> obey() {
    int number = 0;  // (GCC 12 makes wrong code of co_await in a loop's condition)
    while (number != SIGTERM) {
      number = co_await signals_.async_wait(asio::use_awaitable);
      stopping_ = true;
    }
    co_await server_.stop();
    io_.stop();
  }

  asio::io_context& io_;
  asio::signal_set signals_;  ///< before "ready": a signal must not kill
  Server server_;
  bool stopping_ = false;
};

}  // namespace
}  // namespace tautline::test

int main(int argc, char** argv) {
  if (argc < 5) return 2;
  try {
    asio::io_context io(1);
    const tautline::test::Hub hub(io, argv[1], static_cast<std::uint16_t>(std::atoi(argv[2])), std::atol(argv[3]),
                                  {argv + 4, argv + argc});
    io.run();
  } catch (const std::exception& error) {
    tautline::test::say(std::string("failed ") + error.what());
    return 1;
  }
  return 0;
}
