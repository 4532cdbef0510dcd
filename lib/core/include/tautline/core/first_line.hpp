#pragma once

#include <cstdint>
#include <string_view>

#include "tautline/core/wire_2.hpp"

namespace tautline {

/// What a server learns from the first line of a connection. docs/protocol.md, "Which protocol is it?"
enum class FirstLine : std::uint8_t {
  blank,          ///< nothing yet: wait for the next line
  hello,          ///< a strict greeting of protocol 2
  other_version,  ///< "TL" and a digit, but no greeting that this version understands: BYE version
  protocol_1_id,  ///< anything else: an id of protocol 1, if it is one that is expected
};

/// `hello` is set for FirstLine::hello.
FirstLine classify_first_line(std::string_view line, wire_2::Hello& hello);

}  // namespace tautline
