#include "tautline/core/receiver_1.hpp"

#include "tautline/core/wire_1.hpp"

namespace tautline {
namespace {

/// How far `number` is ahead of `highest`; more than Receiver1::window means behind it.
unsigned ahead(std::uint8_t number, std::uint8_t highest) {
  return static_cast<std::uint8_t>(number - highest);
}

}  // namespace

std::uint32_t Receiver1::hash(std::string_view payload) {
  std::uint32_t value = 2166136261U;  // FNV-1a
  for (const char c : payload) {
    value = (value ^ static_cast<unsigned char>(c)) * 16777619U;
  }
  return value;
}

Receiver1::Verdict Receiver1::judge(std::uint8_t number, std::string_view payload, bool first_of_connection) const {
  if (!any_received_) return Verdict::fresh;
  if (number == wire_1::first_number) {
    if (!first_of_connection) return first_received_ ? Verdict::duplicate : Verdict::fresh;
    const bool alone = highest_ == wire_1::first_number;
    const bool resent = alone && !first_settled_ && hash(payload) == first_payload_hash_;
    return resent ? Verdict::duplicate : Verdict::reboot;
  }
  const unsigned distance = ahead(number, highest_);
  if (distance != 0 && distance <= window) return Verdict::fresh;
  return received_.test(number) ? Verdict::duplicate : Verdict::fresh;
}

void Receiver1::take(std::uint8_t number, std::string_view payload, Verdict verdict) {
  take(number, hash(payload), verdict);
}

void Receiver1::take(std::uint8_t number, std::uint32_t payload_hash, Verdict verdict) {
  if (verdict == Verdict::reboot) *this = Receiver1{};
  if (number == wire_1::first_number) {
    first_received_ = true;
    first_settled_ = false;
    first_payload_hash_ = payload_hash;
    if (any_received_) return;  // overtaken by later numbers: the window stays where it is
  }
  if (!any_received_) {
    any_received_ = true;
    highest_ = number;
  } else if (const unsigned distance = ahead(number, highest_); distance <= window) {
    for (unsigned skipped = 1; skipped < distance; ++skipped) received_.clear(highest_ + skipped);
    highest_ = number;
  }
  received_.set(number);
}

}  // namespace tautline
