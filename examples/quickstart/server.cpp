#include <iostream>

#include <asio.hpp>
#include <tautline/server/server.hpp>

static asio::awaitable<void> talk(tautline::Server& server) {
  tautline::Connection door = co_await server.client_conn("door");  // pauses until it has connected
  co_await door.write("light on");  // returns when the device's application has it; pauses in an outage
  for (;;) std::cout << co_await door.readline() << std::endl;
}

int main() {
  asio::io_context io(1);
  tautline::Server server(io.get_executor(), {.address = "127.0.0.1", .port = 8123, .expected = {"door"}});
  asio::co_spawn(io, talk(server), asio::detached);
  io.run();
}
