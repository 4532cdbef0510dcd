#include "tautline/core/sender_1.hpp"

#include <cassert>

#include "tautline/core/serial.hpp"

namespace tautline {
namespace {

/// The wire number of a line in flight.
std::uint8_t number_of(const SendNumbers1& numbers, std::uint32_t ticket) {
  return wire_1::number_before(numbers.newest, numbers.sent - 1 - ticket);
}

void seek(LineQueue& queue, const SendNumbers1& numbers, std::uint32_t ticket) {
  // Counted from the back: the host may not have popped yet what was settled since.
  queue.seek(queue.size() - (numbers.next - ticket));
}

bool is_plain(std::uint8_t tag) {
  return (tag & tag_1::plain) != 0;
}

/// The number that the next new message would carry.
std::uint8_t next_number(const SendNumbers1& numbers) {
  return numbers.started ? wire_1::number_after(numbers.newest) : wire_1::first_number;
}

}  // namespace

bool SendNumbers1::is_acknowledged(std::uint32_t ticket) const {
  if (before(ticket, base)) return true;
  return before(ticket, sent) && settled.test(ticket);
}

void SendNumbers1::drop_front() {
  assert(can_drop_front());
  ++sent;
  ++base;
  stale_before = later(stale_before, sent);
}

bool SendNumbers1::is_sent(std::uint32_t ticket) const {
  return before(ticket, sent);
}

void Sender1::start(SendNumbers1& numbers, std::uint32_t timeout_ms, std::uint32_t now_ms) {
  assert(at_or_before(numbers.base, numbers.sent) && at_or_before(numbers.sent, numbers.next));
  timeout_ms_ = timeout_ms;
  again_ = numbers.base;
  again_end_ = numbers.sent;
  timed_end_ = numbers.base;
  timed_since_ms_ = now_ms;
  progress_at_ms_ = now_ms;
  stall_told_ = false;
  numbers.stale_before = numbers.next;
}

bool Sender1::acknowledge(SendNumbers1& numbers, std::uint8_t number, std::uint32_t now_ms) {
  if (!numbers.started) return false;
  const bool first_alone = numbers.newest == wire_1::first_number;
  if ((number == wire_1::first_number) != first_alone) return false;
  const unsigned steps = first_alone ? 0 : wire_1::steps_between(number, numbers.newest);

  // A qos=False line may be given up before its acknowledgement comes, and still proves that its group arrived.
  if (steps < wire_1::numbers_in_group && wire_1::group_of(number) == wire_1::group_of(numbers.newest)) {
    numbers.group_acknowledged = true;
  }
  if (steps >= numbers.sent - numbers.base) return false;
  const std::uint32_t ticket = numbers.sent - 1 - steps;
  if (numbers.settled.test(ticket)) return false;
  settle(numbers, ticket, now_ms);
  progress_at_ms_ = now_ms;
  stall_told_ = false;
  return true;
}

void Sender1::settle(SendNumbers1& numbers, std::uint32_t ticket, std::uint32_t now_ms) {
  assert(numbers.in_flight > 0 && !numbers.settled.test(ticket));
  numbers.settled.set(ticket);
  --numbers.in_flight;
  while (numbers.base != numbers.sent && numbers.settled.test(numbers.base)) ++numbers.base;
  restart_timer_if_done(numbers, now_ms);
}

/// One timer for all lines: when the last of those that it covers is settled, by an acknowledgement or because it was
/// given up, it starts again for the rest. Else nobody would ever send the rest again.
void Sender1::restart_timer_if_done(const SendNumbers1& numbers, std::uint32_t now_ms) {
  if (at_or_before(timed_end_, numbers.base) || timed_since_ms_ == now_ms) {
    timed_end_ = numbers.sent;
    timed_since_ms_ = now_ms;
  }
}

bool Sender1::is_held(const SendNumbers1& numbers, std::uint32_t ticket) const {
  const std::uint8_t number = number_of(numbers, ticket);
  if (number == wire_1::first_number) return true;
  const bool ends_group = wire_1::group_of(wire_1::number_after(number)) != wire_1::group_of(number);
  return ticket == numbers.sent - 1 && ends_group && !numbers.group_acknowledged;
}

bool Sender1::is_retransmitting(const SendNumbers1& numbers) const {
  return before(later(again_, numbers.base), again_end_);
}

void Sender1::retransmit_if_due(const SendNumbers1& numbers, std::uint32_t now_ms) {
  std::uint32_t at_ms = 0;
  if (!retransmission_at(numbers, at_ms) || before(now_ms, at_ms)) return;
  again_ = numbers.base;
  again_end_ = timed_end_;
}

bool Sender1::retransmission_at(const SendNumbers1& numbers, std::uint32_t& at_ms) const {
  if (is_retransmitting(numbers) || at_or_before(timed_end_, numbers.base)) return false;
  at_ms = timed_since_ms_ + timeout_ms_;
  return true;
}

bool Sender1::next_message(SendNumbers1& numbers, LineQueue& queue, std::uint32_t now_ms, Message& message) {
  while (is_retransmitting(numbers)) {
    again_ = later(again_, numbers.base);
    if (!numbers.settled.test(again_)) {
      seek(queue, numbers, again_);
      if (!is_plain(queue.cursor_tag()) || is_held(numbers, again_)) {
        message.number = number_of(numbers, again_);
        message.payload = queue.at_cursor();
        return true;
      }
      settle(numbers, again_, now_ms);
    }
    ++again_;
  }
  again_ = again_end_ = numbers.base;
  while (numbers.sent != numbers.next) {
    seek(queue, numbers, numbers.sent);
    const std::uint8_t tag = queue.cursor_tag();
    if (is_plain(tag) && before(numbers.sent, numbers.stale_before)) {
      // A dropped line takes no wire number, so tickets and numbers in flight would run apart: drop it when nothing is.
      if (numbers.base != numbers.sent) return false;
      ++numbers.base;
      ++numbers.sent;
      continue;
    }
    if (!may_send_new(numbers, tag)) return false;
    message.number = next_number(numbers);
    message.payload = queue.at_cursor();
    return true;
  }
  return false;
}

bool Sender1::may_send_new(const SendNumbers1& numbers, std::uint8_t tag) const {
  if (!numbers.started) return true;
  const bool first_alone = numbers.newest == wire_1::first_number;
  if (first_alone && numbers.in_flight != 0) return false;
  if ((tag & tag_1::ordered) != 0 && numbers.in_flight != 0) return false;
  if (numbers.in_flight >= max_in_flight) return false;
  const std::uint8_t number = next_number(numbers);
  const bool new_group = wire_1::group_of(number) != wire_1::group_of(numbers.newest);
  if (new_group && !numbers.group_acknowledged) return false;
  if (numbers.base == numbers.sent) return true;
  // Measured on the peer's map, where the unused 00 of a later round takes a bit too.
  const auto span = static_cast<std::uint8_t>(number - number_of(numbers, numbers.base));
  return span <= max_span;
}

void Sender1::sent(SendNumbers1& numbers, std::uint32_t now_ms) {
  if (is_retransmitting(numbers)) {
    again_ = later(again_, numbers.base) + 1;
    timed_end_ = numbers.sent;
    timed_since_ms_ = now_ms;
    return;
  }
  const std::uint8_t number = next_number(numbers);
  if (!numbers.started || wire_1::group_of(number) != wire_1::group_of(numbers.newest)) {
    numbers.group_acknowledged = false;
  }
  numbers.started = true;
  numbers.newest = number;
  numbers.settled.clear(numbers.sent);
  if (numbers.in_flight == 0) progress_at_ms_ = now_ms;
  ++numbers.in_flight;
  ++numbers.sent;
  numbers.stale_before = later(numbers.stale_before, numbers.sent);  // keeps up, or it would wrap
  restart_timer_if_done(numbers, now_ms);
}

bool Sender1::has_work(const SendNumbers1& numbers, LineQueue& queue) const {
  if (is_retransmitting(numbers)) return true;
  if (numbers.sent == numbers.next) return false;
  seek(queue, numbers, numbers.sent);
  const std::uint8_t tag = queue.cursor_tag();
  if (is_plain(tag) && before(numbers.sent, numbers.stale_before)) return numbers.base == numbers.sent;
  return may_send_new(numbers, tag);
}

bool Sender1::stalled(const SendNumbers1& numbers, std::uint32_t now_ms) {
  if (stall_told_ || numbers.in_flight == 0) return false;
  if (now_ms - progress_at_ms_ < stalled_timeouts * timeout_ms_) return false;
  stall_told_ = true;
  return true;
}

}  // namespace tautline
