// Cancellation of single operations, timeouts by operators, and servers destroyed with operations pending.

#include <memory>
#include <optional>
#include <random>
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

class ServerCancel : public ServerTest {
 protected:
  Connection open_door() {
    peer = open("door");
    return connection("door");
  }
  Connection open_and_lose_door() {
    Connection door = open_door();
    peer->close();
    EXPECT_TRUE(pump_until([&] { return !door.status(); }));
    return door;
  }
  std::unique_ptr<ScriptedPeer> peer;
};

asio::awaitable<void> delay(std::chrono::microseconds time) {
  asio::steady_timer timer(co_await asio::this_coro::executor, time);
  co_await timer.async_wait(asio::use_awaitable);
}

/// An operation with its cancellation signal and its outcome.
struct Pending {
  asio::cancellation_signal signal;
  std::optional<std::error_code> outcome;
  auto slot(auto handler) { return asio::bind_cancellation_slot(signal.slot(), std::move(handler)); }
  auto token() {
    return slot([this](std::error_code error, auto&&...) { outcome = error; });
  }
  void cancel() { signal.emit(asio::cancellation_type::terminal); }
};

TEST_F(ServerCancel, a_read_that_is_cancelled_has_taken_nothing) {
  start();
  Connection door = open_door();
  Pending read;
  door.readline(read.token());
  pump(5ms);
  read.cancel();
  EXPECT_FALSE(read.outcome) << "completed from within the cancellation";
  EXPECT_TRUE(pump_until([&] { return read.outcome.has_value(); }));
  EXPECT_EQ(*read.outcome, asio::error::operation_aborted);
  peer->send("D1 a\n");
  EXPECT_EQ(run(door.readline()), "a");
  read.cancel();  // long over: nothing happens
}

TEST_F(ServerCancel, a_reader_in_the_middle_is_cancelled_and_the_others_keep_their_places) {
  start();
  Connection door = open_door();
  Pending first, second, third;
  std::string got;
  door.readline(first.slot([&](std::error_code, std::string line) { got += "1" + line; }));
  door.readline(second.token());
  door.readline(third.slot([&](std::error_code, std::string line) { got += "3" + line; }));
  second.cancel();
  peer->send("D1 a\nD2 b\n");
  EXPECT_TRUE(pump_until([&] { return got == "1a3b"; }));
  EXPECT_EQ(*second.outcome, asio::error::operation_aborted);
}

TEST_F(ServerCancel, a_write_cancelled_before_it_was_queued_is_not_sent) {
  ServerOptions small = options();
  small.outbox_lines = 1;
  start(small);
  Connection door = open_door();
  run(door.write("first", {.wait = false}));
  Pending write;
  door.write("never", {}, write.token());
  pump(5ms);
  write.cancel();
  EXPECT_TRUE(pump_until([&] { return write.outcome.has_value(); }));
  EXPECT_EQ(*write.outcome, asio::error::operation_aborted);
  const auto next = spawn(door.write("second"));
  EXPECT_EQ(peer->line_but_status(), "D1 first");
  peer->send("A1 0\n");
  EXPECT_EQ(peer->line_but_status(), "D2 second");
}

TEST_F(ServerCancel, a_write_cancelled_after_it_was_queued_is_still_delivered) {
  start();
  Connection door = open_door();
  Pending write;
  door.write("line", {}, write.token());
  pump(5ms);
  EXPECT_FALSE(write.outcome);
  write.cancel();
  EXPECT_TRUE(pump_until([&] { return write.outcome.has_value(); }));
  EXPECT_EQ(*write.outcome, Error::delivery_pending);
  EXPECT_EQ(peer->line_but_status(), "D1 line");
  peer->send("A1 0\n");
  EXPECT_TRUE(pump_until([&] { return door.unacknowledged() == 0; }));
  // In an outage too.
  peer->close();
  ASSERT_TRUE(pump_until([&] { return !door.status(); }));
  Pending second;
  door.write("kept", {}, second.token());
  second.cancel();
  EXPECT_TRUE(pump_until([&] { return second.outcome.has_value(); }));
  EXPECT_EQ(*second.outcome, Error::delivery_pending);
  EXPECT_EQ(door.unacknowledged(), 1U);
}

