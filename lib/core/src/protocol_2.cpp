#include "tautline/core/protocol_2.hpp"

#include <new>

#include "tautline/core/serial.hpp"

namespace tautline {
namespace {

constexpr std::uint32_t stall_timeouts = 10;

Input simple(Event event) {
  Input input;
  input.event = event;
  return input;
}

/// A new connection in place: assigning a fresh object would make that one first, and copy it.
void begin_anew(Protocol2& connection) {
  ::new (static_cast<void*>(&connection)) Protocol2;
}

bool is_bye_code(Reason reason) {
  return reason >= Reason::version;
}

}  // namespace

// ---- beginning and end --------------------------------------------------------------------------

char* Protocol2::start_client(char* out, std::string_view id, const ReceiveLimits& own, std::uint32_t now_ms) {
  begin_anew(*this);
  phase_ = Phase::hello_sent;
  own_window_ = static_cast<std::uint16_t>(own.window);
  own_max_payload_ = capped_index(own.max_payload);
  keepalive_.start(now_ms, own.timeout_ms, ReceiveLimits{}.timeout_ms);
  return wire_2::put_hello(out, {id, own});
}

void Protocol2::start_server(const LinkNumbers& numbers, const wire_2::Hello& hello, const ReceiveLimits& own,
                             std::uint32_t accepted_at_ms) {
  begin_anew(*this);
  phase_ = Phase::hello_heard;
  own_window_ = static_cast<std::uint16_t>(own.window);
  own_max_payload_ = capped_index(own.max_payload);
  keepalive_.start(accepted_at_ms, own.timeout_ms, hello.limits.timeout_ms);
  adopt_peer_limits(hello.limits);
  generation_ = numbers.generation + 1;  // H2: only offered; nothing is written, no live connection is disturbed
  pending_ = pending_hi;
}

void Protocol2::adopt_peer_limits(const ReceiveLimits& limits) {
  peer_window_ = static_cast<std::uint16_t>(limits.window);
  peer_max_payload_ = capped_index(limits.max_payload);
  keepalive_.set_peer_timeout(limits.timeout_ms);
}

void Protocol2::fail(Reason reason) {
  if (phase_ == Phase::idle || phase_ == Phase::failed) return;
  phase_ = Phase::failed;
  failure_ = reason;
  pending_ = is_bye_code(reason) ? pending_bye : 0;
}

Input Protocol2::fail_with(Reason reason) {
  fail(reason);
  Input input;
  input.event = Event::failed;
  input.reason = reason;
  return input;
}

Input Protocol2::peer_said_bye(std::string_view after_bye) {
  std::size_t length = 0;
  while (length < after_bye.size() && after_bye[length] != ' ') ++length;
  Reason code = bye_code({after_bye.data(), length});
  if (code == Reason::none) code = Reason::peer_closed;  // a code of a later version: the text tells the log
  phase_ = Phase::failed;
  failure_ = code;
  pending_ = 0;
  Input input;
  input.event = Event::failed;
  input.reason = code;
  input.from_peer = true;
  input.payload = after_bye;
  return input;
}

void Protocol2::open(LinkNumbers& numbers, std::uint32_t sent, std::uint32_t now_ms) {
  phase_ = Phase::open;
  numbers.generation = generation_;
  cursor_ = numbers.base;
  sent_ = sent;
  opened_at_ms_ = now_ms;
  progress_at_ms_ = now_ms;
  keepalive_.heard(now_ms);
  keepalive_.said(now_ms);  // the first status line is due within a quarter of the peer's timeout from here
}

// ---- the client's half of the handshake ---------------------------------------------------------

Input Protocol2::receive_from_server(LinkNumbers& numbers, std::string_view line, std::uint32_t now_ms) {
  if (phase_ == Phase::open) return receive_open(numbers, line, now_ms);
  if (phase_ != Phase::hello_sent && phase_ != Phase::go_sent) return Input{};
  const wire_2::Line parsed = wire_2::parse_line(line);
  if (parsed.kind != wire_2::Kind::bye) {
    return phase_ == Phase::hello_sent ? receive_hi(numbers, line) : receive_server_go(numbers, line, now_ms);
  }
  const Input input = peer_said_bye(parsed.payload);
  // The server's record was rolled back: whatever was remembered of it is void.
  if (input.reason == Reason::sid) numbers.sid_known = false;
  return input;
}

Input Protocol2::receive_hi(LinkNumbers& numbers, std::string_view line) {
  wire_2::Hi hi;
  // A server of protocol 2 says nothing before HI or BYE. One of protocol 1 sends an empty line or a message at once.
  // A HI with a fault is no reason to fall back to protocol 1.
  if (!wire_2::parse_hi(line, hi)) {
    const bool is_hi = line.size() >= 3 && line[0] == 'H' && line[1] == 'I' && line[2] == ' ';
    return fail_with(is_hi ? Reason::syntax : Reason::not_protocol_2);
  }
  generation_ = hi.generation;
  adopt_peer_limits(hi.limits);
  Input input;
  if (!numbers.sid_known || numbers.sid != hi.sid) {  // H3
    numbers.sid = hi.sid;
    numbers.sid_known = true;
    numbers.rx_known = false;
    input.drop_inbox = true;
  }
  phase_ = Phase::go_sent;
  pending_ |= pending_client_go;
  return input;
}

Input Protocol2::receive_server_go(LinkNumbers& numbers, std::string_view line, std::uint32_t now_ms) {
  wire_2::ServerGo go;
  if (!wire_2::parse_server_go(line, go) || go.generation != generation_) return Input{};  // H5: all else is ignored
  if (!within(go.ack, numbers.base - 1, numbers.next - 1)) {
    // H7: the server acknowledges lines never written here, or forgets some whose write returned: its record is of
    // another life. A new epoch makes both sides start over; the queue is kept and sent again.
    numbers.epoch_known = false;
    numbers.sid_known = false;
    numbers.rx_known = false;
    return fail_with(Reason::epoch);
  }
  // The epoch is fixed only now. Fixed at HI, a GO lost on the way would let a second handshake offer an epoch that
  // the server never adopted.
  if (!numbers.epoch_known) {
    numbers.epoch = generation_;
    numbers.epoch_known = true;
  }
  numbers.base = go.ack + 1;
  Input input = simple(Event::opened);
  if (!numbers.rx_known || after(go.start, numbers.ack)) {
    numbers.rx = numbers.ack = go.start;
    numbers.rx_known = true;
    input.drop_inbox = true;
  }
  open(numbers, go.ack, now_ms);
  return input;
}

// ---- the server's half of the handshake ---------------------------------------------------------

Input Protocol2::receive_from_client(LinkNumbers& numbers, std::string_view line, std::uint32_t now_ms) {
  if (phase_ == Phase::open) {
    if (fenced(numbers)) return fail_with(Reason::superseded);
    return receive_open(numbers, line, now_ms);
  }
  if (phase_ != Phase::hello_heard) return Input{};
  wire_2::ClientGo go;
  if (wire_2::parse_client_go(line, go) && go.generation == generation_) return receive_client_go(numbers, go, now_ms);
  wire_2::Bye bye;
  if (wire_2::parse_bye(line, bye)) return peer_said_bye(bye.text);
  const bool is_nop = line.empty() || line == "\r";
  return is_nop ? Input{} : fail_with(Reason::syntax);
}

Input Protocol2::receive_client_go(LinkNumbers& numbers, const wire_2::ClientGo& go, std::uint32_t now_ms) {
  // Fenced before anything else: a GO that was read late must not disturb the connection that is newer than it.
  if (numbers.generation != generation_ - 1) return fail_with(Reason::superseded);
  const std::uint32_t epoch = go.has_epoch ? go.epoch : generation_;
  if (go.has_epoch && !before(epoch, generation_)) {
    // The client's life began with a generation that this record has not reached: the record is older than it looks.
    // Step past it and let the client try again, so that no clock has to be trusted.
    numbers.generation = epoch;
    return fail_with(Reason::superseded);
  }
  // H7: the client took lines that this record never held: it was rolled back. The host draws a new sid.
  // The generation is used up with it: else a GO that another connection has ready, made for the old sid, would pass
  // and free lines that nobody took.
  if (go.has_ack && after(go.ack, numbers.next - 1)) {
    numbers.generation = generation_;
    return fail_with(Reason::sid);
  }

  if (!numbers.epoch_known || numbers.epoch != epoch) {
    numbers.epoch = epoch;
    numbers.epoch_known = true;
    numbers.rx = numbers.ack = go.start;
  }
  if (go.has_ack && !before(go.ack, numbers.base)) numbers.base = go.ack + 1;
  open(numbers, numbers.base - 1, now_ms);
  pending_ = pending_server_go;
  return simple(Event::opened);
}

// ---- lines of an open connection ----------------------------------------------------------------

Input Protocol2::receive_open(LinkNumbers& numbers, std::string_view line, std::uint32_t now_ms) {
  const wire_2::Line parsed = wire_2::parse_line(line);
  keepalive_.heard(now_ms);
  switch (parsed.kind) {
    case wire_2::Kind::data: return on_data(numbers, parsed.first, parsed.payload);
    case wire_2::Kind::status: return on_status(numbers, parsed.first, parsed.second);
    case wire_2::Kind::resend: return on_resend(numbers, parsed.first);
    case wire_2::Kind::nop: return simple(Event::keepalive);
    case wire_2::Kind::bye: return peer_said_bye(parsed.payload);
    case wire_2::Kind::plain: {
      if (parsed.payload.size() > own_max_payload_) break;
      Input input = simple(Event::plain_line);
      input.payload = parsed.payload;
      return input;
    }
    case wire_2::Kind::invalid: break;
  }
  return fail_with(Reason::syntax);
}

Input Protocol2::on_data(const LinkNumbers& numbers, std::uint32_t seq, std::string_view payload) {
  if (payload.size() > own_max_payload_) return fail_with(Reason::syntax);
  const std::int32_t ahead = distance(seq, numbers.rx + 1);
  if (ahead < 0) return Input{};  // R1: a repetition
  const bool reported = gap_reported_;
  // Set for both cases below. An in-order line clears it when the host accepts it; if the host has no room for it, the
  // lines behind it are no gap to be reported at once: R2 repairs them when there is room.
  gap_reported_ = true;
  if (ahead > 0) {
    if (!reported) pending_ |= pending_resend;
    return Input{};
  }
  if (seq - numbers.ack > own_window_) return Input{};  // beyond the credit that was given: no slot is promised for it
  Input input = simple(Event::line);
  input.payload = payload;
  return input;
}

void Protocol2::accept(LinkNumbers& numbers) {
  ++numbers.rx;
  gap_reported_ = false;
}

void Protocol2::acknowledge(LinkNumbers& numbers, std::uint32_t ack) {
  if (!after(ack, numbers.ack)) return;
  numbers.ack = ack;
  pending_ |= pending_status;
}

Input Protocol2::on_status(LinkNumbers& numbers, std::uint32_t ack, std::uint32_t sent) {
  // S2. `ack` may be after `sent_`: the peer may take, after a reconnect, a line that arrived before it.
  if (!within(ack, numbers.base - 1, numbers.next - 1)) return fail_with(Reason::syntax);
  // R2: the only repair of a lost R or of a lost last line. No credit left: nothing was sent that this side could take.
  if (after(sent, numbers.rx) && numbers.rx - numbers.ack < own_window_) {
    pending_ |= pending_resend;
    gap_reported_ = true;
  }
  const bool advanced = ack + 1 != numbers.base;
  if (!advanced) return simple(Event::keepalive);
  numbers.base = ack + 1;
  cursor_ = later(cursor_, numbers.base);
  sent_ = later(sent_, ack);
  stall_reported_ = false;
  progress_at_ms_ = keepalive_.last_heard_ms();
  return simple(Event::acknowledged);
}

Input Protocol2::on_resend(const LinkNumbers& numbers, std::uint32_t seq) {
  if (!within(seq, numbers.base, sent_ + 1)) return fail_with(Reason::syntax);
  cursor_ = seq;
  return Input{};
}

bool Protocol2::has_plain_slot(const LinkNumbers& numbers, std::uint32_t queued, std::uint32_t capacity) const {
  // More than the window may wait where the window was made smaller since: then nothing is promised.
  const std::uint32_t waiting = numbers.rx - numbers.ack;
  const std::uint32_t promised = waiting < own_window_ ? own_window_ - waiting : 0;
  return queued + promised < capacity;
}

// ---- output -------------------------------------------------------------------------------------

bool Protocol2::may_send_data(const LinkNumbers& numbers) const {
  return phase_ == Phase::open && before(cursor_, numbers.next) && cursor_ - numbers.base < peer_window_;
}

/// Has another connection adopted a newer generation? The numbers are that one's now, perhaps of another life of the
/// client: an acknowledgement made of them would complete lines that nobody received.
bool Protocol2::fenced(const LinkNumbers& numbers) const {
  return phase_ == Phase::open && numbers.generation != generation_;
}

bool Protocol2::has_output(const LinkNumbers& numbers) const {
  // R and A that became due early, because the application took a line during the handshake, wait until it is done.
  const int sendable = phase_ == Phase::open ? pending_ : pending_ & (pending_handshake | pending_bye);
  return sendable != 0 || may_send_data(numbers);
}

char* Protocol2::put_client_go(const LinkNumbers& numbers, char* out) {
  wire_2::ClientGo go;
  go.generation = generation_;
  go.has_ack = numbers.rx_known;
  go.ack = numbers.ack;
  go.start = numbers.base - 1;
  go.has_epoch = numbers.epoch_known;
  go.epoch = numbers.epoch;
  pending_ &= static_cast<std::uint8_t>(~pending_client_go);
  return wire_2::put_client_go(out, go);
}

char* Protocol2::put_servers_handshake(const LinkNumbers& numbers, char* out) {
  const bool is_hi = (pending_ & pending_hi) != 0;
  pending_ &= static_cast<std::uint8_t>(~(pending_hi | pending_server_go));
  if (!is_hi) return wire_2::put_server_go(out, {generation_, numbers.ack, numbers.base - 1});
  return wire_2::put_hi(out, {generation_, numbers.sid, {own_window_, own_max_payload_, keepalive_.own_timeout_ms()}});
}

std::size_t Protocol2::produce(LinkNumbers& numbers, LineQueue& queue, char* out, std::size_t room,
                               std::uint32_t now_ms) {
  if (fenced(numbers)) fail(Reason::superseded);
  char* p = out;
  if ((pending_ & (pending_hi | pending_server_go)) != 0 && room > max_handshake_bytes) {
    p = put_servers_handshake(numbers, p);
  }
  const auto written = static_cast<std::size_t>(p - out);
  return written + produce_to_server(numbers, queue, p, room - written, now_ms);
}

std::size_t Protocol2::produce_to_server(LinkNumbers& numbers, LineQueue& queue, char* out, std::size_t room,
                                         std::uint32_t now_ms) {
  char* p = out;
  char* const end = out + room;
  if ((pending_ & pending_client_go) != 0 && room > max_handshake_bytes) p = put_client_go(numbers, p);
  if (phase_ == Phase::open) p = put_open_lines(numbers, queue, p, end, now_ms);
  // Last, because a line that the peer can't take is found while lines are written, and ends the connection.
  if ((pending_ & pending_bye) != 0 && static_cast<std::size_t>(end - p) >= wire_2::max_bye_bytes) {
    p = wire_2::put_bye(p, failure_);
    pending_ = 0;
  }
  return static_cast<std::size_t>(p - out);
}

char* Protocol2::put_open_lines(const LinkNumbers& numbers, LineQueue& queue, char* out, const char* end,
                                std::uint32_t now_ms) {
  char* p = out;
  const auto left = [end](const char* from) { return static_cast<std::size_t>(end - from); };
  if ((pending_ & pending_resend) != 0 && left(p) >= wire_2::max_status_bytes) {
    p = wire_2::put_resend(p, numbers.rx + 1);
    pending_ &= static_cast<std::uint8_t>(~pending_resend);
  }
  if ((pending_ & pending_status) != 0 && left(p) >= wire_2::max_status_bytes) {
    p = wire_2::put_status(p, numbers.ack, sent_);
    pending_ &= static_cast<std::uint8_t>(~pending_status);
    keepalive_.said(now_ms);
  }
  while (may_send_data(numbers)) {
    queue.seek(cursor_ - numbers.base);
    const std::string_view payload = queue.at_cursor();
    if (payload.size() > peer_max_payload_) {
      fail(Reason::size);  // n shrank while the line was queued
      break;
    }
    if (left(p) < payload.size() + max_line_overhead) break;
    p = wire_2::put_data(p, cursor_, payload);
    sent_ = later(sent_, cursor_);
    ++cursor_;
  }
  return p;
}

// ---- time ---------------------------------------------------------------------------------------

Due Protocol2::poll(const LinkNumbers& numbers, std::uint32_t now_ms) {
  if (fenced(numbers)) {
    fail(Reason::superseded);
    return Due::output;
  }
  if (phase_ == Phase::idle || phase_ == Phase::failed) return Due::nothing;
  if (keepalive_.silent(now_ms)) return Due::silent;
  if (phase_ != Phase::open) return Due::nothing;
  if (numbers.unacknowledged() == 0) progress_at_ms_ = now_ms;
  if (keepalive_.due(now_ms)) pending_ |= pending_status;
  const bool stalled = now_ms - progress_at_ms_ >= stall_timeouts * keepalive_.own_timeout_ms();
  if (stalled && !stall_reported_) {
    stall_reported_ = true;
    return Due::stalled;
  }
  return pending_ != 0 ? Due::output : Due::nothing;
}

std::uint32_t Protocol2::deadline_ms() const {
  const std::uint32_t silent_at = keepalive_.silent_at_ms();
  return phase_ == Phase::open ? earlier(silent_at, keepalive_.due_at_ms()) : silent_at;
}

}  // namespace tautline
