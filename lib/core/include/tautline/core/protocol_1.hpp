#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "tautline/core/bitmap.hpp"
#include "tautline/core/event.hpp"
#include "tautline/core/keepalive.hpp"
#include "tautline/core/limits.hpp"
#include "tautline/core/line_queue.hpp"
#include "tautline/core/receiver_1.hpp"
#include "tautline/core/sender_1.hpp"
#include "tautline/core/wire_1.hpp"

namespace tautline {

/// What a protocol-1 link remembers across connections, in RAM on both sides. base and next mean what they mean in
/// LinkNumbers.
struct Link1Numbers : SendNumbers1 {
  Receiver1 received;
};

static_assert(std::is_trivially_copyable_v<Link1Numbers>, "a host may keep it in a flat record");
static_assert(sizeof(Link1Numbers) <= 72, "part of the bytes that an idle link of the server may take");

/// Message numbers whose acknowledgement waits to be written. A set, so that no burst of lines can overflow it; its
/// order is the order of receipt, as long as the numbers rise.
class AckSet1 {
 public:
  bool empty() const { return count_ == 0; }
  void add(std::uint8_t number);
  /// Must not be empty.
  std::uint8_t take();
  void clear() { *this = AckSet1{}; }

 private:
  Bitmap<256> waiting_;
  std::uint16_t count_ = 0;
  std::uint8_t first_ = 0;
};

/// One connection that speaks protocol 1, on either side: bytes in, bytes out, no socket, clock or memory of its own.
///
/// The host feeds complete lines to receive(), acts on each Input, and after a batch of lines calls produce() until it
/// returns 0 and sends the bytes. It calls poll() at deadline_ms(). After any of the three it pops the front of the
/// queue until queue.size() == numbers.unacknowledged(). All times are of one monotonic clock in milliseconds, compared
/// by difference. A connection that failed needs start_*() again.
///
/// Opening is not an event of its own, because the line that opens a client's connection may be a message: the host
/// compares is_open() before and after receive(). A server's connection is open from the start.
///
/// Messages are acknowledged when the host has taken them, so that none is lost that the peer believes delivered. A
/// host without room for a message keeps the line, stops reading the socket and says so (pause()); when there is room
/// it gives the same line to receive() again, then reads on (resume()). It needs no room to call receive(): an
/// acknowledgement or a keepalive needs none.
///
/// A peer of protocol 1 is refused by a close, and never told why: all bytes but protocol-1 lines would be taken for
/// messages.
class Protocol1 {
 public:
  enum class Phase : std::uint8_t {
    idle,     ///< no connection
    id_sent,  ///< client: waits for the server's first line
    open,
    failed,
  };

  /// A server sends no message before this long after the client's first line: the device "gets out of bed", and loses
  /// what comes earlier. Acknowledgements and keepalives are not held.
  static constexpr std::uint32_t settling_ms = 200;
  /// A client waits this many timeouts for the server's first line: the original server accepts 5 clients a second.
  static constexpr std::uint32_t first_line_timeouts = 2;
  /// A client waits this many timeouts between losing a connection and opening the next (the host's part): the server
  /// must have noticed the loss, or it refuses the new connection for the old one's sake.
  static constexpr std::uint32_t reconnect_pause_timeouts = 2;
  /// Room that produce() needs at least, to make progress with payloads of that size.
  static constexpr std::size_t room_for(std::size_t max_payload) { return max_payload + wire_1::message_overhead; }

  /// Client, on a fresh TCP connection: writes the id and LF at `out` (max_id_bytes + 1 of room) and returns its end.
  /// The client then sends nothing until it has received something: on a reconnect the original server drops what
  /// shares a segment with the id.
  char* start_client(Link1Numbers& numbers, char* out, std::string_view id, std::uint32_t timeout_ms,
                     std::uint32_t now_ms);

  /// Server, when the host has read the id line. A keepalive is due at once: the device sends no message before it.
  void start_server(Link1Numbers& numbers, std::uint32_t timeout_ms, std::uint32_t now_ms);

