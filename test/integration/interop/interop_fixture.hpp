#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <asio/io_context.hpp>
#include <gtest/gtest.h>

#include "device_1.hpp"
#include "numbered.hpp"
#include "tautline/server/server.hpp"

namespace tautline::test {

/// Our server, its event loop in this thread, and whatever peers a test adds: everything takes its turn in pump().
class InteropServer : public ::testing::Test {
 public:
  static constexpr std::int64_t timeout_ms = 300;
  static constexpr int patience_ms = 30'000;

  void start_server(std::vector<std::string> expected, std::uint32_t server_timeout_ms = timeout_ms,
                    std::uint16_t port = 0) {
    ids_ = expected;
    ServerOptions options;
    options.address = "127.0.0.1";
    options.port = port;
    options.timeout_ms = server_timeout_ms;
    options.expected = std::move(expected);
    options.log = [](LogLevel, const std::string&) {};
    server = std::make_unique<Server>(io.get_executor(), options);
    server->on_line(
        [this](const Connection& from, std::string_view line) { received[std::string(from.id())].emplace_back(line); });
  }
  /// Orderly, then started anew on the same port. Returns the report.
  StopReport restart_server() {
    StopReport report;
    bool stopped = false;
    server->stop([&](std::error_code, const StopReport& result) {
      report = result;
      stopped = true;
    });
    EXPECT_TRUE(pump_until([&] { return stopped; }));
    const std::uint16_t port = server->port();
    server.reset();
    start_server(ids_, timeout_ms, port);
    return report;
  }
  Device1& add_device(const std::string& id, std::size_t most_in_flight) {
    devices.push_back(std::make_unique<Device1>(id, server->port(), timeout_ms, most_in_flight));
    return *devices.back();
  }
  /// Of a client that has connected.
  void write(const std::string& id, const std::string& text, bool wait = false) {
    server->find(id).value().write(text, {.wait = wait}, [](std::error_code) {});
  }
  std::uint32_t unacknowledged(const std::string& id) { return server->find(id).value().unacknowledged(); }

  void pump() {
    io.restart();
    io.run_for(std::chrono::milliseconds(1));
    for (auto& device : devices) device->step(now_ms());
  }
  template <typename Condition>
  bool pump_until(Condition condition, int limit_ms = patience_ms) {
    const std::int64_t limit = now_ms() + limit_ms;
    while (!condition()) {
      if (now_ms() >= limit) return false;
      pump();
    }
    return true;
  }
  void pump_for(std::int64_t ms) {
    const std::int64_t end = now_ms() + ms;
    pump_until([&] { return now_ms() >= end; });
  }

  asio::io_context io{1};
  std::unique_ptr<Server> server;
  std::vector<std::unique_ptr<Device1>> devices;
  std::map<std::string, std::vector<std::string>> received;  ///< by the server's application

 private:
  std::vector<std::string> ids_;
};

}  // namespace tautline::test
