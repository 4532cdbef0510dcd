// Waiting for clients and links: client_conn, wait_all, up, co_await connection, operator[].

#include <optional>
#include <string>
#include <vector>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include "server_fixture.hpp"
#include "tautline/async/error.hpp"

namespace tautline::test {
namespace {

using namespace asio::experimental::awaitable_operators;
using ServerConnections = ServerTest;

asio::awaitable<void> delay(std::chrono::milliseconds time) {
  asio::steady_timer timer(co_await asio::this_coro::executor, time);
  co_await timer.async_wait(asio::use_awaitable);
}

TEST_F(ServerConnections, client_conn_waits_for_the_first_connection) {
  start();
  std::optional<Connection> found;
  const auto task = spawn([&]() -> asio::awaitable<void> { found = co_await server->client_conn("door"); });
  pump(20ms);
  EXPECT_FALSE(task->done);
  EXPECT_FALSE(server->find("door"));
  auto lamp = open("lamp");
  EXPECT_FALSE(task->done);
  auto peer = open("door");
  EXPECT_TRUE(pump_until([&] { return task->done; }));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->id(), "door");
  EXPECT_TRUE(found->status());
  EXPECT_TRUE((*found)());
  EXPECT_EQ(found->nconns(), 1U);
}

TEST_F(ServerConnections, client_conn_gives_the_same_connection_ever_after) {
  start();
  auto peer = open("door");
  const Connection first = run(server->client_conn("door"));
  peer->close();
  ASSERT_TRUE(pump_until([&] { return !first.status(); }));
  const Connection in_the_outage = run(server->client_conn("door"));
  EXPECT_TRUE(first == in_the_outage);
  EXPECT_FALSE(in_the_outage());
  EXPECT_EQ(first.nconns(), 1U);
}

TEST_F(ServerConnections, client_conn_before_and_after_the_first_connection_gives_one_object) {
  start();
  std::optional<Connection> before;
  const auto task = spawn([&]() -> asio::awaitable<void> { before = co_await server->client_conn("door"); });
  pump(5ms);
  EXPECT_FALSE(task->done);
  auto peer = open("door");
  ASSERT_TRUE(pump_until([&] { return task->done; }));
  const Connection after = run(server->client_conn("door"));
  peer->close();
  ASSERT_TRUE(pump_until([&] { return !after.status(); }));
  auto again = open("door");
  const Connection later = run(server->client_conn("door"));
  EXPECT_TRUE(*before == after);
  EXPECT_TRUE(after == later);
  EXPECT_TRUE(later == connection("door"));
  EXPECT_TRUE(later == later["door"]);
  EXPECT_EQ(before->nconns(), 2U) << "the first handle sees what the link does now";
  EXPECT_TRUE(before->status());
  auto lamp = open("lamp");
  EXPECT_FALSE(run(server->client_conn("lamp")) == later);
}

TEST_F(ServerConnections, an_id_that_is_not_expected_is_an_error) {
  start();
  for (const std::string id : {"window", "", "two words", "TL2"}) {
    std::error_code code;
    try {
      run(server->client_conn(id));
    } catch (const std::system_error& error) {
      code = error.code();
    }
    EXPECT_EQ(code, Error::unknown_client) << id;
  }
  EXPECT_NE(make_error_code(Error::unknown_client).message().find("not expected"), std::string::npos);
}

TEST_F(ServerConnections, several_wait_for_the_same_client) {
  start();
  int count = 0;
  for (int i = 0; i < 3; ++i) {
    spawn([&]() -> asio::awaitable<void> {
      co_await server->client_conn("door");
      ++count;
    });
  }
  auto peer = open("door");
  EXPECT_TRUE(pump_until([&] { return count == 3; }));
}

TEST_F(ServerConnections, wait_all_waits_for_all_expected_clients) {
  start();
  std::optional<std::optional<Connection>> result;
  const auto task = spawn([&]() -> asio::awaitable<void> { result = co_await server->wait_all(); });
  auto door = open("door");
  pump(10ms);
  EXPECT_FALSE(task->done);
  door->close();  // having connected once is enough
  auto lamp = open("lamp");
  EXPECT_TRUE(pump_until([&] { return task->done; }));
  ASSERT_TRUE(result);
  EXPECT_FALSE(*result);  // no id was given
}

TEST_F(ServerConnections, wait_all_with_an_id_returns_its_connection) {
  start();
  std::optional<Connection> result;
  const auto task = spawn([&]() -> asio::awaitable<void> { result = co_await server->wait_all("door"); });
  auto door = open("door");
  pump(10ms);
  EXPECT_FALSE(task->done);
  auto lamp = open("lamp");
  EXPECT_TRUE(pump_until([&] { return task->done; }));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->id(), "door");
}

