#include "tautline/posix/async_client.hpp"

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/io_context.hpp>
#include <asio/use_future.hpp>

#include "scripted_server.hpp"
#include "temporary_folder.hpp"

namespace tautline::test {
namespace {

using std::chrono::milliseconds;

posix::AsyncClientConfig config_for(const ScriptedServer& server) {
  posix::AsyncClientConfig config;
  config.my_id = "door";
  config.server = "127.0.0.1";
  config.port = server.port();
  config.max_line = 64;
  config.window = 4;
  config.queued_lines = 2;
  config.io_bytes = 0;
  return config;
}

class AsyncClient : public testing::Test {
 public:
  /// Runs the loop until the condition holds.
  template <class Condition>
  bool until(Condition condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (std::chrono::steady_clock::now() < end) {
      if (condition()) return true;
      io.restart();
      io.run_for(milliseconds(2));
    }
    return false;
  }
  bool hears(std::string_view text) {
    return until([&] { return server.hears(text); });
  }
  void open() {
    ASSERT_TRUE(hears("TL2 door w=4 n=64 t=1500\n"));
    server.say("HI 7 99 w=8 n=1024 t=2000\n");
    ASSERT_TRUE(hears("GO 7 "));
    server.say("GO 7 " + std::to_string(base) + " 40\n");
    ASSERT_TRUE(until([&] { return client->status(); }));
  }
  template <class Coroutine>
  void spawn(Coroutine coroutine) {
    asio::co_spawn(io, std::move(coroutine), [this](const std::exception_ptr& failure) {
      ++finished;
      if (!failure) return;
      try {
        std::rethrow_exception(failure);
      } catch (const std::system_error& error) {
        errors.push_back(error.code());
      }
    });
  }

