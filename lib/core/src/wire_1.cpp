#include "tautline/core/wire_1.hpp"

#include <cstring>

namespace tautline::wire_1 {
namespace {

/// 0 to 15, or 16 if it is no lower-case hex digit.
unsigned hex_value(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10;
  return 16;
}

char hex_digit(unsigned value) {
  return "0123456789abcdef"[value & 0xFU];
}

char* put_text(char* out, std::string_view text) {
  if (!text.empty()) std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

char* put_number(char* out, std::uint8_t number) {
  *out++ = hex_digit(number / 16U);
  *out++ = hex_digit(number);
  return out;
}

}  // namespace

Line parse_line(std::string_view line) {
  Line parsed;
  if (line.empty()) {
    parsed.kind = Kind::keepalive;
    return parsed;
  }
  if (line.size() < 2) return parsed;
  const unsigned high = hex_value(line[0]);
  const unsigned low = hex_value(line[1]);
  if (high > 15 || low > 15) return parsed;
  parsed.number = static_cast<std::uint8_t>(high * 16 + low);
  parsed.payload = line.substr(2);
  parsed.kind = parsed.payload.empty() ? Kind::ack : Kind::message;
  return parsed;
}

WriteStatus check_payload(std::string_view payload, std::size_t max_payload) {
  if (payload.empty()) return WriteStatus::empty;
  const WriteStatus status = tautline::check_payload(payload, max_payload);
  if (status != WriteStatus::ok) return status;
  return is_utf8(payload) ? WriteStatus::ok : WriteStatus::not_utf8;
}

char* put_id(char* out, std::string_view id) {
  out = put_text(out, id);
  *out++ = '\n';
  return out;
}

char* put_message(char* out, std::uint8_t number, std::string_view payload) {
  out = put_text(put_number(out, number), payload);
  *out++ = '\n';
  return out;
}

char* put_ack(char* out, std::uint8_t number) {
  out = put_number(out, number);
  *out++ = '\n';
  return out;
}

char* put_keepalive(char* out) {
  *out++ = '\n';
  return out;
}

}  // namespace tautline::wire_1
