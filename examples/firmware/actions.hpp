#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "node.hpp"
#include "settings.hpp"
#include "tautline/core/decimal.hpp"

/// What the node does with lines, whichever style its tasks are written in.
namespace node {

/// A line of text, put together without printf().
class Text {
 public:
  Text& operator<<(std::string_view text) {
    const std::size_t count = text.size() < room() ? text.size() : room();
    std::memcpy(text_ + size_, text.data(), count);
    size_ += count;
    return *this;
  }
  Text& operator<<(std::uint32_t number) {
    if (room() >= tautline::max_decimal_digits) {
      size_ = static_cast<std::size_t>(tautline::put_decimal(text_ + size_, number) - text_);
    }
    return *this;
  }
  operator std::string_view() const { return {text_, size_}; }

 private:
  std::size_t room() const { return sizeof text_ - size_; }

  char text_[64] = {};
  std::size_t size_ = 0;
};

constexpr unsigned input_pin = 0;
constexpr unsigned output_pin = 0;

/// The line `[count, connects, boots]`.
Text list_of(std::uint32_t count, const Client& client);
/// What a change of the switch is told with.
constexpr std::string_view switch_line(bool on) {
  return on ? "{\"on\":true}" : "{\"on\":false}";
}

/// Does what a line from the server asks for, but for `hang`.
void act_on(std::string_view line, Client& client, const Settings& settings);
/// For the watchdog to end.
[[noreturn]] void hang();

}  // namespace node
