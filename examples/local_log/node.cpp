// The local log's node: measures something now and then and sends it, one line of JSON each.

#include <chrono>
#include <cmath>
#include <exception>
#include <iostream>
#include <string>

#include <CLI/CLI.hpp>
#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/io_context.hpp>
#include <nlohmann/json.hpp>

#include "client_program.hpp"

using tautline::posix::AsyncClient;

namespace {

struct Options {
  example::ClientArguments client;
  int period_ms = 1000;
  long lines = 0;
};

/// There is no sensor here.
double temperature(long number) {
  return std::round(10 * (20 + 5 * std::sin(static_cast<double>(number) / 10))) / 10;
}

asio::awaitable<void> measure(AsyncClient& client, const Options& options, long& sent) {
  while (options.lines == 0 || sent < options.lines) {
    const nlohmann::json message = {{"n", sent}, {"temperature", temperature(sent)}};
    co_await client.write(message.dump());  // returns when the server has it; pauses in an outage
    ++sent;
    co_await example::pause(std::chrono::milliseconds(options.period_ms));
  }
}

asio::awaitable<int> run(AsyncClient& client, const Options& options) {
  using namespace asio::experimental::awaitable_operators;
  long sent = 0;
  co_await (measure(client, options, sent) || example::told_to_stop());
  co_await example::close(client);
  std::cout << "Stopped: " << sent << " lines sent" << std::endl;
  co_return 0;
}

}  // namespace

int main(int argc, char** argv) try {
  Options options;
  CLI::App command("The local log's node: sends a line of JSON now and then", "local_log_node");
  options.client.add_to(command);
  command.add_option("--period", options.period_ms, "ms between two lines")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command.add_option("--lines", options.lines, "ends after so many lines; 0: never")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  CLI11_PARSE(command, argc, argv);

  asio::io_context io(1);
  AsyncClient client(io.get_executor(), options.client.config());
  int status = 0;
  asio::co_spawn(io, run(client, options), [&](const std::exception_ptr& error, int result) {
    example::rethrow(error);
    status = result;
    io.stop();
  });
  io.run();
  return status;
} catch (const std::exception& error) {
  std::cerr << "local_log_node: " << error.what() << std::endl;
  return 3;
}
