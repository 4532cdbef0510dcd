// The relay demo's client: `bob hello` on stdin says hello to the client bob; what others say is printed.

#include <chrono>
#include <exception>
#include <iostream>
#include <string>
#include <system_error>

#include <CLI/CLI.hpp>
#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/io_context.hpp>
#include <nlohmann/json.hpp>

#include "client_program.hpp"
#include "line_input.hpp"

using nlohmann::json;
using tautline::posix::AsyncClient;

namespace {

struct Counts {
  long sent = 0;
  long received = 0;
  long errors = 0;
};

asio::awaitable<void> send(AsyncClient& client, relay_demo::LineInput& input, Counts& counts) {
  for (std::string line; co_await input.next(line);) {
    const std::size_t space = line.find(' ');
    if (space == std::string::npos || space == 0) {
      if (!line.empty()) std::cerr << "relay_client: use ID TEXT, as in: bob hello" << std::endl;
      continue;
    }
    const json message = {{"to", line.substr(0, space)}, {"text", line.substr(space + 1)}};
    // Bytes that are no UTF-8 are replaced.
    std::string text = message.dump(-1, ' ', false, json::error_handler_t::replace);
    try {
      co_await client.write(std::move(text));  // returns when the server has it; pauses in an outage
      ++counts.sent;
    } catch (const std::system_error& error) {
      if (error.code() != tautline::Error::too_long) throw;
      std::cerr << "relay_client: not sent: " << error.code().message() << std::endl;
    }
  }
}

asio::awaitable<void> receive(AsyncClient& client, Counts& counts) {
  for (;;) {
    const std::string line = co_await client.readline();  // pauses until there is one; takes the one before
    const json message = json::parse(line, nullptr, false);
    const auto text = [&](const char* key) {
      const json value = message.is_object() ? message.value(key, json()) : json();
      return value.is_string() ? value.get<std::string>() : std::string();
    };
    if (!text("error").empty()) {
      ++counts.errors;
      std::cout << "error: " << text("error") << std::endl;
    } else {
      ++counts.received;
      std::cout << text("from") << ": " << text("text") << std::endl;
    }
  }
}

asio::awaitable<int> run(AsyncClient& client, const bool& server_stopped) {
  using namespace asio::experimental::awaitable_operators;
  relay_demo::LineInput input(co_await asio::this_coro::executor);
  Counts counts;
  // At the end of its input it goes on to listen, until a signal comes or the server stops.
  co_await ((send(client, input, counts) && receive(client, counts)) || example::told_to_stop() ||
            example::wait_until([&] { return server_stopped; }, std::chrono::hours(24 * 365)));
  const std::uint32_t left = client.unacknowledged();
  co_await example::close(client);
  std::cout << "Stopped: sent=" << counts.sent << " received=" << counts.received << " errors=" << counts.errors
            << std::endl;
  co_return left == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) try {
  example::ClientArguments arguments;
  CLI::App command("The relay demo's client: on stdin ID TEXT, as in `bob hello`; what others say is printed",
                   "relay_client");
  arguments.add_to(command);
  CLI11_PARSE(command, argc, argv);

  asio::io_context io(1);
  bool server_stopped = false;
  AsyncClient client(io.get_executor(), arguments.config(server_stopped));
  int status = 0;
  asio::co_spawn(io, run(client, server_stopped), [&](const std::exception_ptr& error, int result) {
    example::rethrow(error);
    status = result;
    io.stop();
  });
  io.run();
  return status;
} catch (const std::exception& error) {
  std::cerr << "relay_client: " << error.what() << std::endl;
  return 3;
}
