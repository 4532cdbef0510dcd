#pragma once

#include <memory>
#include <string>

namespace tautline::linux_bridge {

/// One line of a GPIO chip as a GpioLine uses it. Failures are std::runtime_error, in words for the user.
class GpioHandle {
 public:
  virtual ~GpioHandle() = default;
  /// Its level.
  virtual bool get() = 0;
  /// Drives it; until then it is an input.
  virtual void set(bool high) = 0;
  /// Becomes readable when the level changed; -1: it is not watched.
  virtual int descriptor() const = 0;
  /// Takes the changes that descriptor() tells of.
  virtual void take_changes() = 0;
};

/// The Pin seam over a GPIO line of the kernel, by libgpiod: a handshake or reset line, with the chip's pull-up where
/// it has one. It is free again with the object, and then high by its pull-up.
class GpioLine {
 public:
  /// Is the line only driven and read, or are its changes waited for, too? A watched line cannot be driven.
  enum class Use : bool { drive, watch };

  /// `name`: chip and line, "gpiochip0:17". Throws std::runtime_error, which says what is wrong and what to do.
  GpioLine(const std::string& name, Use use);
  /// Another line, for tests.
  explicit GpioLine(std::unique_ptr<GpioHandle> handle);

  /// Of the Pin seam. Throws as the constructor if the kernel refuses.
  void write(bool high);
  /// Of the Pin seam. Throws as the constructor if the kernel refuses.
  bool read() const { return handle_->get(); }

  /// What to wait for; -1: the line is not watched.
  int descriptor() const { return handle_->descriptor(); }
  /// After descriptor() became readable, and before read(): a change after this one makes it readable again.
  void take_changes() { handle_->take_changes(); }

 private:
  enum class Driven : unsigned char { not_yet, low, high };

  std::unique_ptr<GpioHandle> handle_;
  Driven driven_ = Driven::not_yet;
};

}  // namespace tautline::linux_bridge
