#include "tautline/core/first_line.hpp"

#include "tautline/core/line_rules.hpp"

namespace tautline {

FirstLine classify_first_line(std::string_view line, wire_2::Hello& hello) {
  if (line.empty() || line == "\r") return FirstLine::blank;
  if (wire_2::parse_hello(line, hello)) return FirstLine::hello;
  return looks_like_hello(line) ? FirstLine::other_version : FirstLine::protocol_1_id;
}

}  // namespace tautline
