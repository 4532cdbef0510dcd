#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <iostream>
#include <system_error>

#include <asio/buffer.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/use_awaitable.hpp>

#include "switch.hpp"

namespace remote_control {
namespace {

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

/// The terminal hands over each key at once and does not show it. As it was before when this ends.
class SingleKeys {
 public:
  explicit SingleKeys(int terminal) : terminal_(terminal) {
    if (::tcgetattr(terminal, &before_) != 0) fail("no terminal for the switch");
    termios single = before_;
    single.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);  // ctrl-C still ends the program
    single.c_cc[VMIN] = 1;
    single.c_cc[VTIME] = 0;
    if (::tcsetattr(terminal, TCSANOW, &single) != 0) fail("no terminal for the switch");
  }
  ~SingleKeys() { ::tcsetattr(terminal_, TCSANOW, &before_); }
  SingleKeys(const SingleKeys&) = delete;
  SingleKeys& operator=(const SingleKeys&) = delete;

 private:
  int terminal_;
  termios before_{};
};

/// A descriptor of our own: making it non-blocking does not touch what the shell has open.
int open_terminal() {
  const int terminal = ::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
  if (terminal < 0) fail("no terminal for the switch (/dev/tty)");
  return terminal;
}

class KeySwitch : public Switch {
 public:
  explicit KeySwitch(const asio::any_io_executor& executor)
      : terminal_(executor, open_terminal()), single_keys_(terminal_.native_handle()) {
    std::cout << "The space bar is the switch, q ends" << std::endl;
  }

  asio::awaitable<bool> next(bool& on) override {
    for (;;) {
      char key = 0;
      co_await terminal_.async_read_some(asio::buffer(&key, 1), asio::use_awaitable);
      if (key == 'q') co_return false;
      if (key != ' ') continue;
      on_ = !on_;
      on = on_;
      co_return true;
    }
  }

 private:
  asio::posix::stream_descriptor terminal_;
  SingleKeys single_keys_;
  bool on_ = false;
};

}  // namespace

std::unique_ptr<Switch> make_key_switch(const asio::any_io_executor& executor) {
  return std::make_unique<KeySwitch>(executor);
}

}  // namespace remote_control
