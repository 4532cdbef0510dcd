#pragma once

#include <chrono>
#include <exception>
#include <initializer_list>
#include <system_error>

#include <asio/awaitable.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include "tautline/async/error.hpp"

namespace example {

inline asio::awaitable<void> pause(std::chrono::milliseconds time) {
  asio::steady_timer timer(co_await asio::this_coro::executor, time);
  co_await timer.async_wait(asio::use_awaitable);
}

/// Pauses until the condition holds; false: it does not after that time.
template <class Condition>
asio::awaitable<bool> wait_until(Condition condition, std::chrono::milliseconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) co_return false;
    co_await pause(std::chrono::milliseconds(10));
  }
  co_return true;
}

/// Pauses until ctrl-C or an orderly `kill`.
inline asio::awaitable<void> told_to_stop() {
  asio::signal_set signals(co_await asio::this_coro::executor, SIGINT, SIGTERM);
  co_await signals.async_wait(asio::use_awaitable);
}

/// For co_spawn: what a coroutine throws leaves io_context::run() and so reaches main(). That this side was closed or
/// stopped while the coroutine waited is no failure.
inline void rethrow(const std::exception_ptr& error) {
  if (!error) return;
  try {
    std::rethrow_exception(error);
  } catch (const std::system_error& failure) {
    if (failure.code() != tautline::Error::closed && failure.code() != asio::error::operation_aborted) throw;
  }
}

}  // namespace example
