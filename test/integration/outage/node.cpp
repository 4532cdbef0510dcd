// The client of the outage tests: exchanges numbered lines with the server and records every one.
//
//   outage_node RECORD SERVER
//
// SIGUSR1: write no more.

#include <csignal>
#include <cstdio>
#include <exception>
#include <string>

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>

#include "record.hpp"
#include "tautline/posix/async_client.hpp"
#include "writer.hpp"

namespace tautline::test {
namespace {

class Node {
 public:
  Node(asio::io_context& io, const std::string& record, const std::string& server)
      : record_(record),
        signals_(io, SIGUSR1),
        client_(io.get_executor(), config(server)),
        writer_(io, record_, 1, 60,
                [this](std::string text, Writer::Done done) { client_.write(std::move(text), {}, std::move(done)); }) {
    writer_.start();
    asio::co_spawn(io, read(), asio::detached);
    signals_.async_wait([this](std::error_code error, int) {
      if (!error) writer_.stop();
    });
    record_.note("started");
  }

 private:
  posix::AsyncClientConfig config(const std::string& server) {
    posix::AsyncClientConfig config;
    config.my_id = "node";
    config.server = server;
    config.timeout_ms = outage_timeout_ms;
    config.conn_cb = [this](bool up, Reason reason) { record_.link(up, to_string(reason)); };
    return config;
  }

  asio::awaitable<void> read() {
    for (;;) {
      const std::string line = co_await client_.readline();
      record_.received(line);
    }
  }

  Record record_;
  asio::signal_set signals_;
  posix::AsyncClient client_;
  Writer writer_;
};

}  // namespace
}  // namespace tautline::test

int main(int argc, char** argv) try {
  if (argc != 3) {
    std::fprintf(stderr, "usage: outage_node RECORD SERVER\n");
    return 2;
  }
  asio::io_context io(1);
  tautline::test::Node node(io, argv[1], argv[2]);
  io.run();
} catch (const std::exception& error) {
  std::fprintf(stderr, "outage_node: %s\n", error.what());
  return 1;
}
