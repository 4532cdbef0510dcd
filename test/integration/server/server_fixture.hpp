#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <gtest/gtest.h>

#include "scripted_peer.hpp"
#include "tautline/server/server.hpp"

namespace tautline::test {

using namespace std::chrono_literals;

/// A server on a free port of the loopback interface, its event loop in this thread, and scripted clients.
class ServerTest : public ::testing::Test {
 protected:
  static constexpr std::uint32_t timeout_ms = 400;

  ServerOptions options() {
    ServerOptions options;
    options.address = "127.0.0.1";
    options.port = 0;
    options.timeout_ms = timeout_ms;
    options.expected = {"door", "lamp"};
    options.log = [this](LogLevel, const std::string& message) { logs.push_back(message); };
    return options;
  }
  Server& start(ServerOptions with) {
    server = std::make_unique<Server>(io.get_executor(), std::move(with));
    return *server;
  }
  Server& start() { return start(options()); }

  /// Lets the event loop run.
  void pump(std::chrono::milliseconds time = 1ms) {
    io.restart();
    io.run_for(time);
  }
  template <typename Condition>
  bool pump_until(Condition condition, std::chrono::milliseconds within = 5s) {
    const auto deadline = std::chrono::steady_clock::now() + within;
    while (!condition()) {
      if (std::chrono::steady_clock::now() >= deadline) return false;
      pump();
    }
    return true;
  }

  std::unique_ptr<ScriptedPeer> connect() {
    auto peer = std::make_unique<ScriptedPeer>(server->port(), [this] { pump(); });
    EXPECT_TRUE(peer->connected());
    return peer;
  }
  std::unique_ptr<ScriptedPeer> open(const std::string& id, const std::string& numbers = "- 0 -") {
    auto peer = connect();
    peer->open(id, numbers);
    return peer;
  }

  /// Runs a coroutine to its end, and the event loop meanwhile.
  template <typename T>
  T run(asio::awaitable<T> coroutine) {
    std::exception_ptr failure;
    std::optional<T> result;
    bool done = false;
    asio::co_spawn(io, std::move(coroutine), [&](std::exception_ptr error, T value) {
      failure = error;
      result = std::move(value);
      done = true;
    });
    finish(done, failure);
    return std::move(*result);
  }
  void run(asio::awaitable<void> coroutine) {
    std::exception_ptr failure;
    bool done = false;
    asio::co_spawn(io, std::move(coroutine), [&](std::exception_ptr error) {
      failure = error;
      done = true;
    });
    finish(done, failure);
  }

  /// A coroutine that runs beside the test. Destroyed with the fixture if it never ends.
  struct Task {
    bool done = false;
    std::exception_ptr failure;
    std::error_code error() const {
      try {
        if (failure) std::rethrow_exception(failure);
      } catch (const std::system_error& caught) {
        return caught.code();
      }
      return {};
    }
  };
  /// Takes an awaitable, or a lambda that returns one: a lambda with captures must live as long as its coroutine does.
  template <typename Coroutine>
  std::shared_ptr<Task> spawn(Coroutine coroutine) {
    auto task = std::make_shared<Task>();
    asio::co_spawn(io, std::move(coroutine), [task](std::exception_ptr error) {
      task->failure = error;
      task->done = true;
    });
    return task;
  }

  Connection connection(const std::string& id) {
    const auto found = server->find(id);
    EXPECT_TRUE(found) << id << " never connected";
    return *found;
  }
  bool logged(const std::string& text) const {
    return std::any_of(logs.begin(), logs.end(),
                       [&](const std::string& line) { return line.find(text) != std::string::npos; });
  }

  std::vector<std::string> logs;
  asio::io_context io{1};
  std::unique_ptr<Server> server;

 private:
  void finish(const bool& done, const std::exception_ptr& failure) {
    if (!pump_until([&] { return done; })) {
      // The coroutine refers to locals of the caller: it must not go on.
      ADD_FAILURE() << "the coroutine did not end in time";
      std::terminate();
    }
    if (failure) std::rethrow_exception(failure);
  }
};

}  // namespace tautline::test
