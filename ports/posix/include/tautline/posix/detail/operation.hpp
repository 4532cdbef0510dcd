#pragma once

#include <memory>
#include <tuple>
#include <utility>

#include <asio/any_io_executor.hpp>
#include <asio/associated_cancellation_slot.hpp>
#include <asio/associated_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/cancellation_state.hpp>
#include <asio/dispatch.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/post.hpp>

#include "tautline/posix/detail/async_core.hpp"

namespace tautline::posix::detail {

/// An operation of the AsyncClient under way: it looks whether it can end; if not, it waits for something to happen and
/// looks again. Steps run on the client's executor, the handler on its own. It never completes inside the call that
/// started it. (asio::async_compose would do, if in Asio 1.22 it told an operation whether it was cancelled.)
///
/// `Step` has: Happening* look(AsyncCore&), null when the end is reached; std::tuple<...> result() then; and
/// std::tuple<...> aborted(AsyncCore&) for an operation that was cancelled.
template <class Step, class Handler>
class Operation {
 public:
  using executor_type = asio::any_io_executor;
  using cancellation_slot_type = asio::cancellation_slot;

  Operation(std::shared_ptr<AsyncCore> core, Step step, Handler handler)
      : core_(std::move(core)),
        step_(std::move(step)),
        handler_(std::move(handler)),
        cancellation_(asio::get_associated_cancellation_slot(handler_), asio::enable_total_cancellation()),
        work_(asio::get_associated_executor(handler_, core_->executor())) {}

  executor_type get_executor() const noexcept { return core_->executor(); }
  cancellation_slot_type get_cancellation_slot() const noexcept { return cancellation_.slot(); }

  void operator()(const asio::error_code& = {}) {
    if (core_->is_released() || cancellation_.cancelled() != asio::cancellation_type::none) {
      return end(step_.aborted(*core_));
    }
    Happening* const awaited = step_.look(*core_);
    if (awaited == nullptr) return end(step_.result());
    awaited->async_wait(std::move(*this));
  }

 private:
  template <class Result>
  void end(Result result) {
    if (auto slot = asio::get_associated_cancellation_slot(handler_); slot.is_connected()) slot.clear();
    const auto executor = work_.get_executor();
    asio::dispatch(executor, [handler = std::move(handler_), result = std::move(result)]() mutable {
      std::apply(std::move(handler), std::move(result));
    });
  }

  std::shared_ptr<AsyncCore> core_;
  Step step_;
  Handler handler_;
  asio::cancellation_state cancellation_;
  asio::executor_work_guard<asio::associated_executor_t<Handler, asio::any_io_executor>> work_;
};

template <class Signature, class Step, class Token>
auto start_operation(const std::shared_ptr<AsyncCore>& core, Step step, Token&& token) {
  return asio::async_initiate<Token, Signature>(
      [core](auto handler, Step first) {
        first.start(*core);
        asio::post(core->executor(), Operation<Step, decltype(handler)>(core, std::move(first), std::move(handler)));
      },
      token, std::move(step));
}

}  // namespace tautline::posix::detail
