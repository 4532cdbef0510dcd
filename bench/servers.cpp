#include "servers.hpp"

#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>

#include "lines.hpp"
#include "tautline/server/server.hpp"
#include "tautline/store/sqlite_store.hpp"

namespace bench {
namespace {

constexpr unsigned max_links = 20'000;
constexpr unsigned outbox_lines = 128;

tautline::ServerOptions tautline_options(unsigned links = max_links) {
  tautline::ServerOptions options;
  options.address = "127.0.0.1";
  options.port = 0;
  options.timeout_ms = 60'000;
  for (unsigned id = 1; id <= links; ++id) options.expected.push_back(std::to_string(id));
  return options;
}

asio::awaitable<void> consume(tautline::Server& server, std::string id) {
  tautline::Connection connection = co_await server.client_conn(std::move(id));
  for (;;) {
    const std::string line = co_await connection.readline();
    if (line.empty()) co_return;
  }
}

asio::awaitable<void> produce(tautline::Server& server, std::string id, const std::string& line) {
  tautline::Connection connection = co_await server.client_conn(std::move(id));
  for (;;) {
    co_await connection.write(line, {.wait = false});
    while (connection.try_write(line) == tautline::WriteStatus::ok) {
    }
  }
}

void serve_batch(tautline::ServerOptions options, const ServerProcess::ReportPort& report_port) {
  asio::io_context io(1);
  tautline::Server server(io.get_executor(), std::move(options));
  std::uint64_t bytes = 0;
  server.on_line([&](const tautline::Connection&, std::string_view line) { bytes += line.size(); });
  report_port(server.port());
  io.run();
}

}  // namespace

void serve_tautline_batch(const ServerProcess::ReportPort& report_port) {
  serve_batch(tautline_options(), report_port);
}

void serve_tautline_durable(const std::filesystem::path& directory, StoreCounters& counters,
                            const ServerProcess::ReportPort& report_port) {
  tautline::ServerOptions options = tautline_options(64);
  options.store = std::make_shared<CountingStore>(tautline::SqliteStore{directory / "links.db"}.open(), counters);
  serve_batch(std::move(options), report_port);
}

void serve_tautline_await(const ServerProcess::ReportPort& report_port, unsigned links) {
  asio::io_context io(1);
  tautline::Server server(io.get_executor(), tautline_options());
  for (unsigned id = 1; id <= links; ++id) asio::co_spawn(io, consume(server, std::to_string(id)), asio::detached);
  report_port(server.port());
  io.run();
}

void serve_tautline_writing(unsigned links, unsigned line_bytes, const ServerProcess::ReportPort& report_port) {
  const std::string line = payload_for(line_bytes);
  asio::io_context io(1);
  tautline::ServerOptions options = tautline_options();
  options.outbox_lines = outbox_lines;
  tautline::Server server(io.get_executor(), std::move(options));
  for (unsigned id = 1; id <= links; ++id) {
    asio::co_spawn(io, produce(server, std::to_string(id), line), asio::detached);
  }
  report_port(server.port());
  io.run();
}

void serve_tautline_shards(unsigned shards, const ServerProcess::ReportPort& report_port) {
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < shards; ++i) threads.emplace_back([&] { serve_batch(tautline_options(), report_port); });
  for (std::thread& thread : threads) thread.join();
}

}  // namespace bench
