#pragma once

#include <system_error>
#include <utility>

#include <asio/awaitable.hpp>

namespace tautline::detail {

/// Resumes a coroutine that awaits an object itself (`co_await connection`, `co_await client`) instead of an awaitable.
///
/// asio::awaitable's promise accepts a callable of a pointer to the frame, which hands over the coroutine's thread of
/// execution as use_awaitable does. This is Asio's own interface between awaitable and use_awaitable; it is not part of
/// its documented surface, so a test awaits a connection directly with the Asio in use.
template <typename Frame, typename Executor>
class DirectResume : public asio::detail::awaitable_thread<Executor> {
 public:
  explicit DirectResume(Frame* frame)
      : asio::detail::awaitable_thread<Executor>(std::move(*frame->detach_thread())), frame_(frame) {}

  void operator()(const std::error_code&) {
    frame_->attach_thread(this);
    frame_->clear_cancellation_slot();
    this->pump();
  }

 private:
  Frame* frame_;
};

}  // namespace tautline::detail
