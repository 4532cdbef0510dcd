#include "tautline/async/error.hpp"

#include <string>

namespace tautline {
namespace {

class Category final : public std::error_category {
 public:
  const char* name() const noexcept override { return "tautline"; }
  std::string message(int value) const override {
    switch (static_cast<Error>(value)) {
      case Error::bad_line: return to_string(WriteStatus::bad_line);
      case Error::too_long: return to_string(WriteStatus::too_long);
      case Error::empty: return to_string(WriteStatus::empty);
      case Error::not_utf8: return to_string(WriteStatus::not_utf8);
      case Error::closed: return "this side was closed: the line is not sent";
      case Error::delivery_pending: return "no longer waiting: the line is queued and will be delivered";
      case Error::queue_full: return "the queue is full: the line is not sent";
      case Error::dropped: return "the line was dropped from the queue before the client acknowledged it";
      case Error::taken_over: return to_string(WriteStatus::taken_over);
      case Error::unknown_client: return "this client is not expected, or has never connected";
    }
    return "unknown error";
  }
};

}  // namespace

const std::error_category& error_category() {
  static const Category category;
  return category;
}

std::error_code make_error_code(Error error) {
  return {static_cast<int>(error), error_category()};
}

std::error_code make_error_code(WriteStatus status) {
  switch (status) {
    case WriteStatus::ok: return {};
    case WriteStatus::would_block: return std::make_error_code(std::errc::operation_would_block);
    case WriteStatus::closed: return Error::closed;
    case WriteStatus::taken_over: return Error::taken_over;
    case WriteStatus::bad_line: return Error::bad_line;
    case WriteStatus::too_long: return Error::too_long;
    case WriteStatus::empty: return Error::empty;
    case WriteStatus::not_utf8: return Error::not_utf8;
  }
  return Error::bad_line;
}

}  // namespace tautline