TEST_F(ServerConnections, wait_all_with_peers_waits_for_those_only) {
  start();
  // Not written inside the co_await: GCC 12 rejects a braced list there ("array used as initializer").
  const std::vector<std::string> only_door = {"door"};
  std::optional<Connection> result;
  const auto task = spawn([&]() -> asio::awaitable<void> { result = co_await server->wait_all("door", only_door); });
  auto door = open("door");
  EXPECT_TRUE(pump_until([&] { return task->done; }));
  EXPECT_TRUE(result);
  std::error_code code;
  try {
    run(server->wait_all("door", {"window"}));
  } catch (const std::system_error& error) {
    code = error.code();
  }
  EXPECT_EQ(code, Error::unknown_client);
}

TEST_F(ServerConnections, wait_all_with_an_id_and_peers_waits_for_both_and_for_nobody_else) {
  ServerOptions three = options();
  three.expected = {"door", "lamp", "never"};
  start(three);
  const std::vector<std::string> only_lamp = {"lamp"};
  std::optional<Connection> result;
  const auto task = spawn([&]() -> asio::awaitable<void> { result = co_await server->wait_all("door", only_lamp); });
  auto lamp = open("lamp");
  pump(10ms);
  EXPECT_FALSE(task->done) << "its own client is missing";
  auto door = open("door");
  EXPECT_TRUE(pump_until([&] { return task->done; }));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->id(), "door");
}

TEST_F(ServerConnections, wait_all_with_peers_and_no_id_returns_nothing) {
  ServerOptions three = options();
  three.expected = {"door", "lamp", "never"};
  start(three);
  const std::vector<std::string> both = {"door", "lamp"};
  std::optional<std::optional<Connection>> result;
  const auto wait = [&]() -> asio::awaitable<void> { result = co_await server->wait_all({}, both); };
  const auto task = spawn(wait);
  auto door = open("door");
  pump(10ms);
  EXPECT_FALSE(task->done);
  auto lamp = open("lamp");
  EXPECT_TRUE(pump_until([&] { return task->done; }));
  ASSERT_TRUE(result);
  EXPECT_FALSE(*result);
  run(wait());  // all are there: at once
}

// Asio 1.22 has no cancel_after(): a timer and a cancellation slot are the same.
TEST_F(ServerConnections, wait_all_cancelled_by_a_timer) {
  start();
  auto door = open("door");
  for (const bool in_time : {false, true}) {
    asio::cancellation_signal cancel;
    asio::steady_timer timer(io, in_time ? 5s : 30ms);
    timer.async_wait([&](std::error_code error) {
      if (!error) cancel.emit(asio::cancellation_type::terminal);
    });
    std::optional<std::error_code> outcome;
    std::optional<Connection> result;
    server->wait_all("door", {},
                     asio::bind_cancellation_slot(cancel.slot(), [&](std::error_code error, auto connection) {
                       outcome = error;
                       result = connection;
                     }));
    std::unique_ptr<ScriptedPeer> lamp;
    if (in_time) lamp = open("lamp");
    ASSERT_TRUE(pump_until([&] { return outcome.has_value(); }));
    EXPECT_EQ(*outcome, in_time ? std::error_code() : asio::error::operation_aborted);
    EXPECT_EQ(result.has_value(), in_time);
    timer.cancel();
    pump(5ms);
  }
}

TEST_F(ServerConnections, wait_all_with_a_timeout) {
  start();
  auto door = open("door");
  const bool timed_out = run([&]() -> asio::awaitable<bool> {
    const auto result = co_await (server->wait_all("door") || delay(50ms));
    co_return result.index() == 1;
  }());
  EXPECT_TRUE(timed_out);
  auto lamp = open("lamp");
  const bool in_time = run([&]() -> asio::awaitable<bool> {
    const auto result = co_await (server->wait_all("door") || delay(5s));
    co_return result.index() == 0 && std::get<0>(result)->id() == "door";
  }());
  EXPECT_TRUE(in_time);
}

