// The main demo's client: exchanges a small list with the server, and prints what it gets.

#include <chrono>
#include <csignal>
#include <exception>
#include <iostream>
#include <string>

#include <CLI/CLI.hpp>
#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <nlohmann/json.hpp>

#include "record.hpp"
#include "tautline/posix/async_client.hpp"

using nlohmann::json;
using std::chrono::milliseconds;
using tautline::posix::AsyncClient;
using tautline::posix::AsyncClientConfig;

namespace {

struct Options {
  std::string id = "1";
  std::string server = "localhost";
  std::uint16_t port = 8123;
  std::uint32_t timeout_ms = 1500;
  int period_ms = 5000;
  int linger_ms = 0;
  std::string record;
};

class App {
 public:
  App(asio::io_context& io, const Options& options)
      : io_(io),
        options_(options),
        record_(options.record),
        client_(io.get_executor(), AsyncClientConfig{.my_id = options.id,
                                                     .server = options.server,
                                                     .port = options.port,
                                                     .timeout_ms = options.timeout_ms,
                                                     .conn_cb = [this](bool up, auto reason) { state(up, reason); }}) {
    asio::co_spawn(io_, start(), asio::detached);
  }

  /// Writes no more and goes on reading, until everything is acknowledged and the server has closed; the latter at most
  /// for linger_ms.
  asio::awaitable<int> stop() {
    stopping_ = true;
    const auto now = [] { return std::chrono::steady_clock::now(); };
    const auto drained_by = now() + milliseconds(std::max(options_.linger_ms, static_cast<int>(options_.timeout_ms)));
    const auto lingers_until = now() + milliseconds(options_.linger_ms);
    while (client_.unacknowledged() != 0 && now() < drained_by) co_await pause(milliseconds(10));
    const std::uint32_t left = client_.unacknowledged();
    while (client_.status() && now() < lingers_until) co_await pause(milliseconds(10));
    client_.close();
    for (int i = 0; i < 50 && client_.state() != tautline::LinkState::closed; ++i) co_await pause(milliseconds(10));
    std::cout << "Stopped: " << left << " lines not acknowledged" << std::endl;
    co_return left == 0 ? 0 : 1;
  }

 private:
  asio::awaitable<void> start() {
    co_await client_.up();  // pauses until the client has connected to the server
    asio::co_spawn(io_, reader(), asio::detached);
    asio::co_spawn(io_, writer(), asio::detached);
  }

  void state(bool up, tautline::Reason reason) {
    std::cout << "Link is " << (up ? "up" : std::string("down: ") + to_string(reason)) << std::endl;
  }

  asio::awaitable<void> reader() {
    for (;;) {
      const std::string line = co_await client_.readline();  // pauses until there is one
      const json data = json::parse(line, nullptr, false);
      if (!data.is_array() || data.empty() || !data[0].is_number_integer()) {
        std::cout << "From the server came what is no list: " << line << std::endl;
        continue;
      }
      record_.received(options_.id, data[0].get<long>());
      std::cout << "Got " << data << " from server app" << std::endl;
    }
  }

  asio::awaitable<void> writer() {
    json data = json::array({0, 0});
    for (long count = record_.next_number(options_.id); !stopping_; ++count) {
      data[0] = count;
      data[1] = client_.connects();
      record_.written(options_.id, count);
      std::cout << "Sent " << data << " to server app" << std::endl;
      co_await client_.write(data.dump());  // returns when the server has it; may pause in an outage
      record_.acknowledged(options_.id, count);
      co_await pause(milliseconds(options_.period_ms));
    }
  }

  asio::awaitable<void> pause(milliseconds time) {
    asio::steady_timer timer(io_, time);
    co_await timer.async_wait(asio::use_awaitable);
  }

  asio::io_context& io_;
  const Options& options_;
  main_demo::Record record_;
  AsyncClient client_;
  bool stopping_ = false;
};

asio::awaitable<int> stop_on_signal(asio::signal_set& signals, App& app) {
  co_await signals.async_wait(asio::use_awaitable);
  co_return co_await app.stop();
}

}  // namespace

int main(int argc, char** argv) try {
  Options options;
  CLI::App command("The main demo's client", "main_demo_client");
  command.add_option("--id", options.id, "1 to 4")->check(CLI::IsMember({"1", "2", "3", "4"}))->capture_default_str();
  command.add_option("--server", options.server, "host name or address of the server")->capture_default_str();
  command.add_option("--port", options.port, "its TCP port")->capture_default_str();
  command.add_option("--timeout", options.timeout_ms, "ms of silence after which the link is down")
      ->capture_default_str();
  command.add_option("--period", options.period_ms, "ms between two lines")->capture_default_str();
  command.add_option("--linger", options.linger_ms, "ms to go on reading after a signal, unless the server closes")
      ->capture_default_str();
  command.add_option("--record", options.record, "file to append a record of all lines to");
  CLI11_PARSE(command, argc, argv);

  asio::io_context io(1);
  asio::signal_set signals(io, SIGINT, SIGTERM);
  App app(io, options);
  int status = 0;
  asio::co_spawn(io, stop_on_signal(signals, app), [&](const std::exception_ptr&, int result) {
    status = result;
    io.stop();
  });
  io.run();
  return status;
} catch (const std::exception& error) {
  std::cerr << "main_demo_client: " << error.what() << std::endl;
  return 1;
}
