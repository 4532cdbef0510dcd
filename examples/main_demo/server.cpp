// The main demo's server: exchanges a small list with each of four clients, and prints what it gets.

#include "tautline/server/server.hpp"

#include <chrono>
#include <csignal>
#include <deque>
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

using nlohmann::json;

namespace {

struct Options {
  std::string address;
  std::uint16_t port = 8123;
  std::uint32_t timeout_ms = 1500;
  int period_ms = 5000;
  std::string record;
};

/// One instance for each client.
class App {
 public:
  App(asio::io_context& io, tautline::Server& server, main_demo::Record& record, std::string client_id, int period_ms)
      : io_(io), server_(server), record_(record), client_id_(std::move(client_id)), period_(period_ms) {
    asio::co_spawn(io_, start(), asio::detached);
  }

  void stop_writing() { stopping_ = true; }

 private:
  asio::awaitable<void> start() {
    tautline::Connection conn = co_await server_.client_conn(client_id_);  // pauses until the client has connected
    asio::co_spawn(io_, reader(conn), asio::detached);
    asio::co_spawn(io_, writer(conn), asio::detached);
  }

  asio::awaitable<void> reader(tautline::Connection conn) {
    for (;;) {
      const std::string line = co_await conn.readline();  // pauses until there is one, also through an outage
      const json data = json::parse(line, nullptr, false);
      if (!data.is_array() || data.empty() || !data[0].is_number_integer()) {
        std::cout << "From remote " << client_id_ << " came what is no list: " << line << std::endl;
        continue;
      }
      data_ = data;
      record_.received(client_id_, data_[0].get<long>());
      std::cout << "Got " << data_ << " from remote " << client_id_ << std::endl;
    }
  }

  asio::awaitable<void> writer(tautline::Connection conn) {
    asio::steady_timer timer(io_);
    for (long count = record_.next_number(client_id_); !stopping_; ++count) {
      data_[0] = count;
      record_.written(client_id_, count);
      std::cout << "Sent " << data_ << " to remote " << client_id_ << std::endl;
      co_await conn.write(data_.dump());  // returns when the client has it; may pause in an outage
      record_.acknowledged(client_id_, count);
      timer.expires_after(period_);
      co_await timer.async_wait(asio::use_awaitable);
    }
  }

  asio::io_context& io_;
  tautline::Server& server_;
  main_demo::Record& record_;
  const std::string client_id_;      // this instance talks to this client
  json data_ = json::array({0, 0});  // a list that is exchanged with the remote
  const std::chrono::milliseconds period_;
  bool stopping_ = false;
};

void show_link(const tautline::Connection& conn, bool up) {
  std::cout << "Link to remote " << conn.id() << (up ? " is up" : " is down") << std::endl;
}

asio::awaitable<int> stop_on_signal(asio::signal_set& signals, tautline::Server& server, std::deque<App>& apps) {
  const int signal = co_await signals.async_wait(asio::use_awaitable);
  std::cout << (signal == SIGINT ? "Interrupted" : "Told to stop") << std::endl;
  for (App& app : apps) app.stop_writing();
  const tautline::StopReport report = co_await server.stop();
  std::cout << "Stopped: " << report.unacknowledged << " lines not acknowledged, " << report.unread << " not read"
            << std::endl;
  co_return report.unacknowledged + report.unread == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) try {
  Options options;
  CLI::App command("The main demo's server, for clients with the ids 1 to 4", "main_demo_server");
  command.add_option("--address", options.address, "address to listen on (default: all interfaces)");
  command.add_option("--port", options.port, "TCP port; 0 picks a free one")->capture_default_str();
  command.add_option("--timeout", options.timeout_ms, "ms of silence after which a link is down")
      ->capture_default_str();
  command.add_option("--period", options.period_ms, "ms between two lines for a client")->capture_default_str();
  command.add_option("--record", options.record, "file to append a record of all lines to");
  CLI11_PARSE(command, argc, argv);

  asio::io_context io(1);
  main_demo::Record record(options.record);
  tautline::Server server(io.get_executor(), {.address = options.address,
                                              .port = options.port,
                                              .timeout_ms = options.timeout_ms,
                                              .expected = {"1", "2", "3", "4"},
                                              .on_link = show_link});
  std::cout << "listening on " << server.endpoint() << std::endl;
  std::deque<App> apps;
  for (const char* const id : {"1", "2", "3", "4"}) apps.emplace_back(io, server, record, id, options.period_ms);

  asio::signal_set signals(io, SIGINT, SIGTERM);
  int status = 0;
  asio::co_spawn(io, stop_on_signal(signals, server, apps), [&](const std::exception_ptr&, int result) {
    status = result;
    io.stop();
  });
  io.run();
  return status;
} catch (const std::exception& error) {
  std::cerr << "main_demo_server: " << error.what() << std::endl;
  return 3;
}
