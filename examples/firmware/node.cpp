#include "node.hpp"

#include <cstring>

#include "tautline/baremetal/board.hpp"
#include "tautline/baremetal/console.hpp"
#include "tautline/core/decimal.hpp"
#include "tautline/core/serial.hpp"

namespace node {
namespace {

namespace board = tautline::board;
using tautline::baremetal::print;

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

[[noreturn]] void hang() {
  print("hangs\n");
  while (true) {
    __asm__ volatile("" ::: "memory");
  }
}

/// Without substr(), whose check of the position brings in exceptions.
bool starts_with(std::string_view line, std::string_view prefix) {
  return line.size() >= prefix.size() && std::memcmp(line.data(), prefix.data(), prefix.size()) == 0;
}

/// `out 1 0`: pin 1 off.
bool drive_pin(std::string_view line) {
  constexpr std::string_view command = "out ";
  if (!starts_with(line, command)) return false;
  line.remove_prefix(command.size());
  std::uint32_t pin = 0;
  std::uint32_t value = 0;
  if (!tautline::take_decimal(line, pin) || line.empty()) return false;
  line.remove_prefix(1);
  if (!tautline::parse_decimal(line, value)) return false;
  board::write_pin(pin, value != 0);
  return true;
}

}  // namespace

void Node::on_state(void*, bool up, tautline::Reason reason) {
  if (up) {
    print("link up\n");
  } else {
    print("link down: ", to_string(reason), "\n");
  }
}

void Node::turn(std::uint32_t now_ms) {
  if (hang_next_) hang();
  read_lines();
  if (settings_.pins) {
    watch_pins();
  } else {
    write_list(now_ms);
  }
  tell_acknowledged();
}

void Node::read_lines() {
  std::string_view line;
  while (client_.readline(line)) handle(line);
}

void Node::handle(std::string_view line) {
  print("got ", line, "\n");
  if (line == "hang") {
    hang_next_ = true;
    return;
  }
  if (!starts_with(line, "[") && !drive_pin(line)) print("which is no list\n");
}

void Node::write_list(std::uint32_t now_ms) {
  if (!started_) {
    if (!client_.status()) return;  // the first line when the link is up for the first time
    started_ = true;
    next_list_ms_ = now_ms;
  }
  if (!tautline::at_or_before(next_list_ms_, now_ms)) return;
  Text list;
  list << "[" << count_ << ", " << client_.connects() << ", " << board::boots() << "]";
  if (!write(list)) return;  // the queue is full, in an outage: the next turn tries again
  ++count_;
  next_list_ms_ = now_ms + settings_.period_ms;
}

void Node::watch_pins() {
  for (unsigned pin = 0; pin < pin_count; ++pin) {
    const auto bit = static_cast<std::uint8_t>(1U << pin);
    const bool on = board::read_pin(pin);
    if (on == ((pins_ & bit) != 0)) continue;
    Text line;
    line << "in " << pin << (on ? " 1" : " 0");
    if (!write(line)) return;
    pins_ ^= bit;
  }
}

bool Node::write(std::string_view line) {
  if (client_.write(line).status != tautline::WriteStatus::ok) return false;
  ++written_;
  print("wrote ", line, "\n");
  return true;
}

void Node::tell_acknowledged() {
  const std::uint32_t acknowledged = written_ - client_.unacknowledged();
  if (acknowledged == acknowledged_) return;
  acknowledged_ = acknowledged;
  print("acknowledged ", acknowledged_, "\n");
}

}  // namespace node