  /// One complete line without its LF, and with whatever CR it has. The same for both roles.
  /// - line: a new message. Take it and call accept(), or keep the line and offer it again. (A plain line looks the
  /// same
  ///   on the wire, so it is never Event::plain_line.) Forgotten, not acknowledged, if the next receive() comes first.
  /// - acknowledged: SendNumbers1::is_acknowledged() became true for a line, perhaps not the oldest.
  /// - none: a duplicate; it is acknowledged again.
  /// - keepalive: an empty line, or an acknowledgement that says nothing new.
  /// - failed, syntax: close.
  Input receive(Link1Numbers& numbers, std::string_view line, std::uint32_t now_ms);

  /// The host has taken the message of the last Event::line: its acknowledgement is due. Ignored if there is none.
  void accept(Link1Numbers& numbers);
  /// Was a message offered and not accepted?
  bool has_offered() const { return offered_; }

  /// For a host that stores lines in the background: while held, no acknowledgement is written (of duplicates neither:
  /// one may be of a line that is being stored). Accept a batch, hold, store, release; read on after that. If storing
  /// fails, fail() the connection and put back the copy of numbers.received from before the batch.
  void hold_acknowledgements() { acks_held_ = true; }
  void release_acknowledgements() { acks_held_ = false; }

  /// The host stops reading the socket: silence is not judged, keepalives go on.
  void pause() { reading_ = false; }
  /// The host reads again: silence counts from now.
  void resume(std::uint32_t now_ms);

  /// Ends the connection from this side: produce() writes nothing any more.
  void fail(Reason reason);

  /// Writes as many due lines as fit to `out`, each whole, and returns the number of bytes. Give room_for() the longest
  /// payload in the queue. The host sends them in one send, as far as the socket allows: existing peers are known to
  /// stumble over lines in pieces.
  std::size_t produce(Link1Numbers& numbers, LineQueue& queue, char* out, std::size_t room, std::uint32_t now_ms);

  /// Would produce() do something? (It may only drop qos=False lines and then write nothing.) Moves the queue's cursor.
  bool has_output(const Link1Numbers& numbers, LineQueue& queue, std::uint32_t now_ms) const;

  Due poll(Link1Numbers& numbers, LineQueue& queue, std::uint32_t now_ms);
  /// When poll() may find something that does not come from receive() or a write; meaningful while not idle or failed.
  std::uint32_t deadline_ms(const Link1Numbers& numbers) const;

  Phase phase() const { return phase_; }
  bool is_open() const { return phase_ == Phase::open; }
  Reason failure() const { return failure_; }
  std::uint32_t opened_at_ms() const { return opened_at_ms_; }

 private:
  void start(Link1Numbers& numbers, Role role, std::uint32_t timeout_ms, std::uint32_t now_ms);
  void heard(std::uint32_t now_ms);
  Input receive_message(Link1Numbers& numbers, const wire_1::Line& message);
  void acknowledge_message(std::uint8_t number);
  void judge_first_acknowledgement(Link1Numbers& numbers, std::uint32_t now_ms);
  std::uint32_t silent_at_ms() const;
  bool keepalive_due(std::uint32_t now_ms) const;
  bool may_send_messages(std::uint32_t now_ms) const;

  Keepalive keepalive_;
  Sender1 sender_;
  AckSet1 acks_;
  std::uint32_t opened_at_ms_ = 0;
  std::uint32_t first_heard_ms_ = 0;     ///< server: when the line after the id came
  std::uint32_t first_acked_at_ms_ = 0;  ///< when the acknowledgement of 00 was written
  std::uint32_t offered_hash_ = 0;
  std::uint8_t offered_number_ = 0;
  Receiver1::Verdict offered_verdict_ = Receiver1::Verdict::fresh;
  Phase phase_ = Phase::idle;
  Reason failure_ = Reason::none;
  Role role_ = Role::client;
  bool offered_ = false;
  bool message_seen_ = false;  ///< a message of this connection was taken or found duplicate
  bool line_heard_ = false;
  bool up_ = false;  ///< settling_ms have passed, or need not
  bool reading_ = true;
  bool keepalive_pending_ = false;
  bool acks_held_ = false;
  bool first_acked_ = false;  ///< the acknowledgement of 00 was written, and the peer did not send 00 again
};

}  // namespace tautline
