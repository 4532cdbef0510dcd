#include "tautline/core/event.hpp"

namespace tautline {
namespace {

/// Without std::string_view's comparison, which brings strlen() and memcmp() to devices that have no other use for
/// them.
bool equal(std::string_view text, const char* word) {
  for (const char character : text) {
    if (*word == '\0' || *word != character) return false;
    ++word;
  }
  return *word == '\0';
}

}  // namespace

const char* to_string(Reason reason) {
  switch (reason) {
    case Reason::none: return "none";
    case Reason::wifi: return "wifi";
    case Reason::unresolved: return "unresolved";
    case Reason::unreachable: return "unreachable";
    case Reason::silent: return "silent";
    case Reason::blocked: return "blocked";
    case Reason::peer_closed: return "peer_closed";
    case Reason::not_protocol_2: return "not_protocol_2";
    case Reason::local_close: return "local_close";
    case Reason::version: return "version";
    case Reason::id: return "id";
    case Reason::busy: return "busy";
    case Reason::superseded: return "superseded";
    case Reason::epoch: return "epoch";
    case Reason::sid: return "sid";
    case Reason::size: return "size";
    case Reason::syntax: return "syntax";
    case Reason::closing: return "closing";
  }
  return "unknown";
}

Reason bye_code(std::string_view name) {
  for (auto value = static_cast<std::uint8_t>(Reason::version); value <= static_cast<std::uint8_t>(Reason::closing);
       ++value) {
    const auto reason = static_cast<Reason>(value);
    if (equal(name, to_string(reason))) return reason;
  }
  return Reason::none;
}

}  // namespace tautline
