#include "ping_pong.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include <asio/buffer.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>

#include "lines.hpp"
#include "tautline/core/wire_2.hpp"
#include "tautline/server/server.hpp"

namespace bench {
namespace {

using asio::ip::tcp;

constexpr unsigned line_bytes = 32;
constexpr double warm_up_seconds = 0.05;
constexpr double longest_greeting_seconds = 5;
constexpr std::string_view partner = "P\n";  // what the client says to whom the bare server shall write

std::chrono::microseconds duration(double seconds) {
  return std::chrono::microseconds(static_cast<std::int64_t>(1e6 * seconds));
}

// ---- servers

asio::awaitable<void> answer(tcp::socket socket, std::vector<char> in, std::size_t count) {
  LineCounter counter;
  char out[tautline::wire_2::max_status_bytes];
  for (;;) {
    if (counter.count({in.data(), count})) {
      const char* const end = tautline::wire_2::put_status(out, counter.lines, 0);
      co_await asio::async_write(socket, asio::buffer(out, static_cast<std::size_t>(end - out)), asio::use_awaitable);
    }
    count = co_await socket.async_read_some(asio::buffer(in), asio::use_awaitable);
  }
}

/// Writes a line again and again, and measures how long it takes.
template <typename Write>
asio::awaitable<void> write_for_ever(SharedSamples& samples, Write write) {
  for (;;) {
    const auto before = Clock::now();
    co_await write();
    samples.add(1e6 * seconds_since(before));
  }
}

asio::awaitable<void> serve_one(SharedSamples* samples, tcp::socket socket) {
  std::vector<char> in(16 * 1024);
  const std::size_t count = co_await socket.async_read_some(asio::buffer(in), asio::use_awaitable);
  if (samples == nullptr || std::string_view(in.data(), count) != partner) {
    co_await answer(std::move(socket), std::move(in), count);
    co_return;
  }
  const std::string line(std::string(line_bytes - 1, 'x') + "\n");
  co_await write_for_ever(*samples, [&]() -> asio::awaitable<void> {
    co_await asio::async_write(socket, asio::buffer(line), asio::use_awaitable);
    co_await socket.async_read_some(asio::buffer(in), asio::use_awaitable);
  });
}

asio::awaitable<void> accept_all(SharedSamples* samples, tcp::acceptor& acceptor) {
  for (;;) {
    tcp::socket socket = co_await acceptor.async_accept(asio::use_awaitable);
    socket.set_option(tcp::no_delay(true));
    asio::co_spawn(acceptor.get_executor(), serve_one(samples, std::move(socket)), asio::detached);
  }
}

void serve_bare(SharedSamples* samples, const ServerProcess::ReportPort& report_port) {
  asio::io_context io(1);
  tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
  report_port(acceptor.local_endpoint().port());
  asio::co_spawn(io, accept_all(samples, acceptor), asio::detached);
  io.run();
}

asio::awaitable<void> consume(tautline::Server& server) {
  tautline::Connection connection = co_await server.client_conn("1");
  for (;;) co_await connection.readline();
}

asio::awaitable<void> produce(tautline::Server& server, SharedSamples& samples) {
  tautline::Connection connection = co_await server.client_conn("1");
  const std::string line = payload_for(line_bytes);
  co_await write_for_ever(samples, [&]() { return connection.write(line); });
}

template <typename Work>
void serve_tautline(const ServerProcess::ReportPort& report_port, Work work) {
  asio::io_context io(1);
  tautline::Server server(io.get_executor(), {.address = "127.0.0.1",
                                              .port = 0,
                                              .timeout_ms = 60'000,
                                              .expected = {"1"},  // protocol 1 is spoken with expected clients only
                                              .admit_unexpected = true});
  std::uint64_t bytes = 0;
  server.on_line([&](const tautline::Connection&, std::string_view line) { bytes += line.size(); });
  asio::co_spawn(io, work(server), asio::detached);
  report_port(server.port());
  io.run();
}

// ---- clients

void run(asio::io_context& io, asio::awaitable<void> work) {
  std::exception_ptr failure;
  asio::co_spawn(io, std::move(work), [&](std::exception_ptr error) {
    failure = error;
    io.stop();
  });
  io.run();
  if (failure) std::rethrow_exception(failure);
}

template <typename Write>
asio::awaitable<void> write_for(LoadResult& result, double seconds, Write write) {
  co_await write();  // the first line waits for the link
  const auto warm_up = Clock::now();
  while (seconds_since(warm_up) < warm_up_seconds) co_await write();
  const double cpu_before = cpu_seconds_of_this_process();
  const auto start = Clock::now();
  for (auto before = start; seconds_since(start) < seconds;) {
    co_await write();
    const auto now = Clock::now();
    result.latencies_us.push_back(1e6 * std::chrono::duration<double>(now - before).count());
    before = now;
  }
  result.lines = result.latencies_us.size();
  result.seconds = seconds_since(start);
  result.load_cpu_seconds = cpu_seconds_of_this_process() - cpu_before;
  std::sort(result.latencies_us.begin(), result.latencies_us.end());
}

asio::awaitable<tcp::socket> connect(std::uint16_t port) {
  tcp::socket socket(co_await asio::this_coro::executor);
  co_await socket.async_connect({asio::ip::address_v4::loopback(), port}, asio::use_awaitable);
  socket.set_option(tcp::no_delay(true));
  co_return socket;
}

asio::awaitable<void> writer_over_asio(LoadResult& result, std::uint16_t port, double seconds) {
  tcp::socket socket = co_await connect(port);
  const std::string line(std::string(line_bytes - 1, 'x') + "\n");
  char in[256];
  co_await write_for(result, seconds, [&]() -> asio::awaitable<void> {
    co_await asio::async_write(socket, asio::buffer(line), asio::use_awaitable);
    co_await socket.async_read_some(asio::buffer(in), asio::use_awaitable);
  });
}

asio::awaitable<void> reader_over_asio(std::uint16_t port) {
  tcp::socket socket = co_await connect(port);
  co_await asio::async_write(socket, asio::buffer(partner), asio::use_awaitable);
  std::vector<char> in(4096);
  co_await answer(std::move(socket), std::move(in), 0);
}

tautline::posix::AsyncClientConfig client_config(tautline::Dialect dialect, std::uint16_t port) {
  tautline::posix::AsyncClientConfig config;
  config.my_id = "1";
  config.server = "127.0.0.1";
  config.port = port;
  config.timeout_ms = 60'000;
  config.protocol = dialect;
  return config;
}

asio::awaitable<void> writer_over_tautline(LoadResult& result, tautline::posix::AsyncClient client, double seconds) {
  const std::string line = payload_for(line_bytes);
  co_await write_for(result, seconds, [&]() { return client.write(line); });
}

asio::awaitable<void> reader_over_tautline(tautline::posix::AsyncClient client) {
  for (;;) co_await client.readline();
}

/// Lets the reader run, and takes what the server measured meanwhile.
LoadResult watch(asio::io_context& io, const SharedSamples& samples, double seconds) {
  for (const auto start = Clock::now(); samples.count() == 0;) {
    if (seconds_since(start) > longest_greeting_seconds) throw std::runtime_error("the server does not write");
    io.run_for(std::chrono::milliseconds(5));
  }
  io.run_for(duration(warm_up_seconds));
  LoadResult result;
  const std::size_t first = samples.count();
  const double cpu_before = cpu_seconds_of_this_process();
  const auto start = Clock::now();
  io.run_for(duration(seconds));
  result.seconds = seconds_since(start);
  result.load_cpu_seconds = cpu_seconds_of_this_process() - cpu_before;
  result.latencies_us = samples.since(first);
  result.lines = result.latencies_us.size();
  return result;
}

}  // namespace

void serve_asio(const ServerProcess::ReportPort& report_port) {
  serve_bare(nullptr, report_port);
}

void serve_asio_writing(SharedSamples& samples, const ServerProcess::ReportPort& report_port) {
  serve_bare(&samples, report_port);
}

void serve_ping_pong(const ServerProcess::ReportPort& report_port) {
  serve_tautline(report_port, [](tautline::Server& server) { return consume(server); });
}

void serve_ping_pong_writing(SharedSamples& samples, const ServerProcess::ReportPort& report_port) {
  serve_tautline(report_port, [&](tautline::Server& server) { return produce(server, samples); });
}

LoadResult write_over_asio(std::uint16_t port, double seconds) {
  asio::io_context io(1);
  LoadResult result;
  run(io, writer_over_asio(result, port, seconds));
  return result;
}

LoadResult write_over_tautline(tautline::Dialect dialect, std::uint16_t port, double seconds) {
  asio::io_context io(1);
  const tautline::posix::AsyncClient client(io.get_executor(), client_config(dialect, port));
  LoadResult result;
  run(io, writer_over_tautline(result, client, seconds));
  return result;
}

LoadResult read_over_asio(const SharedSamples& samples, std::uint16_t port, double seconds) {
  asio::io_context io(1);
  asio::co_spawn(io, reader_over_asio(port), asio::detached);
  return watch(io, samples, seconds);
}

LoadResult read_over_tautline(tautline::Dialect dialect, const SharedSamples& samples, std::uint16_t port,
                              double seconds) {
  asio::io_context io(1);
  const tautline::posix::AsyncClient client(io.get_executor(), client_config(dialect, port));
  asio::co_spawn(io, reader_over_tautline(client), asio::detached);
  return watch(io, samples, seconds);
}

}  // namespace bench
