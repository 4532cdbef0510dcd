// A network that script/demo can cut: passes TCP connections on to a port of this machine. Frozen (SIGSTOP) it is
// silence; ended it is a cut.
//
//   main_demo_relay PORT TO_PORT

#include <array>
#include <exception>
#include <iostream>
#include <memory>
#include <string>

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>

using asio::ip::tcp;

namespace {

struct Pair {
  explicit Pair(tcp::socket accepted) : client(std::move(accepted)), server(client.get_executor()) {}
  tcp::socket client;
  tcp::socket server;
};

asio::awaitable<void> pass(std::shared_ptr<Pair> pair, tcp::socket& from, tcp::socket& to) {
  std::array<char, 16384> bytes;
  try {
    for (;;) {
      const std::size_t count = co_await from.async_read_some(asio::buffer(bytes), asio::use_awaitable);
      co_await asio::async_write(to, asio::buffer(bytes, count), asio::use_awaitable);
    }
  } catch (const std::system_error&) {
    std::error_code ignored;  // the other direction may have closed it already
    pair->client.close(ignored);
    pair->server.close(ignored);
  }
}

asio::awaitable<void> serve(tcp::acceptor& acceptor, tcp::endpoint to) {
  for (;;) {
    auto pair = std::make_shared<Pair>(co_await acceptor.async_accept(asio::use_awaitable));
    try {
      co_await pair->server.async_connect(to, asio::use_awaitable);
    } catch (const std::system_error&) {
      continue;  // closes the client's connection
    }
    asio::co_spawn(acceptor.get_executor(), pass(pair, pair->client, pair->server), asio::detached);
    asio::co_spawn(acceptor.get_executor(), pass(pair, pair->server, pair->client), asio::detached);
  }
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 3) {
    std::cerr << "usage: main_demo_relay PORT TO_PORT" << std::endl;
    return 2;
  }
  const auto port = [&](int index) {
    return tcp::endpoint(asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(std::stoul(argv[index])));
  };
  asio::io_context io(1);
  tcp::acceptor acceptor(io, port(1));
  std::cout << "listening on " << acceptor.local_endpoint() << ", passes on to " << port(2) << std::endl;
  asio::co_spawn(io, serve(acceptor, port(2)), asio::detached);
  io.run();
} catch (const std::exception& error) {
  std::cerr << "main_demo_relay: " << error.what() << std::endl;
  return 3;
}
