// The qos demo's server: numbers its lines, and checks the numbers of the client's.

#include "tautline/server/server.hpp"

#include <chrono>
#include <cmath>
#include <cstdint>
#include <exception>
#include <iostream>
#include <string>

#include <CLI/CLI.hpp>
#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <nlohmann/json.hpp>

#include "memory.hpp"
#include "number_check.hpp"
#include "server_program.hpp"

using nlohmann::json;
using std::chrono::steady_clock;

namespace {

constexpr const char* client_id = "qos";

struct Options {
  example::ServerArguments server;
  int period_ms = 100;
  std::string memory;
};

/// What this program keeps when it is stopped and started again: where its numbers stand.
struct Memory {
  long sent = 0;
  example::NumberCheck check;
  std::uint32_t boot = 0;  ///< the client's life; 0: it never wrote
  int reboots = 0;
  int starts = 0;
  double uptime_s = 0;

  NLOHMANN_DEFINE_TYPE_INTRUSIVE(Memory, sent, check, boot, reboots, starts, uptime_s)
};

class App {
 public:
  App(asio::io_context& io, tautline::Server& server, const Options& options)
      : io_(io), server_(server), options_(options), memory_(qos_demo::load<Memory>(options.memory)) {
    ++memory_.starts;
    asio::co_spawn(io_, start(), example::rethrow);
  }

  asio::awaitable<int> stop_on_signal() {
    co_await example::told_to_stop();
    // A line that the client has not acknowledged when the server ends would be lost: let the last one arrive.
    stopping_ = true;
    co_await example::wait_until([this] { return !writing_; }, std::chrono::seconds(10));
    const tautline::StopReport left = co_await server_.stop();
    memory_.uptime_s += std::chrono::duration<double>(steady_clock::now() - started_).count();
    qos_demo::save(options_.memory, memory_);
    std::cout << "Stopped: " << left.unacknowledged << " lines not acknowledged, " << left.unread << " not read\n"
              << "report: " << text() << std::endl;
    co_return left.unacknowledged + left.unread == 0 && memory_.check.all_well() ? 0 : 1;
  }

 private:
  asio::awaitable<void> start() {
    tautline::Connection conn = co_await server_.client_conn(client_id);  // pauses until the client has connected
    asio::co_spawn(io_, read_numbers(conn), example::rethrow);
    asio::co_spawn(io_, write_numbers(conn), example::rethrow);
  }

  asio::awaitable<void> write_numbers(tautline::Connection conn) {
    writing_ = true;
    while (!stopping_ && !client_ended_) {
      const json message = {{"number", memory_.sent}};
      co_await conn.write(message.dump());  // returns when the client has it
      ++memory_.sent;
      if (!stopping_) co_await example::pause(std::chrono::milliseconds(options_.period_ms));
    }
    const json last = {{"end", memory_.sent}};
    if (client_ended_) co_await conn.write(last.dump());
    writing_ = false;
  }

  asio::awaitable<void> read_numbers(tautline::Connection conn) {
    for (;;) {
      const json message = json::parse(co_await conn.readline());  // pauses until there is one
      const auto boot = message.at("boot").get<std::uint32_t>();
      if (boot != memory_.boot) begin_life(boot, message.value("before", json::array()));
      if (message.contains("end")) {
        memory_.check.ended(message["end"].get<long>());
        client_ended_ = true;
      } else {
        memory_.check.received(message.at("number").get<long>());
      }
    }
  }

  /// `before`: an earlier life, and the last number of it that was acknowledged to the client.
  void begin_life(std::uint32_t boot, const json& before) {
    if (memory_.boot != 0) {
      ++memory_.reboots;
      std::cout << "The client has rebooted" << std::endl;
      // What was acknowledged is safe; what was not may be lost.
      if (before.size() == 2 && before[0] == memory_.boot) memory_.check.ended(before[1].get<long>() + 1);
      memory_.check.begin_again();
    }
    memory_.boot = boot;
  }

  std::string text() const {
    return "sent=" + std::to_string(memory_.sent) + ' ' + memory_.check.text() +
           " reboots=" + std::to_string(memory_.reboots) + " starts=" + std::to_string(memory_.starts) +
           " uptime_s=" + std::to_string(std::lround(memory_.uptime_s));
  }

  asio::io_context& io_;
  tautline::Server& server_;
  const Options& options_;
  const steady_clock::time_point started_ = steady_clock::now();
  Memory memory_;
  bool stopping_ = false;
  bool client_ended_ = false;
  bool writing_ = false;
};

}  // namespace

int main(int argc, char** argv) try {
  Options options;
  CLI::App command("The qos demo's server, for a client with the id qos", "qos_server");
  options.server.add_to(command);
  command.add_option("--period", options.period_ms, "ms between two lines")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command.add_option("--memory", options.memory, "file to go on from after an orderly stop");
  CLI11_PARSE(command, argc, argv);

  asio::io_context io(1);
  tautline::Server server(io.get_executor(), {.address = options.server.address,
                                              .port = options.server.port,
                                              .timeout_ms = options.server.timeout_ms,
                                              .expected = {client_id},
                                              .on_link = example::show_link});
  std::cout << "listening on " << server.endpoint() << std::endl;
  App app(io, server, options);
  int status = 0;
  asio::co_spawn(io, app.stop_on_signal(), [&](const std::exception_ptr& error, int result) {
    example::rethrow(error);
    status = result;
    io.stop();
  });
  io.run();
  return status;
} catch (const std::exception& error) {
  std::cerr << "qos_server: " << error.what() << std::endl;
  return 3;
}
