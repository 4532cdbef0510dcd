#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tautline {

/// What write() says about a line. Each failure names what the caller can do.
enum class WriteStatus : std::uint8_t {
  ok,
  would_block,  ///< the queue is full, or qos=False and the link is down: try again later, or wait
  closed,       ///< the link was closed for good by this side: the line is not sent
  taken_over,   ///< another server with the same store owns the link until the client comes back: the line is not sent
  bad_line,     ///< LF before the end, CR or NUL inside: escape it (JSON does)
  too_long,     ///< longer than the agreed maximum: split it, or raise max_line on the receiving side
  empty,        ///< an empty line on a protocol-1 link, where it would mean something else
  not_utf8,     ///< a line that is not valid UTF-8 on a protocol-1 link, whose peers decode it
};

/// A short fixed English sentence.
const char* to_string(WriteStatus status);

/// How a line is written, on either side.
struct WriteOptions {
  bool qos = true;   ///< exactly once, through outages; false: at most once, and only while the link is up
  bool wait = true;  ///< the caller waits for the acknowledgement (on protocol 1 this also keeps the order)
};

/// Removes one final LF, which write() accepts and the wire adds itself.
inline std::string_view without_final_newline(std::string_view line) {
  if (!line.empty() && line.back() == '\n') line.remove_suffix(1);
  return line;
}

/// A payload is any bytes but LF, CR and NUL.
bool is_valid_payload(std::string_view payload);

/// 1 to 32 of letters, digits, "-", "_", ".", "/", ":".
bool is_valid_id(std::string_view id);

/// Does the text look like a protocol-2 greeting ("TL" and a digit)? Such ids are refused when configured.
bool looks_like_hello(std::string_view text);

/// Well-formed UTF-8 as RFC 3629 defines it (no overlong forms, no surrogates).
bool is_utf8(std::string_view text);

/// Size and content rules of write(), before the final newline is considered.
WriteStatus check_payload(std::string_view payload, std::size_t max_payload);

}  // namespace tautline