TEST_F(ServerCancel, a_plain_write_cancelled_in_an_outage_is_not_sent) {
  start();
  Connection door = open_and_lose_door();
  Pending write;
  door.write("now or never", {.qos = false}, write.token());
  write.cancel();
  EXPECT_TRUE(pump_until([&] { return write.outcome.has_value(); }));
  EXPECT_EQ(*write.outcome, asio::error::operation_aborted);
  auto again = open("door");
  EXPECT_EQ(again->collect(30ms), "");
}

TEST_F(ServerCancel, writers_behind_a_cancelled_one_go_on) {
  start();
  Connection door = open_and_lose_door();
  Pending plain, behind;
  door.write("waits for the link", {.qos = false}, plain.token());
  door.write("could be queued", {.wait = false}, behind.token());
  pump(700ms);                   // until no timer of the lost connection is left that would serve writers
  EXPECT_FALSE(behind.outcome);  // order is kept
  plain.cancel();
  ASSERT_TRUE(pump_until([&] { return behind.outcome.has_value(); }, 1s));
  EXPECT_EQ(*behind.outcome, std::error_code());
  EXPECT_EQ(door.unacknowledged(), 1U);
}

TEST_F(ServerCancel, up_client_conn_wait_all_and_stop_can_be_cancelled) {
  start();
  Connection door = open_and_lose_door();
  Pending up, client, all;
  door.up(up.token());
  server->client_conn("lamp", client.token());
  server->wait_all({}, {}, all.token());
  pump(5ms);
  for (Pending* each : {&up, &client, &all}) {
    EXPECT_FALSE(each->outcome);
    each->cancel();
  }
  EXPECT_TRUE(pump_until([&] { return up.outcome && client.outcome && all.outcome; }));
  for (Pending* each : {&up, &client, &all}) EXPECT_EQ(*each->outcome, asio::error::operation_aborted);
  auto lamp = open("lamp");  // nobody waits any more
  Pending stop;
  server->stop(stop.token());
  stop.cancel();
  EXPECT_TRUE(pump_until([&] { return stop.outcome.has_value(); }));
  EXPECT_EQ(*stop.outcome, asio::error::operation_aborted);
}

TEST_F(ServerCancel, a_write_with_a_timeout) {
  start();
  Connection door = open_door();
  const bool timed_out = run([&]() -> asio::awaitable<bool> {
    const auto result = co_await (door.write("slow") || delay(30ms));
    co_return result.index() == 1;
  }());
  EXPECT_TRUE(timed_out);
  EXPECT_EQ(peer->line_but_status(), "D1 slow");
  const auto task = spawn([&]() -> asio::awaitable<void> {
    const auto result = co_await (door.write("quick") || delay(5s));
    EXPECT_EQ(result.index(), 0U);
  });
  EXPECT_EQ(peer->line_but_status(), "D2 quick");
  peer->send("A2 0\n");
  EXPECT_TRUE(pump_until([&] { return task->done; }));
}

// Reads that time out again and again, with lines that arrive at any moment: each line is read once.
TEST_F(ServerCancel, reads_with_timeouts_lose_no_line) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  start();
  Connection door = open_door();
  constexpr int lines = 300;
  std::vector<std::string> got;
  int timeouts = 0;
  const auto task = spawn([&]() -> asio::awaitable<void> {
    while (got.size() < lines) {
      auto result = co_await (door.readline() || delay(std::chrono::microseconds(random() % 400)));
      if (result.index() == 0) {
        got.push_back(std::get<0>(result));
      } else {
        ++timeouts;
      }
    }
  });
  int sent = 0;
  const bool finished = pump_until(
      [&] {
        // Three at a time at most, within the window of the server.
        if (sent < lines && sent < static_cast<int>(got.size()) + 30) {
          std::string burst;
          for (int i = 0; i < 3 && sent < lines; ++i) {
            ++sent;
            burst += "D" + std::to_string(sent) + " " + std::to_string(sent) + "\n";
          }
          peer->send(burst);
        } else {
          peer->send("A0 " + std::to_string(sent) + "\n");
        }
        peer->ended();
        return task->done;
      },
      10s);
  EXPECT_TRUE(finished) << got.size() << " of " << lines << " lines after " << timeouts << " timeouts";
  for (std::size_t i = 0; i < got.size(); ++i) ASSERT_EQ(got[i], std::to_string(i + 1)) << "after " << timeouts;
  if (!finished) std::terminate();  // the coroutine refers to locals
}

