// A client of the kill test. It writes numbered lines and says what became of them on stdout:
//
//   durable_node PORT ID FIRST      "acknowledged ID NUMBER" and "got ID NUMBER" for each line
//
// FIRST: the number of its first line. SIGUSR1: write no more, say "drained ID" when all is acknowledged.

#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <string>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>

#include "tautline/posix/async_client.hpp"

namespace tautline::test {
namespace {

constexpr int writers = 8;

/// Not buffered: what was said before a SIGKILL was said.
void say(const std::string& text) {
  const std::string line = text + "\n";
  if (::write(STDOUT_FILENO, line.data(), line.size()) < 0) std::abort();
}

class Node {
 public:
  Node(asio::io_context& io, std::uint16_t port, std::string id, long first)
      : io_(io), signals_(io, SIGUSR1), id_(std::move(id)), next_(first), client_(io.get_executor(), config(port)) {
    asio::co_spawn(io_, read(), &Node::rethrow);
    for (int i = 0; i < writers; ++i) asio::co_spawn(io_, write(), &Node::rethrow);
    asio::co_spawn(io_, obey(), &Node::rethrow);
  }

 private:
  static void rethrow(const std::exception_ptr& error) {
    if (error) std::rethrow_exception(error);
  }

  posix::AsyncClientConfig config(std::uint16_t port) const {
    posix::AsyncClientConfig config;
    config.my_id = id_;
    config.server = "127.0.0.1";
    config.port = port;
    config.timeout_ms = 300;
    return config;
  }

  /// A line is taken, and acknowledged, with the next readline(): after it was said.
  asio::awaitable<void> read() {
    for (;;) say("got " + id_ + " " + co_await client_.readline());
  }

  /// Numbers are given and queued in one step: the queue is in their order.
  asio::awaitable<void> write() {
    asio::steady_timer pause(io_);
    while (!stopping_) {
      const std::string number = std::to_string(next_++);
      co_await client_.write(number);
      say("acknowledged " + id_ + " " + number);
      pause.expires_after(std::chrono::milliseconds(2));
      co_await pause.async_wait(asio::use_awaitable);
    }
    if (++ended_ == writers) say("drained " + id_);
  }

  asio::awaitable<void> obey() {
    co_await signals_.async_wait(asio::use_awaitable);
    stopping_ = true;
  }

  asio::io_context& io_;
  asio::signal_set signals_;
  const std::string id_;
  long next_;
  posix::AsyncClient client_;
  bool stopping_ = false;
  int ended_ = 0;
};

}  // namespace
}  // namespace tautline::test

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  try {
    asio::io_context io(1);
    const tautline::test::Node node(io, static_cast<std::uint16_t>(std::atoi(argv[1])), argv[2], std::atol(argv[3]));
    io.run();
  } catch (const std::exception& error) {
    tautline::test::say(std::string("failed ") + error.what());
    return 1;
  }
  return 0;
}
