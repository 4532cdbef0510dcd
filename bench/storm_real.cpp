#include "storm_real.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include "process.hpp"
#include "scale_process.hpp"
#include "tautline/posix/async_client.hpp"

namespace bench {
namespace {

constexpr std::size_t payload_bytes = 27;
constexpr double patience_s = 5;  ///< after the end of the round, for a client that hangs
constexpr auto between_connects = std::chrono::milliseconds(10);
constexpr std::uint32_t most_connects = 4096;

struct Figures {
  std::atomic<bool> ready{false};  ///< the writer is linked
  std::atomic<bool> go{false};
  std::atomic<std::uint64_t> writes{0};
  std::atomic<double> p50_us{0};
  std::atomic<double> p99_us{0};
  std::atomic<std::uint32_t> connects{0};
  std::array<std::atomic<float>, most_connects> connect_ms{};
  std::atomic<std::int64_t> connecting_since_ns{0};  ///< 0: nobody is
};

tautline::posix::AsyncClientConfig config_of(std::string id, std::uint16_t port) {
  tautline::posix::AsyncClientConfig config;
  config.my_id = std::move(id);
  config.server = "127.0.0.1";
  config.port = port;
  config.timeout_ms = 10'000;
  return config;
}

std::int64_t now_ns() {
  return Clock::now().time_since_epoch().count();
}

asio::awaitable<void> write_lines(Figures& figures, std::uint16_t port, double seconds) {
  tautline::posix::AsyncClient client(co_await asio::this_coro::executor, config_of("real-writer", port));
  co_await client.up();
  figures.ready = true;
  while (!figures.go) pause_for(0.001);
  const std::string line(payload_bytes, 'x');
  std::vector<double> latencies_us;
  const auto start = Clock::now();
  while (seconds_since(start) < seconds) {
    const auto before = Clock::now();
    co_await client.write(line);
    latencies_us.push_back(1e6 * seconds_since(before));
    ++figures.writes;
  }
  std::sort(latencies_us.begin(), latencies_us.end());
  const auto percentile = [&](double part) {
    return latencies_us[static_cast<std::size_t>(part * static_cast<double>(latencies_us.size() - 1))];
  };
  figures.p50_us = percentile(0.50);
  figures.p99_us = percentile(0.99);
}

asio::awaitable<void> connect_again_and_again(Figures& figures, std::uint16_t port, double seconds) {
  while (!figures.go) pause_for(0.001);
  const auto start = Clock::now();
  asio::steady_timer timer(co_await asio::this_coro::executor);
  while (seconds_since(start) < seconds && figures.connects < most_connects) {
    const auto begin = Clock::now();
    figures.connecting_since_ns = now_ns();
    {
      tautline::posix::AsyncClient client(co_await asio::this_coro::executor, config_of("real-comer", port));
      co_await client.up();
    }
    figures.connecting_since_ns = 0;
    figures.connect_ms[figures.connects] = static_cast<float>(1e3 * seconds_since(begin));
    ++figures.connects;
    timer.expires_after(between_connects);
    co_await timer.async_wait(asio::use_awaitable);
  }
}

template <typename Work>
void run(Work work) {
  take_precedence();
  asio::io_context io(1);
  std::exception_ptr failure;
  asio::co_spawn(io, work(), [&](std::exception_ptr error) {
    failure = error;
    io.stop();
  });
  io.run();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace

RealClients run_real_clients(int core, std::uint16_t port, double seconds) {
  const Shared<Figures> figures;
  Child writer(core, [&] { run([&] { return write_lines(*figures, port, seconds); }); });
  Child comer(core, [&] { run([&] { return connect_again_and_again(*figures, port, seconds); }); });
  wait_until(patience_s, [&] { return figures->ready.load(); });
  figures->go = true;
  wait_until(seconds + patience_s, [&] { return !writer.running(); });
  wait_until(patience_s, [&] { return !comer.running(); });

  RealClients result;
  result.writes = static_cast<double>(figures->writes);
  result.stuck = figures->writes == 0;
  result.p50_us = figures->p50_us;
  result.p99_us = figures->p99_us;
  result.connects = static_cast<double>(figures->connects);
  Series connects;
  for (std::uint32_t i = 0; i < figures->connects; ++i) connects.add(figures->connect_ms[i]);
  if (const std::int64_t since = figures->connecting_since_ns; since != 0) {
    connects.add(1e-6 * static_cast<double>(now_ns() - since));
  }
  if (!connects.empty()) {
    result.connect_ms = connects.median();
    result.slowest_connect_ms = connects.high();
  }
  return result;
}

}  // namespace bench
