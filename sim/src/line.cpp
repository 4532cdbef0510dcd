#include "line.hpp"

#include <charconv>
#include <cstring>

#include "random.hpp"

namespace tautline::sim {
namespace {

constexpr std::uint32_t shortest_payload = 24;  // the name itself: "q4294967295.4294967295:"

}  // namespace

std::uint32_t make_line(char* out, const LineName& name, const LineShape& shape) {
  if (!name.plain && shape.empty_lines && is_empty_number(name.number)) return 0;
  char* p = out;
  *p++ = name.plain ? 'u' : 'q';
  p = std::to_chars(p, p + 10, name.writer).ptr;
  *p++ = '.';
  p = std::to_chars(p, p + 10, name.number).ptr;
  *p++ = ':';
  const std::uint64_t key =
      (std::uint64_t{name.writer} << 33U) ^ (std::uint64_t{name.number} << 1U) ^ (name.plain ? 1U : 0U);
  Random filler(Random::mix(key));
  std::uint32_t length = static_cast<std::uint32_t>(p - out) + static_cast<std::uint32_t>(filler.below(8));
  if (filler.permille(shape.long_permille)) {
    length = filler.permille(300) ? shape.max_payload
                                  : static_cast<std::uint32_t>(filler.between(shortest_payload, shape.max_payload));
  }
  std::uint64_t bytes = 0;
  for (unsigned left = 0; static_cast<std::uint32_t>(p - out) < length; --left, bytes >>= 8U) {
    if (left == 0) {
      bytes = filler.next();
      left = 8;
    }
    const char c = static_cast<char>(bytes & 0xFFU);
    *p++ = c == '\n' || c == '\r' || c == '\0' ? '.' : c;
  }
  return static_cast<std::uint32_t>(p - out);
}

bool read_line(std::string_view line, const LineShape& shape, LineName& name) {
  if (line.size() < 4 || (line[0] != 'q' && line[0] != 'u')) return false;
  name.plain = line[0] == 'u';
  const char* const end = line.data() + line.size();
  const auto writer = std::from_chars(line.data() + 1, end, name.writer);
  if (writer.ec != std::errc() || writer.ptr == end || *writer.ptr != '.') return false;
  const auto number = std::from_chars(writer.ptr + 1, end, name.number);
  if (number.ec != std::errc()) return false;
  char expected[max_simulated_payload];
  const std::uint32_t length = make_line(expected, name, shape);
  return length == line.size() && std::memcmp(expected, line.data(), length) == 0;
}

}  // namespace tautline::sim
