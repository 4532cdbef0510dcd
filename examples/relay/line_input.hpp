#pragma once

#include <sys/epoll.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/post.hpp>
#include <asio/use_awaitable.hpp>

namespace relay_demo {

/// Lines from stdin: a terminal, a pipe or a file.
///
/// Asio watches an epoll set with stdin in it and not stdin, which it would make non-blocking for other programs on the
/// same terminal too. A file, which epoll refuses, can always be read.
class LineInput {
 public:
  explicit LineInput(const asio::any_io_executor& executor) : watch_(executor) {
    const int set = ::epoll_create1(EPOLL_CLOEXEC);
    if (set < 0) throw std::system_error(errno, std::generic_category(), "cannot wait for input");
    watch_.assign(set);
    epoll_event event{};
    event.events = EPOLLIN;
    always_ready_ = ::epoll_ctl(set, EPOLL_CTL_ADD, STDIN_FILENO, &event) != 0;
  }

  /// The next line without its newline; false at the end.
  asio::awaitable<bool> next(std::string& line) {
    for (;;) {
      const std::size_t end = buffer_.find('\n');
      if (end != std::string::npos) {
        line = buffer_.substr(0, end);
        buffer_.erase(0, end + 1);
        co_return true;
      }
      if (always_ready_) {
        co_await asio::post(asio::use_awaitable);
      } else {
        co_await watch_.async_wait(asio::posix::stream_descriptor::wait_read, asio::use_awaitable);
      }
      char bytes[4096];
      const ssize_t count = ::read(STDIN_FILENO, bytes, sizeof bytes);
      if (count < 0 && errno != EINTR && errno != EAGAIN) {
        throw std::system_error(errno, std::generic_category(), "cannot read the input");
      }
      if (count > 0) buffer_.append(bytes, static_cast<std::size_t>(count));
      if (count == 0) co_return false;
    }
  }

 private:
  asio::posix::stream_descriptor watch_;
  bool always_ready_ = false;
  std::string buffer_;
};

}  // namespace relay_demo
