// The fast qos demo's server: several coroutines write bursts of lines to a client without waiting for
// acknowledgements, and what the client writes in the same way is checked.

#include "tautline/server/server.hpp"

#include <chrono>
#include <exception>
#include <iostream>

#include <CLI/CLI.hpp>
#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/io_context.hpp>

#include "bursts.hpp"
#include "server_program.hpp"

using tautline::Connection;

namespace {

asio::awaitable<void> read(Connection conn, qos_fast::BurstChecks& checks) {
  for (;;) checks.received(co_await conn.readline());
}

asio::awaitable<int> exchange(tautline::Server& server, const qos_fast::Plan& plan) {
  using namespace asio::experimental::awaitable_operators;
  Connection conn = co_await server.client_conn("fast");  // pauses until the client has connected
  qos_fast::BurstWriters<Connection> writers(co_await asio::this_coro::executor, conn, plan);
  qos_fast::BurstChecks checks(plan);
  const auto all_done = [&] { return writers.all_delivered() && checks.all_received(); };
  co_await (read(conn, checks) || example::wait_until(all_done, std::chrono::hours(1)) || example::told_to_stop());

  const tautline::StopReport left = co_await server.stop();
  std::cout << "Stopped: " << left.unacknowledged << " lines not acknowledged, " << left.unread << " not read\n";
  const bool all_well = checks.report(writers.sent());
  co_return all_well&& left.unacknowledged + left.unread == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) try {
  example::ServerArguments arguments;
  qos_fast::Plan plan;
  CLI::App command("The fast qos demo's server, for a client with the id fast; ends when all lines have passed",
                   "qos_fast_server");
  arguments.add_to(command);
  plan.add_to(command);
  CLI11_PARSE(command, argc, argv);

  asio::io_context io(1);
  tautline::Server server(io.get_executor(), {.address = arguments.address,
                                              .port = arguments.port,
                                              .timeout_ms = arguments.timeout_ms,
                                              .expected = {"fast"},
                                              .on_link = example::show_link});
  std::cout << "listening on " << server.endpoint() << std::endl;
  int status = 0;
  asio::co_spawn(io, exchange(server, plan), [&](const std::exception_ptr& error, int result) {
    example::rethrow(error);
    status = result;
    io.stop();
  });
  io.run();
  return status;
} catch (const std::exception& error) {
  std::cerr << "qos_fast_server: " << error.what() << std::endl;
  return 3;
}
