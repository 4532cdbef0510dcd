#pragma once

#include <sys/epoll.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/post.hpp>
#include <asio/use_awaitable.hpp>

namespace tautline::cli {

/// Waits until a standard descriptor can be read or written, without changing it.
///
/// Asio given the descriptor itself would set O_NONBLOCK, which the shell and other programs on the same terminal or
/// pipe would then see too. So Asio watches an epoll set with the descriptor in it. Regular files and /dev/null, which
/// epoll refuses, are always ready.
class DescriptorWait {
 public:
  DescriptorWait(const asio::any_io_executor& executor, int descriptor, std::uint32_t epoll_events) : watch_(executor) {
    const int set = ::epoll_create1(EPOLL_CLOEXEC);
    if (set < 0) throw std::system_error(errno, std::generic_category(), "cannot create an epoll set");
    watch_.assign(set);
    epoll_event event{};
    event.events = epoll_events;
    always_ready_ = ::epoll_ctl(set, EPOLL_CTL_ADD, descriptor, &event) != 0;
  }

  asio::awaitable<void> wait() {
    if (always_ready_) {
      co_await asio::post(asio::use_awaitable);  // others get their turn
    } else {
      co_await watch_.async_wait(asio::posix::stream_descriptor::wait_read, asio::use_awaitable);
    }
  }

 private:
  asio::posix::stream_descriptor watch_;
  bool always_ready_ = false;
};

}  // namespace tautline::cli
