#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>

#include "relay.hpp"
#include "server/server_fixture.hpp"
#include "tautline/async/error.hpp"
#include "tautline/posix/async_client.hpp"

namespace tautline::test {

/// One cell of the table in docs/delivery.md, or the part of it that a test is about.
struct Cell {
  Dialect protocol = Dialect::protocol_2;
  bool to_server = true;
  bool qos = true;
  bool wait = true;

  std::string link() const {
    return std::string(protocol == Dialect::protocol_2 ? "Protocol2_" : "Protocol1_") +
           (to_server ? "ToServer" : "ToClient");
  }
  std::string name() const { return link() + (qos ? "_Qos" : "_NoQos") + (wait ? "_Wait" : "_NoWait"); }
};
/// ctest has this at the end of a test's name, so it must not look like a cell that the test is not about.
inline std::ostream& operator<<(std::ostream& out, const Cell& cell) {
  return out << cell.link();
}

/// An AsyncClient and a Server on loopback with a relay between them, all in this thread, written to at one end (the
/// cell's `to_server` says which) and read at the other. Outages that a loaded machine makes are no failure.
class DeliveryTest : public ServerTest, public ::testing::WithParamInterface<Cell> {
 protected:
  static constexpr std::chrono::milliseconds patience{20'000};

  bool to_server() const { return GetParam().to_server; }
  bool protocol_2() const { return GetParam().protocol == Dialect::protocol_2; }
  WriteOptions cell_options() const { return {.qos = GetParam().qos, .wait = GetParam().wait}; }
  Relay::Way forward() const { return to_server() ? Relay::to_server : Relay::to_client; }
  Relay::Way back() const { return to_server() ? Relay::to_client : Relay::to_server; }

  posix::AsyncClientConfig config() {
    posix::AsyncClientConfig config;
    config.my_id = "door";
    config.server = "127.0.0.1";
    config.timeout_ms = timeout_ms;
    config.protocol = GetParam().protocol;
    return config;
  }
  void connect_through_relay(ServerOptions server_options, posix::AsyncClientConfig client_config) {
    start(std::move(server_options));
    relay = std::make_unique<Relay>(io, server->port());
    client_config.port = relay->port();
    client = std::make_unique<posix::AsyncClient>(io.get_executor(), client_config);
    ASSERT_TRUE(until([&] { return is_up(); })) << "the link does not come up";
    door = server->find("door");
  }
  void connect_through_relay() { connect_through_relay(options(), config()); }

  template <typename Condition>
  bool until(Condition condition) {
    return pump_until(condition, patience);
  }
  bool is_up() { return client->status() && server->find("door") && server->find("door")->status(); }
  bool is_down() { return !client->status() && !door->status(); }
  std::uint32_t connects() const { return client->connects(); }
  void cut_and_come_back() {
    const std::uint32_t before = connects();
    relay->cut();
    relay->release();
    ASSERT_TRUE(until([&] { return connects() > before && is_up(); }));
  }

  // ---- the end that writes

  template <typename Token>
  void write(std::string line, WriteOptions with, Token&& token) {
    if (to_server()) {
      client->write(std::move(line), with, std::forward<Token>(token));
    } else {
      door->write(std::move(line), with, std::forward<Token>(token));
    }
  }
  asio::awaitable<void> write_and_wait(std::string line, WriteOptions with) {
    if (to_server()) {
      co_await client->write(std::move(line), with);
    } else {
      co_await door->write(std::move(line), with);
    }
  }
  std::shared_ptr<Task> start_write(const std::string& line, WriteOptions with) {
    const auto task = std::make_shared<Task>();
    write(line, with, [task](std::error_code error) {
      task->done = true;
      if (error) task->failure = std::make_exception_ptr(std::system_error(error));
    });
    return task;
  }
  WriteStatus try_write(const std::string& line, bool qos = true) {
    return to_server() ? client->try_write(line, qos).status : door->try_write(line, {.qos = qos});
  }
  /// Writes short lines without waiting until the queue refuses one, and returns those that it took.
  std::vector<std::string> fill_queue() {
    std::vector<std::string> taken;
    while (taken.size() < 10'000) {
      const std::string line = "queued " + std::to_string(taken.size());
      if (try_write(line) != WriteStatus::ok) break;
      taken.push_back(line);
    }
    return taken;
  }

  // ---- the end that reads

  asio::awaitable<std::string> read_one() {
    if (to_server()) co_return co_await door->readline();
    co_return co_await client->readline();
  }
  asio::awaitable<void> read_for_ever() {
    for (;;) got.push_back(co_await read_one());
  }
  void start_reading() { spawn(read_for_ever()); }
  bool has(const std::string& line) const { return std::find(got.begin(), got.end(), line) != got.end(); }

  // Destroyed before the server and the event loop of the base.
  std::vector<std::string> got;
  std::unique_ptr<Relay> relay;
  std::unique_ptr<posix::AsyncClient> client;
  std::optional<Connection> door;
};

/// A write that can be cancelled, and its outcome.
struct CancellableWrite {
  asio::cancellation_signal signal;
  std::optional<std::error_code> outcome;
  auto token() {
    return asio::bind_cancellation_slot(signal.slot(), [this](std::error_code error) { outcome = error; });
  }
  void cancel() { signal.emit(asio::cancellation_type::terminal); }
};

inline asio::awaitable<void> delay(std::chrono::milliseconds time) {
  asio::steady_timer timer(co_await asio::this_coro::executor, time);
  co_await timer.async_wait(asio::use_awaitable);
}

/// Both protocols and both directions.
inline auto each_link() {
  return ::testing::Values(Cell{Dialect::protocol_2, true}, Cell{Dialect::protocol_2, false},
                           Cell{Dialect::protocol_1, true}, Cell{Dialect::protocol_1, false});
}
inline std::string link_name(const ::testing::TestParamInfo<Cell>& instance) {
  return instance.param.link();
}

}  // namespace tautline::test
