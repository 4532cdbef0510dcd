// The server of the outage tests: exchanges numbered lines with the client "node" and records every one.
//
//   outage_hub RECORD LIFE READ_LIMIT
//
// READ_LIMIT: the application reads so many lines, then no more; 0: all. SIGUSR1: write no more. SIGTERM: orderly stop.

#include <csignal>
#include <cstdio>
#include <exception>
#include <string>

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>
#include <asio/use_awaitable.hpp>

#include "record.hpp"
#include "tautline/server/server.hpp"
#include "writer.hpp"

namespace tautline::test {
namespace {

class Hub {
 public:
  Hub(asio::io_context& io, const std::string& record, long life, long read_limit)
      : io_(io),
        record_(record),
        read_limit_(read_limit),
        server_(io.get_executor(), options()),
        writer_(io, record_, life, 200,
                [this](std::string text, Writer::Done done) { node_.write(std::move(text), {}, std::move(done)); }) {
    asio::co_spawn(io_, run(), asio::detached);
    asio::co_spawn(io_, obey(), asio::detached);
    record_.note("started");
  }

 private:
  ServerOptions options() {
    ServerOptions options;
    options.timeout_ms = outage_timeout_ms;
    options.expected = {"node"};
    options.on_link = [this](const Connection&, bool up) { record_.link(up, "-"); };
    return options;
  }

  asio::awaitable<void> run() {
    node_ = co_await server_.client_conn("node");
    writer_.start();
    for (long count = 0; read_limit_ == 0 || count < read_limit_; ++count) {
      const std::string line = co_await node_.readline();
      record_.received(line);
    }
  }

  asio::awaitable<void> obey() {
    asio::signal_set signals(io_, SIGUSR1, SIGTERM);
    int number = 0;  // (GCC 12 makes wrong code of co_await in a loop's condition)
    while (number != SIGTERM) {
      number = co_await signals.async_wait(asio::use_awaitable);
      writer_.stop();
    }
    writer_.stop();
    const StopReport report = co_await server_.stop();
    record_.note("stopped " + std::to_string(report.unacknowledged) + " " + std::to_string(report.unread) + " " +
                 std::to_string(report.not_parted));
    io_.stop();
  }

  asio::io_context& io_;
  Record record_;
  const long read_limit_;
  Server server_;
  Connection node_;
  Writer writer_;
};

}  // namespace
}  // namespace tautline::test

int main(int argc, char** argv) try {
  if (argc != 4) {
    std::fprintf(stderr, "usage: outage_hub RECORD LIFE READ_LIMIT\n");
    return 2;
  }
  asio::io_context io(1);
  tautline::test::Hub hub(io, argv[1], std::stol(argv[2]), std::stol(argv[3]));
  io.run();
} catch (const std::exception& error) {
  std::fprintf(stderr, "outage_hub: %s\n", error.what());
  return 1;
}
