#pragma once

#include <chrono>
#include <memory>
#include <string>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>

namespace remote_control {

/// Something that a person, or a script, switches.
class Switch {
 public:
  virtual ~Switch() = default;
  /// Pauses until it is switched on or off; false: it ends, there are no more presses.
  virtual asio::awaitable<bool> next(bool& on) = 0;
};

/// The space bar of the terminal toggles, q ends. Throws std::system_error if there is no terminal.
std::unique_ptr<Switch> make_key_switch(const asio::any_io_executor& executor);

/// A push button between a GPIO line and ground, "gpiochip0:17": on while it is pressed. Throws std::runtime_error (no
/// such line, it is in use, or the program was built without libgpiod).
std::unique_ptr<Switch> make_gpio_switch(const asio::any_io_executor& executor, const std::string& chip_and_line);

/// So many presses, one each period.
std::unique_ptr<Switch> make_scripted_switch(int presses, std::chrono::milliseconds period);

}  // namespace remote_control
