#pragma once

#include <cstring>

#include "tautline/client/link_client.hpp"
#include "tautline/core/serial.hpp"
#include "tautline/core/wire_2.hpp"

/// The members of BasicLinkClient, for the sources that instantiate it.
namespace tautline {
namespace client_detail {

/// Marks of a line in the inbox.
constexpr std::uint8_t plain_line = 0;     ///< taking it acknowledges nothing
constexpr std::uint8_t numbered_line = 1;  ///< a qos line of protocol 2: taking it acknowledges it

/// While WiFi is down the host looks for it so often; no event tells.
constexpr std::uint32_t wifi_look_ms = 100;
/// A closed client has nothing to do; this only keeps a host's wait finite.
constexpr std::uint32_t closed_wait_ms = 60000;

constexpr bool is_due(std::uint32_t at_ms, std::uint32_t now_ms) {
  return at_or_before(at_ms, now_ms);
}

}  // namespace client_detail

template <bool with_protocol_1>
BasicLinkClient<with_protocol_1>::BasicLinkClient(const LinkSettings& settings, const LinkBuffers& buffers)
    : settings_(settings),
      queue_(buffers.queue.data, buffers.queue.size),
      inbox_(buffers.inbox.data, buffers.inbox.size),
      receive_(buffers.receive.data, buffers.receive.size),
      output_(buffers.output.data),
      output_size_(static_cast<std::uint32_t>(buffers.output.size)),
      agreed_max_line_(settings.limits.max_payload) {
  if constexpr (with_protocol_1) Part1::speaking_1 = settings.dialect == Dialect::protocol_1;
}

template <bool with_protocol_1>
bool BasicLinkClient<with_protocol_1>::speaks_protocol_1() const {
  if constexpr (with_protocol_1) return Part1::speaking_1;
  return false;
}

// ---- writing ------------------------------------------------------------------------------------

template <bool with_protocol_1>
std::size_t BasicLinkClient<with_protocol_1>::max_line() const {
  return agreed_max_line_;
}

template <bool with_protocol_1>
WriteStatus BasicLinkClient<with_protocol_1>::check_line(std::string_view line) const {
  if constexpr (with_protocol_1) {
    // A line that is queued may meet a server of either protocol, as long as none is known to speak protocol 2.
    const bool maybe_1 = settings_.dialect == Dialect::automatic && !Part1::protocol_2_known;
    if (Part1::speaking_1 || maybe_1) return wire_1::check_payload(line, max_line());
  }
  return check_payload(line, max_line());
}

template <bool with_protocol_1>
WriteResult BasicLinkClient<with_protocol_1>::write(std::string_view line, bool qos) {
  WriteResult result;
  result.ticket = numbers_.base - 1;  // what counts as acknowledged already
  line = without_final_newline(line);
  result.status = final_ ? WriteStatus::closed : check_line(line);
  if (result.status != WriteStatus::ok) return result;
  if (!qos && !is_open()) {
    result.status = WriteStatus::would_block;
  } else if (qos || speaks_protocol_1()) {
    result.status = queue_line(line, qos, result.ticket);
  } else {
    result.status = send_plain(line);
  }
  return result;
}

template <bool with_protocol_1>
WriteStatus BasicLinkClient<with_protocol_1>::queue_line(std::string_view line, bool qos, std::uint32_t& ticket) {
  if (!queue_.push(line, qos ? std::uint8_t{0} : tag_1::plain)) return WriteStatus::would_block;
  ticket = numbers_.next++;
  if constexpr (with_protocol_1) {
    if (Part1::speaking_1) Part1::numbers_1.next = numbers_.next;
  }
  return WriteStatus::ok;
}

/// A qos=False line of protocol 2 goes straight to the bytes to send.
template <bool with_protocol_1>
WriteStatus BasicLinkClient<with_protocol_1>::send_plain(std::string_view line) {
  if (output_begin_ == output_end_) output_begin_ = output_end_ = 0;
  if (output_size_ - output_end_ < line.size() + max_line_overhead) return WriteStatus::would_block;
  char* const end = wire_2::put_plain(output_ + output_end_, line);
  output_end_ = static_cast<std::uint32_t>(end - output_);
  return WriteStatus::ok;
}

template <bool with_protocol_1>
bool BasicLinkClient<with_protocol_1>::acknowledged(std::uint32_t ticket) const {
  if constexpr (with_protocol_1) {
    if (Part1::speaking_1 && !before(ticket, numbers_.base)) return Part1::numbers_1.is_acknowledged(ticket);
  }
  return before(ticket, numbers_.base);
}

/// The queue holds exactly the lines from `base` on.
template <bool with_protocol_1>
void BasicLinkClient<with_protocol_1>::release_acknowledged() {
  std::uint32_t needed = numbers_.unacknowledged();
  if constexpr (with_protocol_1) {
    if (Part1::speaking_1) needed = Part1::numbers_1.unacknowledged();
  }
  while (queue_.size() > needed) queue_.pop_front();
  numbers_.base = numbers_.next - queue_.size();
}

// ---- reading ------------------------------------------------------------------------------------

template <bool with_protocol_1>
bool BasicLinkClient<with_protocol_1>::readline(std::string_view& line) {
  accept();
  if (inbox_.empty()) return false;
  line = inbox_.front();
  holding_ = true;
  return true;
}

template <bool with_protocol_1>
void BasicLinkClient<with_protocol_1>::accept() {
  if (!holding_) return;
  const bool acknowledges = !stale_ && inbox_.front_tag() == client_detail::numbered_line;
  inbox_.pop_front();
  holding_ = stale_ = false;
  if (acknowledges) protocol_.acknowledge(numbers_, numbers_.ack + 1);
}

/// H3, H5: the lines in the inbox belong to a session that is forgotten. The one that the application holds stays until
/// it lets go of it.
template <bool with_protocol_1>
void BasicLinkClient<with_protocol_1>::drop_inbox() {
  if (holding_) {
    inbox_.keep_front();
    stale_ = true;
  } else {
    inbox_.clear();
  }
}

template <bool with_protocol_1>
bool BasicLinkClient<with_protocol_1>::has_plain_slot(std::size_t bytes) const {
  const std::uint32_t slots = settings_.limits.window + 1;
  return protocol_.has_plain_slot(numbers_, inbox_.size(), slots) && inbox_.fits(bytes);
}

template <bool with_protocol_1>
void BasicLinkClient<with_protocol_1>::take_plain_line(std::string_view payload) {
  if (!has_plain_slot(payload.size()) || !inbox_.push(payload, client_detail::plain_line)) ++dropped_plain_lines_;
}

// ---- WiFi, connecting ---------------------------------------------------------------------------

template <bool with_protocol_1>
void BasicLinkClient<with_protocol_1>::wait_until(std::uint32_t at_ms) {
  state_ = LinkState::waiting;
  timer_ms_ = at_ms;
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
    state_ = LinkState::wifi_down;
    timer_ms_ = now_ms + wifi_limit_ms;
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
  output_end_ = static_cast<std::uint32_t>(end - output_);
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
    agreed_max_line_ = own;
  } else {
    const std::uint32_t peer = protocol_.peer_max_payload();
    agreed_max_line_ = peer < own ? peer : own;
  }
  if constexpr (with_protocol_1) Part1::protocol_2_known = !Part1::speaking_1;
}

