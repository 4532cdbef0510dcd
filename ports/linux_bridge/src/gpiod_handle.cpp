#include "gpiod_handle.hpp"

#include <stdexcept>

#ifdef TAUTLINE_GPIOD

#include <fcntl.h>
#include <gpiod.h>

#include <cerrno>
#include <cstring>

namespace tautline::linux_bridge {
namespace {

constexpr const char* consumer = "tautline";

struct CloseChip {
  void operator()(gpiod_chip* chip) const { gpiod_chip_close(chip); }  // releases its lines too
};

class GpiodHandle : public GpioHandle {
 public:
  GpiodHandle(const std::string& chip, unsigned offset, bool watch)
      : name_(chip + ":" + std::to_string(offset)), chip_(gpiod_chip_open_lookup(chip.c_str())) {
    if (chip_ == nullptr) fail("no chip " + chip, ": `gpiodetect` lists them; without any, this kernel has none");
    line_ = gpiod_chip_get_line(chip_.get(), offset);
    if (line_ == nullptr) fail("not on this chip", ": `gpioinfo` lists its lines");
    const int pull_up = GPIOD_LINE_REQUEST_FLAG_BIAS_PULL_UP;
    const int result = watch ? gpiod_line_request_both_edges_events_flags(line_, consumer, pull_up)
                             : gpiod_line_request_input_flags(line_, consumer, pull_up);
    if (result != 0) fail("cannot be used", ": `gpioinfo` tells who has it");
    if (!watch) return;
    events_ = gpiod_line_event_get_fd(line_);
    ::fcntl(events_, F_SETFL, ::fcntl(events_, F_GETFL) | O_NONBLOCK);
  }

  bool get() override {
    const int value = gpiod_line_get_value(line_);
    if (value < 0) fail("cannot be read", "");
    return value != 0;
  }

  void set(bool high) override {
    const int result =
        is_output_ ? gpiod_line_set_value(line_, high ? 1 : 0) : gpiod_line_set_direction_output(line_, high ? 1 : 0);
    if (result != 0) fail("cannot be driven", "");
    is_output_ = true;
  }

  int descriptor() const override { return events_; }

  void take_changes() override {
    gpiod_line_event events[16];
    while (true) {
      const int count = gpiod_line_event_read_multiple(line_, events, 16);
      if (count < 0 && errno != EAGAIN) fail("cannot be watched", "");
      if (count < 16) return;
    }
  }

 private:
  [[noreturn]] void fail(const std::string& what, const std::string& advice) const {
    throw std::runtime_error("GPIO line " + name_ + ": " + what + ": " + std::strerror(errno) + advice);
  }

  const std::string name_;
  std::unique_ptr<gpiod_chip, CloseChip> chip_;
  gpiod_line* line_ = nullptr;  ///< belongs to the chip
  int events_ = -1;             ///< belongs to the line
  bool is_output_ = false;
};

}  // namespace

std::unique_ptr<GpioHandle> open_gpiod(const std::string& chip, unsigned offset, bool watch) {
  return std::make_unique<GpiodHandle>(chip, offset, watch);
}

}  // namespace tautline::linux_bridge

#else

namespace tautline::linux_bridge {

std::unique_ptr<GpioHandle> open_gpiod(const std::string& chip, unsigned offset, bool) {
  throw std::runtime_error("GPIO line " + chip + ":" + std::to_string(offset) +
                           ": built without libgpiod: install the package libgpiod-dev (version 1.x) and build again");
}

}  // namespace tautline::linux_bridge

#endif
