#pragma once

#include "link_client_lines.hpp"

/// The members of BasicLinkClient that take received bytes.
namespace tautline {

template <bool with_protocol_1>
bool BasicLinkClient<with_protocol_1>::wants_bytes() const {
  if constexpr (with_protocol_1) {
    if (Part1::paused_line.data() != nullptr) return false;
  }
  if (plain_line_waits_) return false;
  return is_connected() && state_ != LinkState::ending;
}

template <bool with_protocol_1>
void BasicLinkClient<with_protocol_1>::received(std::size_t count, std::uint32_t now_ms) {
  if (!wants_bytes()) return;
  receive_.commit(count);
  receive_lines(now_ms);
}

template <bool with_protocol_1>
void BasicLinkClient<with_protocol_1>::receive_lines(std::uint32_t now_ms) {
  std::string_view line;
  while (wants_bytes() && receive_.next(line)) receive_line(line, now_ms);
  if (!wants_bytes()) return;
  // Not less in the handshake: after a lost GO the first line may be one of an open connection (H5: it is ignored).
  const std::size_t of_open = settings_.limits.max_payload + max_line_overhead;
  const std::size_t longest = of_open > max_handshake_bytes ? of_open : max_handshake_bytes;
  if (receive_.overlong(longest)) fail(Reason::syntax);
  receive_.compact();
}

template <bool with_protocol_1>
void BasicLinkClient<with_protocol_1>::receive_line(std::string_view line, std::uint32_t now_ms) {
  if constexpr (with_protocol_1) {
    if (Part1::speaking_1) return receive_line_1(line, now_ms);
  }
  const Input input = protocol_.receive_from_server(numbers_, line, now_ms);
  if (input.event == Event::plain_line) {
    // Many lines may come with one read, and an application that reads whenever it is polled should lose none of them:
    // it gets one turn to make room before lines are dropped.
    const bool has_slot = has_plain_slot(input.payload.size());
    if (!has_slot && !plain_line_had_turn_) {
      receive_.put_back(line);
      plain_line_waits_ = true;
      return;
    }
    if (has_slot) plain_line_had_turn_ = false;
  }
  act_on(input);
  // A link that opens and falls at once would hammer the server: only one that still talks after a timeout is well.
  if (is_open() && now_ms - protocol_.opened_at_ms() >= settings_.limits.timeout_ms) backoff_.reset();
}

template <bool with_protocol_1>
void BasicLinkClient<with_protocol_1>::act_on(const Input& input) {
  if (input.drop_inbox) drop_inbox();
  switch (input.event) {
    case Event::none: break;
    case Event::opened:
      opened();
      release_acknowledged();
      break;
    case Event::acknowledged:
      stalled_ = false;
      release_acknowledged();
      ++keepalives_;
      break;
    case Event::keepalive: ++keepalives_; break;
    case Event::line:
      if (inbox_.push(input.payload, client_detail::numbered_line)) protocol_.accept(numbers_);
      break;
    case Event::plain_line: take_plain_line(input.payload); break;
    case Event::failed: fail(input.reason); break;
  }
}

template <bool with_protocol_1>
void BasicLinkClient<with_protocol_1>::receive_line_1(std::string_view line, std::uint32_t now_ms) {
  if constexpr (with_protocol_1) {
    auto& protocol = Part1::protocol_1;
    const bool was_open = protocol.is_open();
    Input input = protocol.receive(Part1::numbers_1, line, now_ms);
    if (!was_open && protocol.is_open()) opened();
    if (is_open() && now_ms - protocol.opened_at_ms() >= settings_.limits.timeout_ms) backoff_.reset();
    if (input.event != Event::line) return act_on(input);
    // Taking a line into the inbox is what acknowledges it here: existing servers wait for that.
    if (input.payload.size() > settings_.limits.max_payload) {
      fail(Reason::syntax);
    } else if (inbox_.push(input.payload, client_detail::plain_line)) {
      protocol.accept(Part1::numbers_1);
    } else {
      Part1::paused_line = line;
      protocol.pause();
    }
  }
}

/// The inbox was full; has the application made room?
template <bool with_protocol_1>
void BasicLinkClient<with_protocol_1>::read_on(std::uint32_t now_ms) {
  // A line that began to wait in this very turn goes on waiting: the application's turn is still to come.
  if (plain_line_waits_ && plain_line_waited_) {
    plain_line_waits_ = false;
    plain_line_had_turn_ = true;
    receive_lines(now_ms);
    plain_line_had_turn_ = false;
  }
  plain_line_waited_ = plain_line_waits_;
  if constexpr (with_protocol_1) {
    const std::string_view line = Part1::paused_line;
    if (line.data() == nullptr || !inbox_.fits(line.size())) return;
    Part1::paused_line = {};
    Part1::protocol_1.resume(now_ms);
    receive_line_1(line, now_ms);
    receive_lines(now_ms);
  }
}

}  // namespace tautline
