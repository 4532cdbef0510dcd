#pragma once

#include <system_error>
#include <type_traits>

#include "tautline/core/line_rules.hpp"

namespace tautline {

/// What the asynchronous operations of server and client report beside the system's and Asio's own errors.
enum class Error {
  bad_line = 1,      ///< LF before the end, CR or NUL in the line: escape it
  too_long,          ///< longer than the agreed maximum, see max_line(): split it
  empty,             ///< an empty line for a peer of protocol 1
  not_utf8,          ///< not UTF-8, for a peer of protocol 1
  closed,            ///< the server is stopping, or this side was closed: the line is not sent
  delivery_pending,  ///< the wait was cancelled, the line was queued before: it is still delivered, exactly once
  unknown_client,    ///< this id never connected, or is not expected
  queue_full,        ///< the queue is full and was configured to refuse: the line is not sent
  dropped,           ///< the line made room for newer ones, or was too old: it may not have arrived
  taken_over,        ///< another server with the same store owns the link now: the line or the change was not stored
};

/// The category of Error; its messages are short English sentences.
const std::error_category& error_category();
/// So that an Error compares with, and converts to, a std::error_code.
std::error_code make_error_code(Error error);
/// would_block becomes std::errc::operation_would_block, ok no error.
std::error_code make_error_code(WriteStatus status);

}  // namespace tautline

// The reference has no place for it.
/// @cond
template <>
struct std::is_error_code_enum<tautline::Error> : std::true_type {};
/// @endcond
