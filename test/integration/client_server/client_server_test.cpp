#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <gtest/gtest.h>

#include "tautline/posix/async_client.hpp"
#include "tautline/server/server.hpp"

namespace tautline::test {
namespace {

constexpr int lines = 2000;

/// The AsyncClient and the Server in one loop, over loopback.
class ClientServer : public testing::TestWithParam<Dialect> {
 public:
  void start_server(std::uint16_t port) {
    ServerOptions options;
    options.address = "127.0.0.1";
    options.port = port;
    options.expected = {"door"};
    options.log = [](LogLevel, const std::string&) {};
    server = std::make_unique<Server>(io.get_executor(), options);
  }
  void start_client() {
    posix::AsyncClientConfig config;
    config.my_id = "door";
    config.server = "localhost";
    config.port = server->port();
    config.protocol = GetParam();
    client = std::make_unique<posix::AsyncClient>(io.get_executor(), config);
  }
  template <class Condition>
  bool until(Condition condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (std::chrono::steady_clock::now() < end) {
      if (condition()) return true;
      io.restart();
      io.run_for(std::chrono::milliseconds(5));
    }
    return false;
  }
  template <class Coroutine>
  void spawn(Coroutine coroutine) {
    asio::co_spawn(io, std::move(coroutine), [this](const std::exception_ptr& failure) {
      ++finished;
      if (failure) ++failures;
    });
  }

  asio::io_context io{1};
  std::unique_ptr<Server> server;
  std::unique_ptr<posix::AsyncClient> client;
  int finished = 0;
  int failures = 0;
};

std::string numbered(int i) {
  return "line " + std::to_string(i);
}

TEST_P(ClientServer, LinesArriveOnceAndInOrderInBothDirections) {
  start_server(0);
  start_client();
  int at_server = 0;
  int at_client = 0;
  spawn([&]() -> asio::awaitable<void> {
    for (int i = 0; i < lines; ++i) co_await client->write(numbered(i), {.wait = i % 50 == 0});
    co_await client->async_drain();
  });
  spawn([&]() -> asio::awaitable<void> {
    for (; at_client < lines; ++at_client) {
      const std::string line = co_await client->readline();
      if (line != numbered(at_client)) break;
    }
    client->accept();
  });
  spawn([&]() -> asio::awaitable<void> {
    Connection connection = co_await server->client_conn("door");
    spawn([&, connection]() mutable -> asio::awaitable<void> {
      for (int i = 0; i < lines; ++i) co_await connection.write(numbered(i), {.wait = i % 50 == 0});
    });
    for (; at_server < lines; ++at_server) {
      const std::string line = co_await connection.readline();
      if (line != numbered(at_server)) break;
    }
    connection.accept();
  });
  EXPECT_TRUE(until([&] { return finished == 4; }));
  EXPECT_EQ(at_server, lines);
  EXPECT_EQ(at_client, lines);
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(client->unacknowledged(), 0U);
  EXPECT_EQ(client->connects(), 1U);
}

TEST_P(ClientServer, TheClientComesBackToAServerThatWasReplaced) {
  start_server(0);
  start_client();
  ASSERT_TRUE(until([&] { return client->status(); }));
  const std::uint16_t port = server->port();
  server.reset();
  ASSERT_TRUE(until([&] { return !client->status(); }));
  spawn([&]() -> asio::awaitable<void> { co_await client->write("after"); });
  start_server(port);
  std::string line;
  spawn([&]() -> asio::awaitable<void> {
    Connection connection = co_await server->client_conn("door");
    line = co_await connection.readline();
    connection.accept();
  });
  EXPECT_TRUE(until([&] { return finished == 2; }));
  EXPECT_EQ(line, "after");
  EXPECT_EQ(failures, 0);
}

TEST_P(ClientServer, a_client_can_be_awaited_itself) {
  start_server(0);
  start_client();
  bool up = false;
  spawn([&]() -> asio::awaitable<void> {
    co_await *client;
    up = client->status();
  });
  ASSERT_TRUE(until([&] { return finished == 1; }));
  EXPECT_EQ(failures, 0);
  EXPECT_TRUE(up);
}

INSTANTIATE_TEST_SUITE_P(Dialects, ClientServer, testing::Values(Dialect::protocol_2, Dialect::protocol_1),
                         [](const auto& instance) {
                           return instance.param == Dialect::protocol_2 ? "Protocol2" : "Protocol1";
                         });

}  // namespace
}  // namespace tautline::test