// ---- the server goes first

TEST_F(ServerCancel, a_destroyed_server_completes_everything) {
  start();
  Connection door = open_door();
  Pending read, unacknowledged, client, all, stop;
  door.readline(read.token());
  door.write("unacknowledged", {}, unacknowledged.token());
  server->client_conn("lamp", client.token());
  server->wait_all({}, {}, all.token());
  pump(5ms);
  server.reset();
  EXPECT_TRUE(pump_until([&] { return read.outcome && unacknowledged.outcome && client.outcome && all.outcome; }));
  EXPECT_EQ(*read.outcome, asio::error::operation_aborted);
  EXPECT_TRUE(*unacknowledged.outcome);
  EXPECT_EQ(*client.outcome, asio::error::operation_aborted);
  EXPECT_EQ(*all.outcome, asio::error::operation_aborted);
  peer->expect_end();
}

TEST_F(ServerCancel, a_server_destroyed_in_an_outage_completes_everything) {
  start();
  Connection door = open_and_lose_door();
  Pending up, plain, queued;
  door.up(up.token());
  door.write("plain", {.qos = false}, plain.token());
  door.write("behind it", {.wait = false}, queued.token());
  pump(5ms);
  server.reset();
  EXPECT_TRUE(pump_until([&] { return up.outcome && plain.outcome && queued.outcome; }));
  EXPECT_EQ(*up.outcome, asio::error::operation_aborted);
  EXPECT_TRUE(*plain.outcome);
  EXPECT_TRUE(*queued.outcome);
}

TEST_F(ServerCancel, a_server_destroyed_by_a_handler_of_its_own) {
  for (int which = 0; which < 4; ++which) {
    ServerOptions with = options();
    if (which == 0) with.on_link = [&](const Connection&, bool) { server.reset(); };
    start(with);
    auto client = connect();
    client->send("TL2 door\n");
    const std::string hi = client->line();
    if (which == 1) server->on_line([&](const Connection&, std::string_view) { server.reset(); });
    if (which == 2) {
      server->client_conn("door", [&](std::error_code, std::optional<Connection>) { server.reset(); });
    }
    std::optional<Connection> door;
    client->send("GO " + hi.substr(3, hi.find(' ', 3) - 3) + " - 0 -\nD1 a\nD2 b\n");
    if (which == 3) {
      ASSERT_TRUE(pump_until([&] { return server->find("door").has_value(); }));
      door = connection("door");
      door->readline([&](std::error_code, std::string) { server.reset(); });
    }
    EXPECT_TRUE(pump_until([&] { return server == nullptr; })) << which;
    client->expect_end();
  }
}

TEST_F(ServerCancel, an_event_loop_destroyed_with_operations_pending_leaks_nothing) {
  auto loop = std::make_unique<asio::io_context>(1);
  auto lonely = std::make_unique<Server>(loop->get_executor(), options());
  asio::co_spawn(
      *loop,
      [&]() -> asio::awaitable<void> {
        Connection door = co_await lonely->client_conn("door");
        co_await door.readline();
      },
      [](std::exception_ptr) {});
  bool wait_all_ended = false;
  lonely->wait_all({}, {}, [&](std::error_code, std::optional<Connection>) { wait_all_ended = true; });
  loop->run_for(5ms);
  lonely.reset();
  loop.reset();  // the completions were never run
  EXPECT_FALSE(wait_all_ended);
}

TEST_F(ServerCancel, a_coroutine_destroyed_with_the_event_loop_while_it_awaits_a_connection) {
  auto loop = std::make_unique<asio::io_context>(1);
  auto lonely = std::make_unique<Server>(loop->get_executor(), options());
  ScriptedPeer client(lonely->port(), [&] {
    loop->restart();
    loop->run_for(1ms);
  });
  client.open("door");
  Connection door = *lonely->find("door");
  client.close();
  while (door.status()) loop->run_for(1ms);
  asio::co_spawn(
      *loop, [&]() -> asio::awaitable<void> { co_await door; }, [](std::exception_ptr) {});
  loop->restart();
  loop->run_for(5ms);
  lonely.reset();
  loop.reset();
}

}  // namespace
}  // namespace tautline::test
