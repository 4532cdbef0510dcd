#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tautline/core/line_rules.hpp"

/// The lines of protocol 1: text to fields and back, and the arithmetic of its message numbers. Grammar:
/// docs/protocol.md, section 1. Nothing here has a state.
namespace tautline::wire_1 {

enum class Kind : std::uint8_t {
  message,    ///< mm payload
  ack,        ///< mm
  keepalive,  ///< an empty line
  invalid,    ///< fits no rule
};

struct Line {
  Kind kind = Kind::invalid;
  std::uint8_t number = 0;   ///< message, ack: mm
  std::string_view payload;  ///< message: never empty
};

/// A line without its LF. Bytes are bytes: a CR is part of the payload, unlike in protocol 2, because nobody types
/// protocol 1 by hand and its peers deliver what they got.
Line parse_line(std::string_view line);

/// Content rules of write() on a protocol-1 link, for a line without its final newline. An empty payload would be read
/// as an acknowledgement; one that is not UTF-8 would kill the reader of a peer that decodes it.
WriteStatus check_payload(std::string_view payload, std::size_t max_payload);

/// Bytes that a message has beside its payload: mm and LF.
constexpr std::size_t message_overhead = 3;
/// "mm" LF.
constexpr std::size_t max_ack_bytes = 3;

/// Each writer writes one line with its LF at `out` and returns the end. Room needed: the text + message_overhead.
char* put_id(char* out, std::string_view id);
char* put_message(char* out, std::uint8_t number, std::string_view payload);
char* put_ack(char* out, std::uint8_t number);
char* put_keepalive(char* out);

/// The number of the first message after power-up. It never comes again in that life: ff is followed by 01.
constexpr std::uint8_t first_number = 0x00;
/// Numbers in one round, 01 to ff.
constexpr unsigned numbers_in_round = 255;

constexpr std::uint8_t number_after(std::uint8_t number) {
  return number == 0xFF ? std::uint8_t{1} : static_cast<std::uint8_t>(number + 1U);
}

/// How many messages after `older` comes `newer`, 0 to 254? Neither may be first_number.
constexpr unsigned steps_between(std::uint8_t older, std::uint8_t newer) {
  return (numbers_in_round + newer - older) % numbers_in_round;
}

/// The number `steps` (0 to 254) messages before `number`, which may not be first_number unless steps is 0.
constexpr std::uint8_t number_before(std::uint8_t number, unsigned steps) {
  if (steps == 0) return number;
  return static_cast<std::uint8_t>((numbers_in_round + number - 1U - steps) % numbers_in_round + 1U);
}

/// Existing peers remember received numbers in 32 bytes of 8 bits, and forget a byte at a time.
constexpr unsigned numbers_in_group = 8;
constexpr std::uint8_t group_of(std::uint8_t number) {
  return static_cast<std::uint8_t>(number / numbers_in_group);
}

}  // namespace tautline::wire_1
