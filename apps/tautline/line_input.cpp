#include "line_input.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "tautline/core/line_rules.hpp"

namespace tautline::cli {
namespace {

constexpr std::size_t read_bytes = 64 * 1024;

}  // namespace

LineInput::LineInput(int descriptor, std::size_t max_line)
    : descriptor_(descriptor), max_line_(max_line), buffer_(max_line + 1 + read_bytes) {}

bool LineInput::give(InputLine& line, std::size_t size) {
  line.number = ++number_;
  line.size = skipped_ + size;
  line.text = {};
  line.problem = InputLine::Problem::too_long;
  if (!skipping_ && size <= max_line_) {
    line.text = {buffer_.data() + begin_, size};
    line.problem = is_valid_payload(line.text) ? InputLine::Problem::none : InputLine::Problem::bad_byte;
  }
  skipping_ = false;
  skipped_ = 0;
  return true;
}

bool LineInput::next(InputLine& line) {
  const char* const from = buffer_.data() + begin_;
  const std::size_t there = end_ - begin_;
  if (const void* const found = there == 0 ? nullptr : std::memchr(from, '\n', there)) {
    const auto size = static_cast<std::size_t>(static_cast<const char*>(found) - from);
    give(line, size);
    begin_ += size + 1;
    return true;
  }
  if (ended_ && (there != 0 || skipping_)) {
    give(line, there);
    begin_ = end_;
    return true;
  }
  if (skipping_ || there > max_line_) {
    skipping_ = true;
    skipped_ += there;
    begin_ = end_ = 0;
  }
  return false;
}

void LineInput::fill() {
  if (ended_) return;
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  const ssize_t count = ::read(descriptor_, buffer_.data() + end_, read_bytes);
  if (count > 0) {
    end_ += static_cast<std::size_t>(count);
  } else if (count == 0) {
    ended_ = true;
  } else if (errno != EINTR && errno != EAGAIN) {
    error_ = errno;
    ended_ = true;
  }
}

std::string too_long_complaint(std::uint64_t number, std::size_t size, std::size_t max_line) {
  return "input line " + std::to_string(number) + ": skipped, it has " + std::to_string(size) +
         " bytes and the maximum is " + std::to_string(max_line) + ": split it, or raise --max-line on both sides";
}

std::string complaint(const InputLine& line, std::size_t max_line) {
  switch (line.problem) {
    case InputLine::Problem::none: break;
    case InputLine::Problem::too_long: return too_long_complaint(line.number, line.size, max_line);
    case InputLine::Problem::bad_byte: {
      const std::size_t at = line.text.find_first_of(std::string_view("\r\0", 2));
      const bool is_cr = line.text[at] == '\r';
      return "input line " + std::to_string(line.number) + ": skipped, byte " + std::to_string(at + 1) + " is " +
             (is_cr ? "CR" : "NUL") + ", which a line cannot contain: remove it with tr -d '" +
             (is_cr ? "\\r" : "\\0") + "'";
    }
  }
  return {};
}

}  // namespace tautline::cli
