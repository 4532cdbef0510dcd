#include "tautline/core/protocol_1.hpp"

#include <cassert>

#include "tautline/core/serial.hpp"

namespace tautline {

void AckSet1::add(std::uint8_t number) {
  if (waiting_.test(number)) return;
  if (count_ == 0) first_ = number;
  waiting_.set(number);
  ++count_;
}

std::uint8_t AckSet1::take() {
  assert(count_ > 0);
  while (!waiting_.test(first_)) ++first_;
  waiting_.clear(first_);
  --count_;
  return first_;
}

void Protocol1::start(Link1Numbers& numbers, Role role, std::uint32_t timeout_ms, std::uint32_t now_ms) {
  *this = Protocol1{};
  role_ = role;
  keepalive_.start(now_ms, timeout_ms, timeout_ms);
  sender_.start(numbers, timeout_ms, now_ms);
}

char* Protocol1::start_client(Link1Numbers& numbers, char* out, std::string_view id, std::uint32_t timeout_ms,
                              std::uint32_t now_ms) {
  assert(id.size() <= max_id_bytes);
  start(numbers, Role::client, timeout_ms, now_ms);
  phase_ = Phase::id_sent;
  up_ = true;
  return wire_1::put_id(out, id);
}

void Protocol1::start_server(Link1Numbers& numbers, std::uint32_t timeout_ms, std::uint32_t now_ms) {
  start(numbers, Role::server, timeout_ms, now_ms);
  phase_ = Phase::open;
  opened_at_ms_ = now_ms;
  keepalive_pending_ = true;
}

void Protocol1::heard(std::uint32_t now_ms) {
  keepalive_.heard(now_ms);
  if (line_heard_) return;
  line_heard_ = true;
  first_heard_ms_ = now_ms;
  if (phase_ != Phase::id_sent) return;
  phase_ = Phase::open;
  opened_at_ms_ = now_ms;
  keepalive_pending_ = true;  // the server sends no message before it has received a line after the id
}

Input Protocol1::receive(Link1Numbers& numbers, std::string_view line, std::uint32_t now_ms) {
  Input input;
  offered_ = false;
  if (phase_ != Phase::open && phase_ != Phase::id_sent) return input;
  const wire_1::Line parsed = wire_1::parse_line(line);
  if (parsed.kind == wire_1::Kind::invalid) {
    fail(Reason::syntax);
    input.event = Event::failed;
    input.reason = Reason::syntax;
    return input;
  }
  heard(now_ms);
  if (parsed.kind == wire_1::Kind::message) {
    if (parsed.number != wire_1::first_number) judge_first_acknowledgement(numbers, now_ms);
    return receive_message(numbers, parsed);
  }
  judge_first_acknowledgement(numbers, now_ms);
  const bool is_new = parsed.kind == wire_1::Kind::ack && sender_.acknowledge(numbers, parsed.number, now_ms);
  input.event = is_new ? Event::acknowledged : Event::keepalive;
  return input;
}

Input Protocol1::receive_message(Link1Numbers& numbers, const wire_1::Line& message) {
  Input input;
  const auto verdict = numbers.received.judge(message.number, message.payload, !message_seen_);
  if (verdict == Receiver1::Verdict::duplicate) {
    if (message.number == wire_1::first_number) numbers.received.set_first_settled(false);
    acknowledge_message(message.number);
    return input;
  }
  offered_ = true;
  offered_number_ = message.number;
  offered_verdict_ = verdict;
  offered_hash_ = Receiver1::hash(message.payload);
  input.event = Event::line;
  input.payload = message.payload;
  return input;
}

void Protocol1::accept(Link1Numbers& numbers) {
  if (!offered_ || phase_ != Phase::open) return;
  offered_ = false;
  numbers.received.take(offered_number_, offered_hash_, offered_verdict_);
  acknowledge_message(offered_number_);
}

void Protocol1::acknowledge_message(std::uint8_t number) {
  message_seen_ = true;
  if (number == wire_1::first_number) first_acked_ = false;  // until the new acknowledgement is written
  acks_.add(number);
}

/// A peer that has not seen the acknowledgement of its 00 sends it again after a timeout. If two have passed and it
/// says other things, it has seen it; a 00 on a later connection is a reboot then, whatever it carries.
void Protocol1::judge_first_acknowledgement(Link1Numbers& numbers, std::uint32_t now_ms) {
  if (!first_acked_ || now_ms - first_acked_at_ms_ < 2 * keepalive_.own_timeout_ms()) return;
  first_acked_ = false;
  numbers.received.set_first_settled(true);
}

void Protocol1::resume(std::uint32_t now_ms) {
  if (reading_) return;
  reading_ = true;
  keepalive_.heard(now_ms);
  first_acked_at_ms_ = now_ms;  // the lines that wait to be read are old, and prove nothing
}

void Protocol1::fail(Reason reason) {
  if (phase_ == Phase::idle || phase_ == Phase::failed) return;
  phase_ = Phase::failed;
  failure_ = reason;
  offered_ = false;
}

std::size_t Protocol1::produce(Link1Numbers& numbers, LineQueue& queue, char* out, std::size_t room,
                               std::uint32_t now_ms) {
  if (phase_ != Phase::open) return 0;
  char* end = out;
  const auto left = [&] { return room - static_cast<std::size_t>(end - out); };
  while (!acks_held_ && !acks_.empty() && left() >= wire_1::max_ack_bytes) {
    const std::uint8_t number = acks_.take();
    if (number == wire_1::first_number) {
      first_acked_ = true;
      first_acked_at_ms_ = now_ms;
    }
    end = wire_1::put_ack(end, number);
  }
  if (may_send_messages(now_ms)) {
    up_ = true;
    sender_.retransmit_if_due(numbers, now_ms);
    Sender1::Message message;
    while (sender_.next_message(numbers, queue, now_ms, message) && left() >= room_for(message.payload.size())) {
      end = wire_1::put_message(end, message.number, message.payload);
      sender_.sent(numbers, now_ms);
    }
  }
  if (role_ == Role::client && end != out) {
    keepalive_.said(now_ms);
    keepalive_pending_ = false;
  }
  if (keepalive_due(now_ms) && left() > 0) {
    end = wire_1::put_keepalive(end);
    keepalive_.said(now_ms);
    keepalive_pending_ = false;
  }
  return static_cast<std::size_t>(end - out);
}

bool Protocol1::has_output(const Link1Numbers& numbers, LineQueue& queue, std::uint32_t now_ms) const {
  if (phase_ != Phase::open) return false;
  if ((!acks_held_ && !acks_.empty()) || keepalive_due(now_ms)) return true;
  if (!may_send_messages(now_ms)) return false;
  std::uint32_t at_ms = 0;
  if (sender_.retransmission_at(numbers, at_ms) && at_or_before(at_ms, now_ms)) return true;
  return sender_.has_work(numbers, queue);
}

Due Protocol1::poll(Link1Numbers& numbers, LineQueue& queue, std::uint32_t now_ms) {
  if (phase_ != Phase::open && phase_ != Phase::id_sent) return Due::nothing;
  if (reading_ && at_or_before(silent_at_ms(), now_ms)) return Due::silent;
  if (sender_.stalled(numbers, now_ms)) return Due::stalled;
  if (may_send_messages(now_ms)) up_ = true;
  return has_output(numbers, queue, now_ms) ? Due::output : Due::nothing;
}

std::uint32_t Protocol1::deadline_ms(const Link1Numbers& numbers) const {
  if (phase_ == Phase::id_sent) return silent_at_ms();
  std::uint32_t deadline = keepalive_.due_at_ms();
  if (reading_) deadline = earlier(deadline, silent_at_ms());
  if (line_heard_ && !up_) return earlier(deadline, first_heard_ms_ + settling_ms);
  std::uint32_t at_ms = 0;
  if (up_ && sender_.retransmission_at(numbers, at_ms)) deadline = earlier(deadline, at_ms);
  return deadline;
}

std::uint32_t Protocol1::silent_at_ms() const {
  const std::uint32_t extra = phase_ == Phase::id_sent ? first_line_timeouts - 1 : 0;
  return keepalive_.silent_at_ms() + extra * keepalive_.own_timeout_ms();
}

bool Protocol1::keepalive_due(std::uint32_t now_ms) const {
  return keepalive_pending_ || keepalive_.due(now_ms);
}

bool Protocol1::may_send_messages(std::uint32_t now_ms) const {
  if (phase_ != Phase::open || !line_heard_) return false;
  return up_ || now_ms - first_heard_ms_ >= settling_ms;
}

}  // namespace tautline