  ScriptedServer server;
  asio::io_context io;
  std::unique_ptr<posix::AsyncClient> client =
      std::make_unique<posix::AsyncClient>(io.get_executor(), config_for(server));
  std::uint32_t base = 0;
  int finished = 0;
  std::vector<std::error_code> errors;
};

TEST_F(AsyncClient, AWriteReturnsWhenTheServerHasTheLine) {
  spawn([&]() -> asio::awaitable<void> {
    co_await client->up();
    co_await client->write("hello");
  });
  open();
  ASSERT_TRUE(hears("D1 hello\n"));
  EXPECT_EQ(finished, 0);
  server.say("A1 40\n");
  EXPECT_TRUE(until([&] { return finished == 1; }));
  EXPECT_TRUE(errors.empty());
}

TEST_F(AsyncClient, AReadWaitsForTheLineAndTakesItWithTheNext) {
  std::vector<std::string> lines;
  spawn([&]() -> asio::awaitable<void> {
    for (int i = 0; i < 3; ++i) lines.push_back(co_await client->readline());
  });
  open();
  server.say("D41 one\n");
  ASSERT_TRUE(until([&] { return lines.size() == 1; }));
  ASSERT_TRUE(hears("A41 0\n")) << "the next one was asked for";
  server.say("D42 two\nD43 three\n");
  ASSERT_TRUE(until([&] { return finished == 1; }));
  EXPECT_EQ(lines, (std::vector<std::string>{"one", "two", "three"}));
  EXPECT_TRUE(hears("A42 0\n"));
  client->accept();
  EXPECT_TRUE(hears("A43 0\n"));
}

TEST_F(AsyncClient, WritesKeepTheirOrderWhileTheQueueIsFull) {
  for (int i = 0; i < 6; ++i) {
    spawn([this, i]() -> asio::awaitable<void> {
      co_await client->write(std::string(60, static_cast<char>('0' + i)), {.wait = false});
    });
  }
  open();
  std::string order;
  for (int i = 0; i < 6; ++i) {
    ASSERT_TRUE(hears("D" + std::to_string(i + 1) + " " + std::string(60, static_cast<char>('0' + i)) + "\n"));
    server.say("A" + std::to_string(i + 1) + " 40\n");
  }
  EXPECT_TRUE(until([&] { return finished == 6; }));
}

TEST_F(AsyncClient, OperationsGoOnAfterAnOutage) {
  std::string line;
  spawn([&]() -> asio::awaitable<void> { co_await client->write("through"); });
  spawn([&]() -> asio::awaitable<void> { line = co_await client->readline(); });
  open();
  ASSERT_TRUE(hears("D1 through\n"));
  server.hang_up();
  ASSERT_TRUE(until([&] { return !client->status(); }));
  open();
  ASSERT_TRUE(hears("D1 through\n"));
  server.say("A1 40\nD41 back\n");
  EXPECT_TRUE(until([&] { return finished == 2; }));
  EXPECT_EQ(line, "back");
  EXPECT_EQ(client->connects(), 2U);
}

TEST_F(AsyncClient, AwaitingItPausesUntilTheLinkIsUpAgain) {
  spawn([&]() -> asio::awaitable<void> { co_await *client; });
  ASSERT_TRUE(until([&] { return server.hears("TL2 door"); }));
  EXPECT_EQ(finished, 0);
  server.say("HI 7 99 w=8 n=1024 t=2000\n");
  ASSERT_TRUE(hears("GO 7 "));
  EXPECT_EQ(finished, 0);
  server.say("GO 7 0 40\n");
  ASSERT_TRUE(until([&] { return finished == 1; }));
  server.hang_up();
  ASSERT_TRUE(until([&] { return !client->status(); }));
  bool was_up = false;
  spawn([&]() -> asio::awaitable<void> {
    co_await *client;
    was_up = client->status();
  });
  open();
  EXPECT_TRUE(until([&] { return finished == 2; }));
  EXPECT_TRUE(was_up);
}

TEST_F(AsyncClient, APlainWritePausesUntilTheLinkIsUp) {
  spawn([&]() -> asio::awaitable<void> { co_await client->write("x", {.qos = false}); });
  EXPECT_EQ(client->try_write("x", false).status, WriteStatus::would_block);
  open();
  EXPECT_TRUE(hears("U x\n"));
  EXPECT_TRUE(until([&] { return finished == 1; }));
}

TEST_F(AsyncClient, ABadLineIsAnErrorOfItsOwn) {
  spawn([&]() -> asio::awaitable<void> { co_await client->write("a\nb"); });
  spawn([&]() -> asio::awaitable<void> { co_await client->write(std::string(65, 'x')); });
  EXPECT_TRUE(until([&] { return finished == 2; }));
  EXPECT_EQ(errors, (std::vector<std::error_code>{Error::bad_line, Error::too_long}));
}

TEST_F(AsyncClient, ATimeoutCancelsAReadAndTakesNothing) {
  bool timed_out = false;
  spawn([&]() -> asio::awaitable<void> {
    using namespace asio::experimental::awaitable_operators;
    asio::steady_timer timer(io, milliseconds(20));
    const auto result = co_await (client->readline() || timer.async_wait(asio::use_awaitable));
    timed_out = result.index() == 1;
  });
  open();
  ASSERT_TRUE(until([&] { return finished == 1; }));
  EXPECT_TRUE(timed_out);
  server.say("D41 later\n");
  std::string line;
  spawn([&]() -> asio::awaitable<void> { line = co_await client->readline(); });
  ASSERT_TRUE(until([&] { return finished == 2; }));
  EXPECT_EQ(line, "later");
}

TEST_F(AsyncClient, ACancelledWriteSaysWhetherTheLineIsStillDelivered) {
  asio::cancellation_signal signals[3];
  std::error_code results[3];
  for (int i = 0; i < 3; ++i) {
    client->write(std::string(60, 'x'), {},
                  asio::bind_cancellation_slot(signals[i].slot(),
                                               [&results, i](const std::error_code& error) { results[i] = error; }));
  }
  open();
  ASSERT_TRUE(hears("D2 "));
  ASSERT_TRUE(until([&] { return client->unacknowledged() >= 2; }));
  signals[0].emit(asio::cancellation_type::total);
  ASSERT_TRUE(until([&] { return bool(results[0]); }));
  EXPECT_EQ(results[0], Error::delivery_pending);
  EXPECT_FALSE(results[1]);
}

TEST_F(AsyncClient, AWriteCancelledWhileItWaitsForRoomIsNotSent) {
  while (client->try_write(std::string(60, 'x')).status == WriteStatus::ok) {
  }
  const std::uint32_t queued = client->unacknowledged();
  asio::cancellation_signal signal;
  std::error_code result;
  client->write(std::string(60, 'y'), {},
                asio::bind_cancellation_slot(signal.slot(), [&](const std::error_code& error) { result = error; }));
  until([&] { return true; });
  io.restart();
  io.run_for(milliseconds(5));
  signal.emit(asio::cancellation_type::total);
  ASSERT_TRUE(until([&] { return bool(result); }));
  EXPECT_EQ(result, asio::error::operation_aborted);
  EXPECT_EQ(client->unacknowledged(), queued);
}

TEST_F(AsyncClient, DrainThenCloseLosesNothing) {
  ASSERT_EQ(client->try_write("last words").status, WriteStatus::ok);
  spawn([&]() -> asio::awaitable<void> {
    co_await client->async_drain();
    client->close();
  });
  open();
  ASSERT_TRUE(hears("D1 last words\n"));
  EXPECT_EQ(finished, 0);
  server.say("A1 40\n");
  EXPECT_TRUE(until([&] { return client->state() == LinkState::closed; }));
  EXPECT_TRUE(server.saw_end());
}

TEST_F(AsyncClient, CloseEndsPendingOperationsAndLeavesNoWork) {
  spawn([&]() -> asio::awaitable<void> { co_await client->readline(); });
  spawn([&]() -> asio::awaitable<void> { co_await client->write("unheard"); });
  spawn([&]() -> asio::awaitable<void> { co_await client->up(); });
  until([&] { return server.hears("TL2"); });
  client->close();
  io.restart();
  io.run();
  EXPECT_EQ(finished, 3);
  EXPECT_EQ(errors, (std::vector<std::error_code>(3, Error::closed)));
}

TEST_F(AsyncClient, DestructionAbortsPendingOperationsAndLeavesNoWork) {
  spawn([this]() -> asio::awaitable<void> { co_await client->readline(); });
  open();
  client.reset();
  io.restart();
  io.run();
  EXPECT_EQ(errors, (std::vector<std::error_code>{asio::error::operation_aborted}));
}

TEST_F(AsyncClient, TellsEveryChange) {
  std::vector<std::pair<bool, Reason>> changes;
  auto config = config_for(server);
  config.conn_cb = [&](bool up, Reason reason) { changes.emplace_back(up, reason); };
  client = std::make_unique<posix::AsyncClient>(io.get_executor(), config);
  open();
  server.reset();
  ASSERT_TRUE(until([&] { return !client->status(); }));
  EXPECT_EQ(changes, (std::vector<std::pair<bool, Reason>>{{true, Reason::none}, {false, Reason::peer_closed}}));
}

TEST_F(AsyncClient, BadServerMayStopItBeforeTheFirstSuccess) {
  std::vector<Reason> asked;
  auto config = config_for(server);
  config.bad_server = [&](Reason reason) {
    asked.push_back(reason);
    return asked.size() < 2;
  };
  client = std::make_unique<posix::AsyncClient>(io.get_executor(), config);
  spawn([&]() -> asio::awaitable<void> { co_await client->up(); });
  ASSERT_TRUE(hears("TL2 door"));
  server.say("BYE busy\n");
  ASSERT_TRUE(until([&] { return server.hears("TL2 door"); }));
  server.say("BYE id\n");
  EXPECT_TRUE(until([&] { return finished == 1; }));
  EXPECT_EQ(asked, (std::vector{Reason::busy, Reason::id}));
  EXPECT_EQ(client->state(), LinkState::closed);
  EXPECT_EQ(errors, (std::vector<std::error_code>{Error::closed}));
}

TEST_F(AsyncClient, BadServerIsNotAskedAfterTheFirstSuccess) {
  int asked = 0;
  auto config = config_for(server);
  config.bad_server = [&](Reason) { return ++asked < 0; };
  client = std::make_unique<posix::AsyncClient>(io.get_executor(), config);
  open();
  server.hang_up();
  ASSERT_TRUE(until([&] { return !client->status(); }));
  open();
  EXPECT_EQ(asked, 0);
}

TEST_F(AsyncClient, TogglesAnLedOnEachKeepalive) {
  TemporaryFolder leds;
  std::filesystem::create_directory(leds / "heartbeat");
  const std::string brightness = leds / "heartbeat/brightness";
  write_file(brightness, "0\n");
  auto config = config_for(server);
  config.led = true;
  config.system.led = "heartbeat";
  config.system.led_root = leds.path();
  client = std::make_unique<posix::AsyncClient>(io.get_executor(), config);
  open();
  EXPECT_EQ(read_file(brightness), "0");
  server.say("A0 40\n");
  EXPECT_TRUE(until([&] { return read_file(brightness) == "1"; })) << "1: the folder names no max_brightness";
  server.say("A0 40\n");
  EXPECT_TRUE(until([&] { return read_file(brightness) == "0"; }));
}

TEST_F(AsyncClient, AnyCompletionTokenWorks) {
  auto future = client->write("future", {.wait = false}, asio::use_future);
  EXPECT_TRUE(until([&] { return future.wait_for(milliseconds(0)) == std::future_status::ready; }));
  future.get();
  EXPECT_EQ(client->unacknowledged(), 1U);
}

TEST_F(AsyncClient, GoesOnAfterACompletionThatThrows) {
  int completed = 0;
  open();
  client->write("one", {}, [&](const std::error_code&) {
    ++completed;
    throw std::runtime_error("from a completion");
  });
  client->write("two", {}, [&](const std::error_code&) { ++completed; });
  ASSERT_TRUE(hears("D2 two\n"));
  server.say("A2 40\n");
  EXPECT_THROW(until([&] { return completed == 2; }), std::runtime_error);
  EXPECT_TRUE(until([&] { return completed == 2; })) << "the one behind it is completed, too";
  client->write("three", {}, [&](const std::error_code&) { ++completed; });
  ASSERT_TRUE(hears("D3 three\n"));
  server.say("A3 40\n");
  EXPECT_TRUE(until([&] { return completed == 3; }));
}

TEST_F(AsyncClient, ACompletionMayWriteAndDestroy) {
  bool aborted = false;
  open();
  client->write("one", {}, [&](const std::error_code&) {
    client->write("two", {}, [&](const std::error_code& error) { aborted = error == asio::error::operation_aborted; });
    client.reset();
  });
  ASSERT_TRUE(hears("D1 one\n"));
  server.say("A1 40\n");
  EXPECT_TRUE(until([&] { return aborted || !client; }));
  io.restart();
  io.run_for(std::chrono::seconds(10));
  EXPECT_TRUE(io.stopped()) << "nothing is left to wait for";
}

TEST_F(AsyncClient, AWaitingCoroutineThatOwnsItsClientEndsWithTheContext) {
  const auto frame = std::make_shared<int>(0);
  {
    asio::io_context other;
    asio::co_spawn(
        other,
        [](posix::AsyncClient owned, std::shared_ptr<int> held) -> asio::awaitable<void> {
          ++*held;
          co_await owned.readline();
        }(posix::AsyncClient(other.get_executor(), config_for(server)), frame),
        asio::detached);
    other.run_for(milliseconds(5));
    ASSERT_EQ(*frame, 1);
  }
  EXPECT_EQ(frame.use_count(), 1) << "the coroutine's frame is freed";
}

}  // namespace
}  // namespace tautline::test