// ---- input --------------------------------------------------------------------------------------

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

// ---- output -------------------------------------------------------------------------------------

template <bool with_protocol_1>
bool BasicLinkClient<with_protocol_1>::has_output(std::uint32_t now_ms) const {
  if (output_begin_ != output_end_) return true;
  if constexpr (with_protocol_1) {
    if (Part1::speaking_1) {
      auto& queue = const_cast<LineQueue&>(queue_);  // only its cursor moves
      return Part1::protocol_1.has_output(Part1::numbers_1, queue, now_ms);
    }
  }
  return protocol_.has_output(numbers_);
}

template <bool with_protocol_1>
std::string_view BasicLinkClient<with_protocol_1>::output(std::uint32_t now_ms) {
  if (!is_connected()) return {};
  // Nothing new while old bytes wait: they may end in the middle of a line.
  if (output_begin_ == output_end_) {
    output_begin_ = 0;
    if (speaks_protocol_1()) {
      if constexpr (with_protocol_1) {
        output_end_ = static_cast<std::uint32_t>(
            Part1::protocol_1.produce(Part1::numbers_1, queue_, output_, output_size_, now_ms));
        release_acknowledged();
      }
    } else {
      output_end_ = static_cast<std::uint32_t>(protocol_.produce(numbers_, queue_, output_, output_size_, now_ms));
      if (protocol_.phase() == Protocol2::Phase::failed) fail(protocol_.failure());
    }
  }
  return {output_ + output_begin_, output_end_ - output_begin_};
}

template <bool with_protocol_1>
void BasicLinkClient<with_protocol_1>::sent(std::size_t count, std::uint32_t now_ms) {
  output_begin_ += static_cast<std::uint32_t>(count);
  if (count != 0 || !blocked_) blocked_ms_ = now_ms;
  blocked_ = output_begin_ != output_end_;
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
  // association clears that. A server that is merely stopped looks the same to a connect, so those count to three.
  // After FIN, RST or BYE the network is well.
  if (no_answer && (was_open_ || ++failed_connects_ >= failed_connects_before_wifi_cycle)) {
    wifi_cycle_due_ = true;
    failed_connects_ = 0;
  }
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
