#pragma once

#include <cassert>
#include <cstdint>

#include "tautline/store/session_store.hpp"

/// What every store asks of an update, besides its revision.
namespace tautline::detail {

inline bool condition_holds(const StoredNumbers& present, const LinkUpdate& update) {
  return present.generation == update.expected_generation && present.sid == update.expected_sid &&
         present.next == update.expected_next;
}

/// Nobody but a server with a defect takes lines that the inbox does not have.
inline void assert_taken([[maybe_unused]] const LinkUpdate& update, [[maybe_unused]] std::uint32_t in_inbox) {
  assert(update.consumed + (update.effect ? 1U : 0U) <= in_inbox);
}

}  // namespace tautline::detail