TEST_F(ServerConnections, another_clients_connection_by_its_id) {
  start();
  auto door = open("door");
  const Connection connection = run(server->client_conn("door"));
  for (const std::string id : {"lamp", "window"}) {  // never connected; not expected
    try {
      connection[id];
      ADD_FAILURE() << "no error for " << id;
    } catch (const std::system_error& error) {
      EXPECT_EQ(error.code(), Error::unknown_client);
      EXPECT_NE(std::string(error.what()).find(id), std::string::npos) << error.what();
    }
  }
  auto lamp = open("lamp");
  EXPECT_EQ(connection["lamp"].id(), "lamp");
  EXPECT_TRUE(connection["lamp"]["door"] == connection);
  EXPECT_TRUE(connection["lamp"]());
}

TEST_F(ServerConnections, up_returns_at_once_when_the_link_is_up_and_waits_in_an_outage) {
  start();
  auto peer = open("door");
  Connection connection = run(server->client_conn("door"));
  run(connection.up());
  peer->close();
  ASSERT_TRUE(pump_until([&] { return !connection.status(); }));
  const auto task = spawn(connection.up());
  pump(30ms);
  EXPECT_FALSE(task->done);
  auto again = open("door");
  EXPECT_TRUE(pump_until([&] { return task->done; }));
  EXPECT_EQ(connection.nconns(), 2U);
}

TEST_F(ServerConnections, a_connection_can_be_awaited_itself) {
  start();
  auto peer = open("door");
  Connection connection = run(server->client_conn("door"));
  int resumed = 0;
  const auto task = spawn([&]() -> asio::awaitable<void> {
    co_await connection;
    ++resumed;
    co_await delay(20ms);  // the coroutine works as before
    while (connection()) co_await delay(1ms);
    co_await connection;
    ++resumed;
    EXPECT_TRUE(connection());
    EXPECT_EQ(co_await connection.readline(), "after the outage");
  });
  EXPECT_TRUE(pump_until([&] { return resumed == 1; }));
  pump(30ms);
  peer->close();
  ASSERT_TRUE(pump_until([&] { return !connection.status(); }));
  pump(30ms);
  EXPECT_EQ(resumed, 1);
  auto again = open("door");
  again->send("D1 after the outage\n");
  EXPECT_TRUE(pump_until([&] { return task->done; }));
  EXPECT_EQ(resumed, 2);
}

TEST_F(ServerConnections, awaiting_a_connection_can_be_cancelled) {
  start();
  auto peer = open("door");
  Connection connection = run(server->client_conn("door"));
  peer->close();
  ASSERT_TRUE(pump_until([&] { return !connection.status(); }));
  const bool timed_out = run([&]() -> asio::awaitable<bool> {
    const auto wait = [&]() -> asio::awaitable<void> { co_await connection; };
    const auto result = co_await (wait() || delay(30ms));
    co_return result.index() == 1;
  }());
  EXPECT_TRUE(timed_out);
  auto again = open("door");
  EXPECT_TRUE(connection.status());
}

TEST_F(ServerConnections, awaiting_a_connection_ends_with_the_server) {
  start();
  auto peer = open("door");
  Connection connection = run(server->client_conn("door"));
  peer->close();
  ASSERT_TRUE(pump_until([&] { return !connection.status(); }));
  const auto task = spawn([&]() -> asio::awaitable<void> { co_await connection; });
  pump(5ms);
  server.reset();
  EXPECT_TRUE(pump_until([&] { return task->done; }));
}

TEST_F(ServerConnections, a_link_that_falls_again_inside_on_link_leaves_no_waiter_behind) {
  start();
  auto peer = open("door");
  Connection connection = run(server->client_conn("door"));
  peer->close();
  ASSERT_TRUE(pump_until([&] { return !connection.status(); }));
  bool second = false;
  spawn([&]() -> asio::awaitable<void> {
    co_await connection.up();
    server->close_all();
    co_await connection.up();
    second = true;
  });
  pump(5ms);
  auto again = connect();
  again->send("TL2 door\n");
  const std::string hi = again->line();
  again->send("GO " + hi.substr(3, hi.find(' ', 3) - 3) + " - 0 -\n");
  pump(50ms);
  EXPECT_FALSE(connection.status());
  EXPECT_FALSE(second) << "up() returned although the link is down";
}

}  // namespace
}  // namespace tautline::test
