#include "settings.hpp"

#include <cstring>
#include <string_view>

#include "tautline/core/decimal.hpp"

namespace node {
namespace {

bool set(Settings& settings, std::string_view key, const char* value) {
  std::uint32_t number = 0;
  const bool is_number = tautline::parse_decimal(value, number);
  if (key == "id") {
    settings.id = value;
  } else if (key == "server") {
    settings.server = value;
  } else if (key == "ip") {
    settings.ip = value;
  } else if (key == "gateway") {
    settings.gateway = value;
  } else if (key == "dns") {
    settings.dns = value;
  } else if (!is_number) {
    return false;
  } else if (key == "port") {
    settings.port = static_cast<std::uint16_t>(number);
  } else if (key == "timeout") {
    settings.timeout_ms = number;
  } else if (key == "period") {
    settings.period_ms = number;
  } else if (key == "lists") {
    settings.lists = number;
  } else if (key == "seed") {
    settings.seed = number;
  } else if (key == "verbose") {
    settings.verbose = number != 0;
  } else if (key == "keep") {
    settings.keeps_numbers = number != 0;
  } else if (key == "switch") {
    settings.has_switch = number != 0;
  } else {
    return false;
  }
  return true;
}

}  // namespace

bool parse(char*& text, Settings& settings) {
  while (*text != '\0') {
    char* const word = text;
    char* end = text;
    while (*end != '\0' && *end != ' ') ++end;
    char* next = end;
    while (*next == ' ') ++next;
    *end = '\0';
    char* const equals = std::strchr(word, '=');
    if (equals == nullptr) return false;
    if (!set(settings, {word, static_cast<std::size_t>(equals - word)}, equals + 1)) return false;
    text = next;
  }
  return true;
}

std::uint32_t seed_of(const Settings& settings) {
  std::uint32_t number = settings.seed;
  for (const char character : std::string_view(settings.id))
    number = number * 31U + static_cast<unsigned char>(character);
  return number;
}

}  // namespace node
