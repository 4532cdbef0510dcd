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

/// The message of the remote control: `{"on":true}`.
bool parse_switch(std::string_view line, bool& on) {
  constexpr std::string_view key = "{\"on\":";
  if (!starts_with(line, key)) return false;
  line.remove_prefix(key.size());
  while (starts_with(line, " ")) line.remove_prefix(1);
  on = starts_with(line, "true");
  return on || starts_with(line, "false");
}

/// What survives a reset: the client's eight bytes, and the effect of the server's lists, which here is their count.
struct Effect {
  bool known;
  tautline::KeptNumbers numbers;
  std::uint32_t lists;
};

Effect& effect() {
  static_assert(sizeof(Effect) <= sizeof(board::Kept));
  return reinterpret_cast<Effect&>(board::kept());
}

}  // namespace

Node::Node(Client& client, const Settings& settings) : client_(client), settings_(settings) {
  if (settings_.keeps_numbers && effect().known) client_.resume(effect().numbers);
}

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
  if (settings_.period_ms != 0) write_list(now_ms);
  if (settings_.has_switch) watch_switch();
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
  bool on = false;
  if (starts_with(line, "[")) {
    take_list();
  } else if (parse_switch(line, on)) {
    board::write_pin(output_pin, on);
    if (!settings_.has_switch) client_.write(line, false);  // tells the switch that the lamp has changed
  } else {
    print("which is no list\n");
  }
}

/// The list's effect and the mark that it was taken are stored one right after the other, and before the server is
/// told. (In flash they would be one record.)
void Node::take_list() {
  client_.accept();
  Effect after = effect();
  ++after.lists;
  after.known = client_.numbers_to_keep(after.numbers);
  effect() = after;
  print("lists ", after.lists, "\n");
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

void Node::watch_switch() {
  const bool on = board::read_pin(input_pin);
  if (on == switch_on_) return;
  if (write(on ? "{\"on\":true}" : "{\"on\":false}")) switch_on_ = on;
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
