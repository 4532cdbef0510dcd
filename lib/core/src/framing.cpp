#include "tautline/core/framing.hpp"

#include <cstring>

namespace tautline {

bool take_line(std::string_view& bytes, std::string_view& line) {
  if (bytes.empty()) return false;
  const char* const begin = bytes.data();
  const void* const found = std::memchr(begin, '\n', bytes.size());
  if (found == nullptr) return false;
  const auto length = static_cast<std::size_t>(static_cast<const char*>(found) - begin);
  line = std::string_view(begin, length);
  bytes.remove_prefix(length + 1);
  return true;
}

bool LineBuffer::next(std::string_view& line) {
  std::string_view rest = waiting();
  if (!take_line(rest, line)) return false;
  begin_ = to_index(end_ - rest.size());
  return true;
}

void LineBuffer::compact() {
  if (begin_ == 0) return;
  std::memmove(data_, data_ + begin_, waiting_bytes());
  end_ = to_index(waiting_bytes());
  begin_ = 0;
}

}  // namespace tautline
