#include "tautline/core/line_rules.hpp"

#include <cstring>

#include "tautline/core/limits.hpp"

namespace tautline {
namespace {

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_id_character(char c) {
  return is_alphanumeric(c) || c == '-' || c == '_' || c == '.' || c == '/' || c == ':';
}

/// Is one of the eight bytes less than `bound` (at most 128)? All that is forbidden is, and hardly anything else.
constexpr bool has_less(std::uint64_t word, unsigned bound) {
  constexpr std::uint64_t ones = 0x0101010101010101U;
  return ((word - ones * bound) & ~word & (ones << 7U)) != 0;
}

/// Does one of the eight bytes equal `byte`? x has a zero byte exactly if (x - 01..01) & ~x & 80..80 is not zero.
constexpr bool has_byte(std::uint64_t word, char byte) {
  constexpr std::uint64_t ones = 0x0101010101010101U;
  const std::uint64_t x = word ^ (ones * static_cast<unsigned char>(byte));
  return ((x - ones) & ~x & (ones << 7U)) != 0;
}

bool is_continuation(unsigned char byte) {
  return (byte & 0xC0U) == 0x80;
}

/// Length of the well-formed UTF-8 sequence at `p`, 0 if there is none. RFC 3629, section 4.
std::size_t utf8_sequence(const unsigned char* p, std::size_t available) {
  const unsigned lead = p[0];
  if (lead < 0x80) return 1;
  std::size_t length = 0;
  unsigned low = 0x80;  // bounds of the second byte; they exclude overlong forms, surrogates and > U+10FFFF
  unsigned high = 0xBF;
  if (lead >= 0xC2 && lead <= 0xDF) {
    length = 2;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    length = 3;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    length = 4;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  }
  if (length == 0 || available < length) return 0;
  if (p[1] < low || p[1] > high) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if (!is_continuation(p[i])) return 0;
  }
  return length;
}

}  // namespace

const char* to_string(WriteStatus status) {
  switch (status) {
    case WriteStatus::ok: return "ok";
    case WriteStatus::would_block: return "the queue is full or the link is down: try again later";
    case WriteStatus::closed: return "the link was closed by this side: the line is not sent";
    case WriteStatus::taken_over: return "another server has taken the link over: the line is not sent";
    case WriteStatus::bad_line: return "a line must not contain LF, CR or NUL: escape them";
    case WriteStatus::too_long: return "the line is longer than the agreed maximum";
    case WriteStatus::empty: return "protocol 1 cannot carry an empty line";
    case WriteStatus::not_utf8: return "protocol 1 carries UTF-8 only: escape other bytes";
  }
  return "unknown";
}

bool is_valid_payload(std::string_view payload) {
  const char* p = payload.data();
  std::size_t left = payload.size();
  // Eight bytes at a time: this runs once per line, and a loop over bytes was a tenth of the server's time. On devices,
  // which have no such registers, it would be seven times as large.
  if constexpr (sizeof(void*) >= sizeof(std::uint64_t)) {
    for (; left >= sizeof(std::uint64_t); left -= sizeof(std::uint64_t), p += sizeof(std::uint64_t)) {
      std::uint64_t word = 0;
      std::memcpy(&word, p, sizeof word);
      if (!has_less(word, '\r' + 1)) continue;
      if (has_byte(word, '\0') || has_byte(word, '\n') || has_byte(word, '\r')) return false;
    }
  }
  for (; left != 0; --left, ++p) {
    if (*p == '\0' || *p == '\n' || *p == '\r') return false;
  }
  return true;
}

bool is_valid_id(std::string_view id) {
  if (id.empty() || id.size() > max_id_bytes) return false;
  for (const char c : id) {
    if (!is_id_character(c)) return false;
  }
  return true;
}

bool looks_like_hello(std::string_view text) {
  return text.size() >= 3 && text[0] == 'T' && text[1] == 'L' && text[2] >= '0' && text[2] <= '9';
}

bool is_utf8(std::string_view text) {
  const auto* p = reinterpret_cast<const unsigned char*>(text.data());
  std::size_t left = text.size();
  while (left != 0) {
    const std::size_t length = utf8_sequence(p, left);
    if (length == 0) return false;
    p += length;
    left -= length;
  }
  return true;
}

WriteStatus check_payload(std::string_view payload, std::size_t max_payload) {
  if (payload.size() > max_payload) return WriteStatus::too_long;
  return is_valid_payload(payload) ? WriteStatus::ok : WriteStatus::bad_line;
}

}  // namespace tautline
