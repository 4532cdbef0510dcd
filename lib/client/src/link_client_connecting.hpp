#pragma once

#include "tautline/client/link_client.hpp"
#include "tautline/core/serial.hpp"

/// The members of BasicLinkClient that connect, judge and end connections.
namespace tautline {
namespace client_detail {

/// While WiFi is down the host looks for it so often; no event tells.
constexpr std::uint32_t wifi_look_ms = 100;
/// A closed client has nothing to do; this only keeps a host's wait finite.
constexpr std::uint32_t closed_wait_ms = 60000;

constexpr bool is_due(std::uint32_t at_ms, std::uint32_t now_ms) {
  return at_or_before(at_ms, now_ms);
}

}  // namespace client_detail

// ---- WiFi, connecting ---------------------------------------------------------------------------

template <bool with_protocol_1>
void BasicLinkClient<with_protocol_1>::wait_until(std::uint32_t at_ms) {
  state_ = LinkState::waiting;
  timer_ms_ = at_ms;
}

/// It comes back by itself, or is cycled when the time is over.
template <bool with_protocol_1>
void BasicLinkClient<with_protocol_1>::wait_for_wifi(std::uint32_t now_ms) {
  state_ = LinkState::wifi_down;
  timer_ms_ = now_ms + wifi_limit_ms;
}

template <bool with_protocol_1>
void BasicLinkClient<with_protocol_1>::wifi_is(bool up, std::uint32_t now_ms) {
  if (state_ == LinkState::closed) return;
  if (!started_) {
    started_ = true;
    wait_until(now_ms);
  }
  if (up) {
    if (state_ == LinkState::wifi_down) wait_until(now_ms + wifi_stable_ms);
  } else if (state_ == LinkState::waiting) {
    wait_for_wifi(now_ms);
  } else if (state_ == LinkState::connecting || is_connected()) {
    fail(Reason::wifi);
  }
}

template <bool with_protocol_1>
void BasicLinkClient<with_protocol_1>::connect_progress(ConnectStatus status, std::uint32_t now_ms) {
  if (state_ != LinkState::connecting) return;
  switch (status) {
    case ConnectStatus::resolving: break;
    case ConnectStatus::connecting:
      if (resolving_) timer_ms_ = now_ms + connect_limit_ms;
      resolving_ = false;
      break;
    case ConnectStatus::connected: start_handshake(now_ms); break;
    case ConnectStatus::unresolved: fail(Reason::unresolved); break;
    case ConnectStatus::refused: failed_connects_ = 0; [[fallthrough]];
    case ConnectStatus::unreachable: fail(Reason::unreachable); break;
  }
}

template <bool with_protocol_1>
bool BasicLinkClient<with_protocol_1>::connect_timed_out(std::uint32_t now_ms) const {
  return state_ == LinkState::connecting && !resolving_ && client_detail::is_due(timer_ms_, now_ms);
}

template <bool with_protocol_1>
void BasicLinkClient<with_protocol_1>::start_handshake(std::uint32_t now_ms) {
  state_ = LinkState::handshake;
  plain_line_waits_ = false;
  receive_.reset();
  char* end = nullptr;
  if constexpr (with_protocol_1) {
    if (Part1::speaking_1) {
      auto& numbers = Part1::numbers_1;
      if (numbers.base == numbers_.base) {
        numbers.next = numbers_.next;
      } else {
        numbers.restart(numbers_.base, queue_.size());  // lines were acknowledged on protocol 2 meanwhile
      }
      end = Part1::protocol_1.start_client(numbers, output_, settings_.id, settings_.limits.timeout_ms, now_ms);
    }
  }
  if (end == nullptr) end = protocol_.start_client(output_, settings_.id, settings_.limits, now_ms);
  output_begin_ = 0;
  output_end_ = to_index(static_cast<std::size_t>(end - output_));
  blocked_ = false;
  was_open_ = false;
  stalled_ = false;
}

template <bool with_protocol_1>
void BasicLinkClient<with_protocol_1>::opened() {
  if (state_ == LinkState::handshake) state_ = LinkState::open;
  was_open_ = true;
  failed_connects_ = 0;
  ++connects_;
  const std::uint32_t own = settings_.limits.max_payload;
  if (speaks_protocol_1()) {
    agreed_max_line_ = capped_index(own);
  } else {
    const std::uint32_t peer = protocol_.peer_max_payload();
    agreed_max_line_ = capped_index(peer < own ? peer : own);
  }
  if constexpr (with_protocol_1) Part1::protocol_2_known = !Part1::speaking_1;
}

// ---- judging, ending ----------------------------------------------------------------------------

template <bool with_protocol_1>
void BasicLinkClient<with_protocol_1>::tick(std::uint32_t now_ms) {
  using client_detail::is_due;
  switch (state_) {
    case LinkState::wifi_down:
      if (!started_ || !is_due(timer_ms_, now_ms)) break;
      reason_ = Reason::wifi;
      wifi_cycle_due_ = true;
      timer_ms_ = now_ms + wifi_limit_ms;
      break;
    case LinkState::connecting:
      if (is_due(timer_ms_, now_ms)) fail(resolving_ ? Reason::unresolved : Reason::unreachable);
      break;
    case LinkState::closing:
      if (is_due(timer_ms_, now_ms)) fail(Reason::local_close);
      [[fallthrough]];
    case LinkState::handshake:
    case LinkState::open: judge_connection(now_ms); break;
    case LinkState::waiting:
    case LinkState::ending:
    case LinkState::closed: break;
  }
}

template <bool with_protocol_1>
void BasicLinkClient<with_protocol_1>::judge_connection(std::uint32_t now_ms) {
  read_on(now_ms);
  if (blocked_ && now_ms - blocked_ms_ >= settings_.limits.timeout_ms) return fail(Reason::blocked);
  Due due = Due::nothing;
  if (speaks_protocol_1()) {
    if constexpr (with_protocol_1) {
      due = Part1::protocol_1.poll(Part1::numbers_1, queue_, now_ms);
      release_acknowledged();
    }
  } else {
    due = protocol_.poll(numbers_, now_ms);
  }
  if (due == Due::silent) fail(Reason::silent);
  if (due == Due::stalled) stalled_ = true;
}

template <bool with_protocol_1>
void BasicLinkClient<with_protocol_1>::fail(Reason reason) {
  if (state_ == LinkState::ending) return;
  state_ = LinkState::ending;
  reason_ = final_ ? Reason::local_close : reason;
  protocol_.fail(reason);
  if constexpr (with_protocol_1) {
    Part1::protocol_1.fail(reason);
    Part1::paused_line = {};
  }
}

template <bool with_protocol_1>
void BasicLinkClient<with_protocol_1>::close(std::uint32_t now_ms) {
  if (final_) return;
  final_ = true;
  reason_ = Reason::local_close;
  switch (state_) {
    case LinkState::wifi_down:
    case LinkState::waiting: state_ = LinkState::closed; break;
    case LinkState::open:
      state_ = LinkState::closing;
      timer_ms_ = now_ms + settings_.limits.timeout_ms;
      protocol_.request_status();
      break;
    case LinkState::connecting:
    case LinkState::handshake: fail(Reason::local_close); break;
    case LinkState::closing:
    case LinkState::ending:
    case LinkState::closed: break;
  }
}

template <bool with_protocol_1>
void BasicLinkClient<with_protocol_1>::give_up() {
  final_ = true;
  state_ = LinkState::closed;
}

template <bool with_protocol_1>
Step BasicLinkClient<with_protocol_1>::next_step(std::uint32_t now_ms) {
  if (state_ == LinkState::closing && !has_output(now_ms)) fail(Reason::local_close);
  if (state_ == LinkState::ending) return Step::close;
  if (state_ == LinkState::closed) return Step::wait;
  if (wifi_cycle_due_) {
    wifi_cycle_due_ = false;
    return Step::cycle_wifi;
  }
  if (state_ != LinkState::waiting || !client_detail::is_due(timer_ms_, now_ms)) return Step::wait;
  state_ = LinkState::connecting;
  resolving_ = true;
  was_open_ = false;
  timer_ms_ = now_ms + resolve_limit_ms;
  return Step::connect;
}

/// What the way the last connection ended says about the next attempt.
template <bool with_protocol_1>
void BasicLinkClient<with_protocol_1>::judge_failure() {
  const bool no_answer = reason_ == Reason::silent || reason_ == Reason::blocked || reason_ == Reason::unreachable ||
                         reason_ == Reason::unresolved;
  // Silence on an open connection: the station may have lost its access point without noticing, and only a new
  // association clears that. A server whose host is off looks the same to a connect, so those count to three in a row.
  // After FIN, RST or BYE the network is well.
  const bool suspicious = no_answer && (was_open_ || ++failed_connects_ >= failed_connects_before_wifi_cycle);
  if (suspicious) wifi_cycle_due_ = true;
  if (suspicious || !no_answer) failed_connects_ = 0;
  const bool patience = reason_ == Reason::id || reason_ == Reason::version || reason_ == Reason::size;
  if (patience) backoff_.slow_down();
}

template <bool with_protocol_1>
void BasicLinkClient<with_protocol_1>::closed(std::uint32_t now_ms, std::uint32_t random) {
  receive_.reset();
  plain_line_waits_ = false;
  output_begin_ = output_end_ = 0;
  blocked_ = false;
  if (final_) {
    state_ = LinkState::closed;
    return;
  }
  judge_failure();
  // Not the pause between attempts: WiFi that is back before the next look was seen down all the same.
  if (reason_ == Reason::wifi) return wait_for_wifi(now_ms);
  std::uint32_t delay = backoff_.next_ms(random);
  if constexpr (with_protocol_1) {
    // An original server refuses the new connection while it thinks that the old one lives.
    const std::uint32_t pause = Protocol1::reconnect_pause_timeouts * settings_.limits.timeout_ms;
    if (Part1::speaking_1 && was_open_ && delay < pause) delay = pause;
    if (settings_.dialect == Dialect::automatic) {
      // Nobody answered on protocol 1: the next attempt looks again which protocol it is. Not with lines in the inbox,
      // which protocol 2 would drop with the session it does not know.
      const bool look_again = Part1::speaking_1 && !was_open_ && inbox_.empty();
      if (reason_ == Reason::not_protocol_2) {
        Part1::speaking_1 = true;
      } else if (look_again) {
        Part1::speaking_1 = false;
      }
    }
  }
  wait_until(now_ms + delay);
}

template <bool with_protocol_1>
std::uint32_t BasicLinkClient<with_protocol_1>::deadline_ms(std::uint32_t now_ms) const {
  switch (state_) {
    case LinkState::wifi_down: return now_ms + client_detail::wifi_look_ms;
    case LinkState::waiting: return wifi_cycle_due_ ? now_ms : timer_ms_;
    case LinkState::connecting: return timer_ms_;
    case LinkState::ending: return now_ms;
    case LinkState::closed: return now_ms + client_detail::closed_wait_ms;
    case LinkState::handshake:
    case LinkState::open:
    case LinkState::closing: break;
  }
  if (plain_line_waits_) return now_ms;
  if (!blocked_ && (has_output(now_ms) || state_ == LinkState::closing)) return now_ms;
  std::uint32_t deadline = protocol_.deadline_ms();
  if constexpr (with_protocol_1) {
    if (Part1::speaking_1) deadline = Part1::protocol_1.deadline_ms(Part1::numbers_1);
    const std::string_view line = Part1::paused_line;
    if (line.data() != nullptr && inbox_.fits(line.size())) return now_ms;
  }
  if (blocked_) {
    // A status line that is due but cannot be sent must not make the host spin; silence is still judged in time.
    const std::uint32_t timeout = settings_.limits.timeout_ms;
    if (client_detail::is_due(deadline, now_ms)) deadline = now_ms + timeout / 8;
    deadline = earlier(deadline, blocked_ms_ + timeout);
  }
  if (state_ == LinkState::closing) deadline = earlier(deadline, timer_ms_);
  return deadline;
}

}  // namespace tautline
