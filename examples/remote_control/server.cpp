// The remote control's server: passes what the switch of `tx` says on to the LED of `rx`, and the answer back.

#include "tautline/server/server.hpp"

#include <exception>
#include <iostream>
#include <string>

#include <CLI/CLI.hpp>
#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/io_context.hpp>

#include "server_program.hpp"

using tautline::Connection;

namespace {

asio::awaitable<void> pass(Connection from, Connection to) {
  for (;;) {
    std::string line = co_await from.readline();
    std::cout << from.id() << " > " << to.id() << ' ' << line << std::endl;
    // A press that is late is worse than one that is lost: pressing again is simple.
    co_await to.write(std::move(line), {.qos = false});
  }
}

asio::awaitable<void> connect_both(tautline::Server& server) {
  using namespace asio::experimental::awaitable_operators;
  co_await server.wait_all();  // pauses until tx and rx have connected
  const Connection tx = co_await server.client_conn("tx");
  const Connection rx = tx["rx"];
  std::cout << "tx and rx have connected" << std::endl;
  co_await (pass(tx, rx) && pass(rx, tx));
}

}  // namespace

int main(int argc, char** argv) try {
  example::ServerArguments arguments;
  CLI::App command("The remote control's server: tx switches the LED of rx", "remote_control_server");
  arguments.add_to(command);
  CLI11_PARSE(command, argc, argv);

  asio::io_context io(1);
  tautline::Server server(io.get_executor(), {.address = arguments.address,
                                              .port = arguments.port,
                                              .timeout_ms = arguments.timeout_ms,
                                              .expected = {"tx", "rx"},
                                              .on_link = example::show_link});
  std::cout << "listening on " << server.endpoint() << std::endl;
  asio::co_spawn(io, connect_both(server), example::rethrow);

  int status = 0;
  asio::co_spawn(io, example::stop_on_signal(server), [&](const std::exception_ptr& error, int result) {
    example::rethrow(error);
    status = result;
    io.stop();
  });
  io.run();
  return status;
} catch (const std::exception& error) {
  std::cerr << "remote_control_server: " << error.what() << std::endl;
  return 3;
}
