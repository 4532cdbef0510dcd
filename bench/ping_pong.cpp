#include "ping_pong.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <string>

#include <asio/buffer.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>

#include "process.hpp"
#include "tautline/posix/async_client.hpp"

namespace bench {
namespace {

constexpr std::size_t payload_bytes = 27;  // with "D<n> " and LF about 32 bytes, as the load of the other measurements

template <typename Exchange>
asio::awaitable<void> repeat(LoadResult& result, double seconds, Exchange exchange) {
  const auto start = Clock::now();
  auto before = start;
  while (seconds_since(start) < seconds) {
    co_await exchange();
    const auto now = Clock::now();
    result.latencies_us.push_back(1e6 * std::chrono::duration<double>(now - before).count());
    before = now;
  }
  result.lines = result.latencies_us.size();
  result.seconds = seconds_since(start);
  std::sort(result.latencies_us.begin(), result.latencies_us.end());
}

void run(asio::io_context& io, asio::awaitable<void> work) {
  std::exception_ptr failure;
  asio::co_spawn(io, std::move(work), [&](std::exception_ptr error) {
    failure = error;
    io.stop();
  });
  io.run();
  if (failure) std::rethrow_exception(failure);
}

asio::awaitable<void> over_asio(LoadResult& result, std::uint16_t port, double seconds) {
  asio::ip::tcp::socket socket(co_await asio::this_coro::executor);
  co_await socket.async_connect({asio::ip::address_v4::loopback(), port}, asio::use_awaitable);
  socket.set_option(asio::ip::tcp::no_delay(true));
  std::string line(payload_bytes + 4, 'x');
  line.push_back('\n');
  char answer[256];
  co_await repeat(result, seconds, [&]() -> asio::awaitable<void> {
    co_await asio::async_write(socket, asio::buffer(line), asio::use_awaitable);
    co_await socket.async_read_some(asio::buffer(answer), asio::use_awaitable);
  });
}

asio::awaitable<void> over_tautline(LoadResult& result, tautline::posix::AsyncClient& client, double seconds) {
  co_await client.up();
  const std::string line(payload_bytes, 'x');
  co_await repeat(result, seconds, [&]() { return client.write(line); });
}

}  // namespace

LoadResult ping_pong_asio(std::uint16_t port, double seconds) {
  asio::io_context io(1);
  LoadResult result;
  run(io, over_asio(result, port, seconds));
  return result;
}

LoadResult ping_pong_tautline(std::uint16_t port, double seconds) {
  asio::io_context io(1);
  tautline::posix::AsyncClientConfig config;
  config.my_id = "1";
  config.server = "127.0.0.1";
  config.port = port;
  config.timeout_ms = 60'000;
  tautline::posix::AsyncClient client(io.get_executor(), config);
  LoadResult result;
  run(io, over_tautline(result, client, seconds));
  return result;
}

}  // namespace bench
