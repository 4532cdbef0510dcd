#pragma once

#include <system_error>
#include <type_traits>

#include "tautline/core/line_rules.hpp"

namespace tautline::posix {

/// What the AsyncClient's operations report beside asio::error::operation_aborted.
enum class Error {
  bad_line = 1,      ///< LF before the end, CR or NUL in the line: escape it
  too_long,          ///< longer than AsyncClient::max_line(): split it
  empty,             ///< an empty line, for a server of protocol 1
  not_utf8,          ///< not UTF-8, for a server of protocol 1
  closed,            ///< the client was closed or destroyed
  delivery_pending,  ///< the wait was cancelled, the line was queued before: it is still delivered, exactly once
};

const std::error_category& error_category();
std::error_code make_error_code(Error error);
/// For a status other than ok and would_block.
Error to_error(WriteStatus status);

}  // namespace tautline::posix

template <>
struct std::is_error_code_enum<tautline::posix::Error> : std::true_type {};
