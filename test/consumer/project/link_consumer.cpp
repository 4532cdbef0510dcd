#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include <asio.hpp>

#include "tautline/posix/port.hpp"
#include "tautline/server/server.hpp"

namespace {

asio::awaitable<void> echo(tautline::Server& server) {
  tautline::Connection connection = co_await server.client_conn("door");
  co_await connection.write("echo " + co_await connection.readline());
}

}  // namespace

// A server and a client in one process: a line goes to the server and back.
int main() {
  asio::io_context io(1);
  tautline::ServerOptions options;
  options.address = "127.0.0.1";
  options.port = 0;
  options.expected = {"door"};
  tautline::Server server(io.get_executor(), options);
  asio::co_spawn(io, echo(server), asio::detached);

  tautline::posix::Port port;
  tautline::ClientConfig config;
  config.my_id = "door";
  config.server = "127.0.0.1";
  config.port = server.port();
  tautline::posix::Client<> client(port, config);
  if (client.write("hello").status != tautline::WriteStatus::ok) return 1;

  constexpr std::uint32_t limit_ms = 10'000;
  constexpr std::uint32_t step_ms = 1;
  const std::uint32_t start_ms = tautline::posix::Port::now_ms();
  while (tautline::posix::Port::now_ms() - start_ms < limit_ms) {
    io.poll();
    client.poll(tautline::posix::Port::now_ms());
    std::string_view line;
    if (client.readline(line)) {
      std::printf("consumer: %s\n", std::string(line).c_str());
      return line == "echo hello" ? 0 : 1;
    }
    port.wait(tautline::posix::Port::now_ms() + step_ms);
  }
  std::puts("consumer: nothing came back");
  return 1;
}
