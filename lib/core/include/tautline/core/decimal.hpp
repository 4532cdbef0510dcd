#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

/// Unsigned 32-bit decimal numbers as they stand on the wire: no sign, no leading zeros.
namespace tautline {

constexpr std::size_t max_decimal_digits = 10;

/// Reads a number from the front of `text` and removes it there. False, with `text` unspecified, if there is none,
/// it has a leading zero or it exceeds 2^32 - 1.
inline bool take_decimal(std::string_view& text, std::uint32_t& value) {
  const char* p = text.data();
  const char* const end = p + text.size();
  if (p == end) return false;
  const unsigned first = static_cast<unsigned char>(*p) - unsigned{'0'};
  if (first > 9) return false;
  ++p;
  std::uint32_t total = first;
  if (first != 0) {
    while (p != end) {
      const unsigned digit = static_cast<unsigned char>(*p) - unsigned{'0'};
      if (digit > 9) break;
      if (total > 429496729U || (total == 429496729U && digit > 5)) return false;
      total = total * 10 + digit;
      ++p;
    }
  } else if (p != end && *p >= '0' && *p <= '9') {
    return false;
  }
  value = total;
  text = std::string_view(p, static_cast<std::size_t>(end - p));
  return true;
}

/// The whole of `text` as a number.
inline bool parse_decimal(std::string_view text, std::uint32_t& value) {
  return take_decimal(text, value) && text.empty();
}

/// Writes `value` at `out` (room for max_decimal_digits) and returns the end.
inline char* put_decimal(char* out, std::uint32_t value) {
  char digits[max_decimal_digits];
  unsigned count = 0;
  do {
    digits[count++] = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value != 0);
  while (count != 0) *out++ = digits[--count];
  return out;
}

}  // namespace tautline
