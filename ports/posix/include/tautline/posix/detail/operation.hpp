#pragma once

#include <memory>
#include <tuple>
#include <utility>

#include <asio/any_io_executor.hpp>
#include <asio/associated_allocator.hpp>
#include <asio/associated_cancellation_slot.hpp>
#include <asio/associated_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/executor_work_guard.hpp>

#include "tautline/async/waiting.hpp"
#include "tautline/posix/detail/async_core.hpp"

namespace tautline::posix::detail {

/// An operation of the AsyncClient under way: it looks whether it can end; if not, it waits for something to happen and
/// looks again. Steps run on the client's executor, the handler on its own. It never completes inside the call that
/// started or cancelled it.
///
/// `Step` has: Happening* look(AsyncCore&), null when the end is reached; std::tuple<...> result() then; and
/// std::tuple<...> aborted(AsyncCore&) for an operation that was cancelled.
template <class Step, class Handler>
class Operation final : public Waiter {
 public:
  /// Looks at once: a line that is written is queued before the call returns.
  static void start(std::shared_ptr<AsyncCore> core, Step step, Handler handler) {
    Allocator allocator(asio::get_associated_allocator(handler));
    auto* const memory = std::allocator_traits<Allocator>::allocate(allocator, 1);
    auto* const made = new (static_cast<void*>(memory)) Operation(std::move(core), std::move(step), std::move(handler));
    if (auto slot = asio::get_associated_cancellation_slot(made->handler_); slot.is_connected()) {
      slot.assign([made](asio::cancellation_type type) {
        if (type != asio::cancellation_type::none) made->cancel();
      });
    }
    made->step_.start(*made->core_);
    made->look(Completion::posted);
  }

  void look(Completion completion) override {
    if (core_->is_released()) return end(completion, step_.aborted(*core_));
    Happening* const awaited = step_.look(*core_);
    if (awaited == nullptr) return end(completion, step_.result());
    awaited->add(*this);
  }
  void abandon() override { free(); }

 private:
  using Executor = asio::associated_executor_t<Handler, asio::any_io_executor>;
  using Allocator =
      typename std::allocator_traits<asio::associated_allocator_t<Handler>>::template rebind_alloc<Operation>;

  Operation(std::shared_ptr<AsyncCore> core, Step step, Handler handler)
      : core_(std::move(core)),
        step_(std::move(step)),
        handler_(std::move(handler)),
        work_(asio::get_associated_executor(handler_, core_->executor())) {}
  ~Operation() = default;

  void cancel() {
    unlink();
    end(Completion::posted, step_.aborted(*core_));
  }

  template <class Result>
  void end(Completion completion, Result result) {
    if (auto slot = asio::get_associated_cancellation_slot(handler_); slot.is_connected()) slot.clear();
    const auto work(std::move(work_));
    tautline::detail::call_handler(completion, work.get_executor(), free(), std::move(result));
  }

  /// The operation is gone; its handler may own the client.
  Handler free() {
    Handler handler(std::move(handler_));
    const auto core(std::move(core_));
    Allocator allocator(asio::get_associated_allocator(handler));
    this->~Operation();
    std::allocator_traits<Allocator>::deallocate(allocator, this, 1);
    return handler;
  }

  std::shared_ptr<AsyncCore> core_;
  Step step_;
  Handler handler_;
  asio::executor_work_guard<Executor> work_;
};

template <class Signature, class Step, class Token>
auto start_operation(const std::shared_ptr<AsyncCore>& core, Step step, Token&& token) {
  return asio::async_initiate<Token, Signature>(
      [core](auto handler, Step first) {
        Operation<Step, decltype(handler)>::start(core, std::move(first), std::move(handler));
      },
      token, std::move(step));
}

}  // namespace tautline::posix::detail
