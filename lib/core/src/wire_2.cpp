#include "tautline/core/wire_2.hpp"

#include <cstring>

#include "tautline/core/decimal.hpp"
#include "tautline/core/line_rules.hpp"

namespace tautline::wire_2 {
namespace {

std::string_view without_cr(std::string_view line) {
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

/// Removes `word` from the front of the text; false if it does not stand there.
bool take(std::string_view& text, const char* word) {
  std::string_view rest = text;
  for (; *word != '\0'; ++word) {
    if (rest.empty() || rest.front() != *word) return false;
    rest.remove_prefix(1);
  }
  text = rest;
  return true;
}

bool take_space(std::string_view& text) {
  if (text.empty() || text.front() != ' ') return false;
  text.remove_prefix(1);
  return true;
}

/// Removes what stands before the next space (or all) from the front of the text.
std::string_view take_word(std::string_view& text) {
  std::size_t length = 0;
  while (length < text.size() && text[length] != ' ') ++length;
  const std::string_view word(text.data(), length);
  text.remove_prefix(length);
  return word;
}

/// A number, or "-" for none.
bool take_optional_decimal(std::string_view& text, std::uint32_t& value, bool& present) {
  present = !take(text, "-");
  return !present || take_decimal(text, value);
}

bool adopt_option(char key, std::uint32_t value, ReceiveLimits& limits) {
  switch (key) {
    case 'w':
      if (value < min_window || value > max_window) return false;
      limits.window = value;
      return true;
    case 'n':
      if (value < min_payload_limit) return false;
      limits.max_payload = value;
      return true;
    case 't':
      if (value == 0) return false;
      limits.timeout_ms = value;
      return true;
    default: return true;
  }
}

/// *( SP key "=" value ): to the end of the line. Unknown keys are ignored, so that later versions can add some.
bool take_options(std::string_view& text, ReceiveLimits& limits) {
  while (!text.empty()) {
    if (!take_space(text)) return false;
    std::string_view option = take_word(text);
    std::size_t equals = 0;
    while (equals < option.size() && option[equals] != '=') ++equals;
    if (equals == 0 || equals == option.size()) return false;
    const char key = option[0];
    option.remove_prefix(equals + 1);
    if (equals != 1 || (key != 'w' && key != 'n' && key != 't')) continue;
    std::uint32_t value = 0;
    if (!parse_decimal(option, value) || !adopt_option(key, value, limits)) return false;
  }
  return true;
}

/// `word`, `count` times a space and a number, and options: what HI and the server's GO are.
bool parse_numbers(std::string_view line, const char* word, std::uint32_t* numbers, unsigned count,
                   ReceiveLimits& limits) {
  line = without_cr(line);
  if (!take(line, word)) return false;
  for (unsigned i = 0; i < count; ++i) {
    if (!take_space(line) || !take_decimal(line, numbers[i])) return false;
  }
  return take_options(line, limits);
}

char* put_word(char* out, const char* word) {
  while (*word != '\0') *out++ = *word++;
  return out;
}

char* put(char* out, std::string_view text) {
  if (text.empty()) return out;  // memcpy must not be given the null pointer of an empty view
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

char* put_limits(char* out, const ReceiveLimits& limits) {
  out = put_decimal(put_word(out, " w="), limits.window);
  out = put_decimal(put_word(out, " n="), limits.max_payload);
  return put_decimal(put_word(out, " t="), limits.timeout_ms);
}

char* put_optional(char* out, bool present, std::uint32_t value) {
  if (present) return put_decimal(out, value);
  *out = '-';
  return out + 1;
}

char* end_line(char* out) {
  *out = '\n';
  return out + 1;
}

}  // namespace

bool parse_hello(std::string_view line, Hello& hello) {
  line = without_cr(line);
  if (!take(line, "TL2 ")) return false;
  hello.id = take_word(line);
  return is_valid_id(hello.id) && take_options(line, hello.limits);
}

bool parse_hi(std::string_view line, Hi& hi) {
  std::uint32_t numbers[2];
  if (!parse_numbers(line, "HI", numbers, 2, hi.limits)) return false;
  hi.generation = numbers[0];
  hi.sid = numbers[1];
  return true;
}

bool parse_client_go(std::string_view line, ClientGo& go) {
  line = without_cr(line);
  ReceiveLimits ignored;
  return take(line, "GO ") && take_decimal(line, go.generation) && take_space(line) &&
         take_optional_decimal(line, go.ack, go.has_ack) && take_space(line) && take_decimal(line, go.start) &&
         take_space(line) && take_optional_decimal(line, go.epoch, go.has_epoch) && take_options(line, ignored);
}

bool parse_server_go(std::string_view line, ServerGo& go) {
  std::uint32_t numbers[3];
  ReceiveLimits ignored;
  if (!parse_numbers(line, "GO", numbers, 3, ignored)) return false;
  go.generation = numbers[0];
  go.ack = numbers[1];
  go.start = numbers[2];
  return true;
}

bool parse_bye(std::string_view line, Bye& bye) {
  line = without_cr(line);
  if (!take(line, "BYE ")) return false;
  bye.text = line;
  bye.code = bye_code(take_word(line));
  return true;
}

Line parse_line(std::string_view line) {
  line = without_cr(line);
  Line result;
  if (line.empty()) {
    result.kind = Kind::nop;
    return result;
  }
  const char first = line.front();
  line.remove_prefix(1);
  switch (first) {
    case 'D':
      if (!take_decimal(line, result.first) || !take_space(line) || !is_valid_payload(line)) return result;
      result.payload = line;
      result.kind = Kind::data;
      break;
    case 'U':
      if (!take_space(line) || !is_valid_payload(line)) return result;
      result.payload = line;
      result.kind = Kind::plain;
      break;
    case 'A':
      if (!take_decimal(line, result.first) || !take_space(line) || !parse_decimal(line, result.second)) return result;
      result.kind = Kind::status;
      break;
    case 'R':
      if (!parse_decimal(line, result.first)) return result;
      result.kind = Kind::resend;
      break;
    case 'B':
      if (!take(line, "YE ")) return result;
      result.payload = line;
      result.kind = Kind::bye;
      break;
    default: break;
  }
  return result;
}

char* put_hello(char* out, const Hello& hello) {
  return end_line(put_limits(put(put_word(out, "TL2 "), hello.id), hello.limits));
}

char* put_hi(char* out, const Hi& hi) {
  out = put_decimal(put_word(out, "HI "), hi.generation);
  *out++ = ' ';
  return end_line(put_limits(put_decimal(out, hi.sid), hi.limits));
}

char* put_client_go(char* out, const ClientGo& go) {
  out = put_decimal(put_word(out, "GO "), go.generation);
  *out++ = ' ';
  out = put_optional(out, go.has_ack, go.ack);
  *out++ = ' ';
  out = put_decimal(out, go.start);
  *out++ = ' ';
  return end_line(put_optional(out, go.has_epoch, go.epoch));
}

char* put_server_go(char* out, const ServerGo& go) {
  out = put_decimal(put_word(out, "GO "), go.generation);
  *out++ = ' ';
  out = put_decimal(out, go.ack);
  *out++ = ' ';
  return end_line(put_decimal(out, go.start));
}

char* put_bye(char* out, Reason code) {
  return end_line(put_word(put_word(out, "BYE "), to_string(code)));
}

char* put_status(char* out, std::uint32_t ack, std::uint32_t sent) {
  *out++ = 'A';
  out = put_decimal(out, ack);
  *out++ = ' ';
  return end_line(put_decimal(out, sent));
}

char* put_resend(char* out, std::uint32_t seq) {
  *out++ = 'R';
  return end_line(put_decimal(out, seq));
}

char* put_data(char* out, std::uint32_t seq, std::string_view payload) {
  *out++ = 'D';
  out = put_decimal(out, seq);
  *out++ = ' ';
  return end_line(put(out, payload));
}

char* put_plain(char* out, std::string_view payload) {
  *out++ = 'U';
  *out++ = ' ';
  return end_line(put(out, payload));
}

}  // namespace tautline::wire_2
