#include <stdexcept>

#include "switch.hpp"

#ifdef TAUTLINE_GPIOD

#include <fcntl.h>
#include <gpiod.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include <asio/posix/stream_descriptor.hpp>
#include <asio/use_awaitable.hpp>

#include "coroutine.hpp"

namespace remote_control {
namespace {

constexpr std::chrono::milliseconds bounce_time{20};

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

struct CloseChip {
  void operator()(gpiod_chip* chip) const { gpiod_chip_close(chip); }  // releases its lines too
};

class GpioSwitch : public Switch {
 public:
  GpioSwitch(const asio::any_io_executor& executor, const std::string& chip, unsigned offset)
      : chip_(gpiod_chip_open_lookup(chip.c_str())), events_(executor) {
    const std::string name = chip + ":" + std::to_string(offset);
    if (chip_ == nullptr) fail("cannot open the GPIO chip " + chip);
    line_ = gpiod_chip_get_line(chip_.get(), offset);
    if (line_ == nullptr) fail("cannot find the GPIO line " + name);
    const int flags = GPIOD_LINE_REQUEST_FLAG_ACTIVE_LOW | GPIOD_LINE_REQUEST_FLAG_BIAS_PULL_UP;
    if (gpiod_line_request_both_edges_events_flags(line_, "tautline", flags) != 0) {
      fail("cannot watch the GPIO line " + name);
    }
    // Asio closes what it watches, and the descriptor of the line is libgpiod's.
    const int watched = ::fcntl(gpiod_line_event_get_fd(line_), F_DUPFD_CLOEXEC, 0);
    if (watched < 0) fail("cannot watch the GPIO line " + name);
    events_.assign(watched);
    on_ = value();
  }

  asio::awaitable<bool> next(bool& on) override {
    for (;;) {
      co_await events_.async_wait(asio::posix::stream_descriptor::wait_read, asio::use_awaitable);
      co_await example::pause(bounce_time);  // contacts bounce: what counts is where they come to rest
      gpiod_line_event events[16];
      if (gpiod_line_event_read_multiple(line_, events, 16) < 0 && errno != EAGAIN) fail("cannot read the GPIO line");
      if (value() == on_) continue;
      on_ = !on_;
      on = on_;
      co_return true;
    }
  }

 private:
  bool value() {
    const int value = gpiod_line_get_value(line_);
    if (value < 0) fail("cannot read the GPIO line");
    return value != 0;
  }

  std::unique_ptr<gpiod_chip, CloseChip> chip_;
  gpiod_line* line_ = nullptr;  ///< belongs to the chip
  asio::posix::stream_descriptor events_;
  bool on_ = false;
};

}  // namespace

std::unique_ptr<Switch> make_gpio_switch(const asio::any_io_executor& executor, const std::string& chip_and_line) {
  const std::size_t colon = chip_and_line.rfind(':');
  const std::string number = colon == std::string::npos ? "" : chip_and_line.substr(colon + 1);
  if (number.empty() || number.size() > 4 || number.find_first_not_of("0123456789") != std::string::npos) {
    throw std::runtime_error("'" + chip_and_line + "' is no GPIO line: use CHIP:LINE, as in gpiochip0:17");
  }
  return std::make_unique<GpioSwitch>(executor, chip_and_line.substr(0, colon),
                                      static_cast<unsigned>(std::stoul(number)));
}

}  // namespace remote_control

#else

namespace remote_control {

std::unique_ptr<Switch> make_gpio_switch(const asio::any_io_executor&, const std::string&) {
  throw std::runtime_error("built without libgpiod: install the package libgpiod-dev (version 1.x) and build again");
}

}  // namespace remote_control

#endif
