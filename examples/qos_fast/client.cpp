// The fast qos demo's client: several coroutines write bursts of lines without waiting for acknowledgements, and what
// the server writes in the same way is checked.

#include <chrono>
#include <exception>
#include <iostream>

#include <CLI/CLI.hpp>
#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/io_context.hpp>

#include "bursts.hpp"
#include "client_program.hpp"

using tautline::posix::AsyncClient;

namespace {

asio::awaitable<void> read(AsyncClient client, qos_fast::BurstChecks& checks) {
  for (;;) checks.received(co_await client.readline());
}

asio::awaitable<int> exchange(AsyncClient client, const qos_fast::Plan& plan, const bool& server_stopped) {
  using namespace asio::experimental::awaitable_operators;
  qos_fast::BurstWriters<AsyncClient> writers(co_await asio::this_coro::executor, client, plan);
  qos_fast::BurstChecks checks(plan);
  // The server stops when it has everything and knows that we have everything.
  co_await (read(client, checks) || example::wait_until([&] { return server_stopped; }, std::chrono::hours(1)) ||
            example::told_to_stop());
  co_await example::close(client);
  co_return checks.report(writers.sent()) && writers.all_delivered() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) try {
  example::ClientArguments arguments;
  arguments.id = "fast";
  qos_fast::Plan plan;
  CLI::App command("The fast qos demo's client; ends when all lines have passed", "qos_fast_client");
  arguments.add_to(command);
  plan.add_to(command);
  CLI11_PARSE(command, argc, argv);

  asio::io_context io(1);
  bool server_stopped = false;
  AsyncClient client(io.get_executor(), arguments.config(server_stopped));
  int status = 0;
  asio::co_spawn(io, exchange(client, plan, server_stopped), [&](const std::exception_ptr& error, int result) {
    example::rethrow(error);
    status = result;
    io.stop();
  });
  io.run();
  return status;
} catch (const std::exception& error) {
  std::cerr << "qos_fast_client: " << error.what() << std::endl;
  return 3;
}
