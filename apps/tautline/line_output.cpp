#include "line_output.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>

namespace tautline::cli {

bool LineOutput::ready() const {
  pollfd wanted{descriptor_, POLLOUT, 0};
  return ::poll(&wanted, 1, 0) > 0;
}

bool LineOutput::write(std::string_view prefix, std::string_view line) {
  bytes_.assign(prefix);
  bytes_.append(line);
  bytes_.push_back('\n');
  std::size_t written = 0;
  while (written < bytes_.size()) {
    const ssize_t count = ::write(descriptor_, bytes_.data() + written, bytes_.size() - written);
    if (count >= 0) {
      written += static_cast<std::size_t>(count);
    } else if (errno == EAGAIN) {  // somebody made the descriptor non-blocking
      pollfd wanted{descriptor_, POLLOUT, 0};
      ::poll(&wanted, 1, -1);
    } else if (errno != EINTR) {
      error_ = errno;
      return false;
    }
  }
  return true;
}

void LineOutput::reader_is_gone() {
  error_ = EPIPE;
}

}  // namespace tautline::cli
