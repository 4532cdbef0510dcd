#pragma once

#include <cstdint>
#include <string_view>

#include "tautline/core/bitmap.hpp"
#include "tautline/core/line_queue.hpp"
#include "tautline/core/wire_1.hpp"

namespace tautline {

/// Marks of a line in the LineQueue of a protocol-1 link.
namespace tag_1 {
/// qos=False: sent at most once, except where wire numbers would break (Sender1); dropped if unsent when the
/// connection is lost.
constexpr std::uint8_t plain = 1;
/// Not sent before every earlier line is acknowledged: what the original does for wait=True. Some devices discard,
/// unacknowledged, what they have no room for; then only such lines are sure to arrive in order.
constexpr std::uint8_t ordered = 2;
}  // namespace tag_1

/// What sending remembers across connections.
///
/// Tickets count lines, wire numbers (mm) count what was sent. A ticket is given when the host queues a line
/// (`ticket = numbers.next; queue.push(...); ++numbers.next`), a wire number when the line is first sent. The queue
/// holds the tickets up to next - 1; the host pops from its front until queue.size() == next - base.
struct SendNumbers1 {
  std::uint32_t base = 1;           ///< ticket of the oldest line that is still needed
  std::uint32_t next = 1;           ///< ticket of the next line to be written
  std::uint32_t sent = 1;           ///< ticket of the oldest line never sent; base <= sent <= next
  std::uint32_t stale_before = 1;   ///< unsent qos=False lines with a ticket before this one are dropped
  Bitmap<128> settled;              ///< by ticket, base <= ticket < sent: needed no more
  std::uint8_t newest = 0;          ///< wire number of the line `sent` - 1
  std::uint8_t in_flight = 0;       ///< lines sent and not settled
  bool started = false;             ///< 00 was used
  bool group_acknowledged = false;  ///< the peer acknowledged a number of the newest number's group

  /// For a fresh life over lines that are queued already, the oldest of them with ticket `first`.
  void restart(std::uint32_t first, std::uint32_t lines) {
    *this = SendNumbers1{};
    base = sent = stale_before = first;
    next = first + lines;
  }

  /// Lines in the queue.
  std::uint32_t unacknowledged() const { return next - base; }

  /// The host gives up the oldest line and pops it. Only a line that was never sent: a number once used is held or
  /// proves its group, and without it the rules of Sender1 would wait for ever.
  bool can_drop_front() const { return base == sent && base != next; }
  void drop_front();

  /// May a write that waits for this line return? True when the line was acknowledged, and for a qos=False line also
  /// when it was given up. Each write waits for its own line: an acknowledgement that is lost delays no other write.
  bool is_acknowledged(std::uint32_t ticket) const;
  /// Was the line sent (or dropped)? A qos=False write is complete then.
  bool is_sent(std::uint32_t ticket) const;
};

/// Which message goes out next. One connection; SendNumbers1 carries over to the next one.
///
/// Beside order and retransmission it keeps rules that protect existing peers from the way they tell duplicates:
/// a map of 256 bits, where receiving i sets bit i and clears the byte 16 bytes further on.
/// - The first message, 00, goes alone and is held until acknowledged, qos or not. It clears the peer's map. If it is
///   lost and 01 arrives, the map of the former life acknowledges 01 and swallows it.
/// - From the oldest unacknowledged number to the newest are at most 120. The number 121 further on clears the bit of
///   the oldest: sent again, it would be delivered again.
/// - Of each aligned group of 8 numbers one is acknowledged before the next group begins; if none is, the group's last
///   line is sent until it is, qos or not. A group that is lost whole clears no byte, and half a round later the peer
///   takes new lines for old ones.
/// - At most 20 lines are in flight: a device buffers 20, and loses what comes on top.
class Sender1 {
 public:
  static constexpr unsigned max_in_flight = 20;
  static constexpr unsigned max_span = 120;
  /// A stall is told after this many timeouts without an acknowledgement.
  static constexpr std::uint32_t stalled_timeouts = 10;

  struct Message {
    std::uint8_t number = 0;
    std::string_view payload;
  };

  /// A new connection: what is in flight will be sent again, in order; qos=False lines in flight are given up, unsent
  /// ones dropped.
  void start(SendNumbers1& numbers, std::uint32_t timeout_ms, std::uint32_t now_ms);

  /// The peer acknowledged that wire number. False: nothing new (an old one, or one never sent).
  bool acknowledge(SendNumbers1& numbers, std::uint8_t number, std::uint32_t now_ms);

  /// Starts the retransmission of what was sent a timeout ago and is not acknowledged.
  void retransmit_if_due(const SendNumbers1& numbers, std::uint32_t now_ms);

  /// The message that may go now; false if none. Settles lines that it passes. Call sent() when it was written.
  bool next_message(SendNumbers1& numbers, LineQueue& queue, std::uint32_t now_ms, Message& message);
  void sent(SendNumbers1& numbers, std::uint32_t now_ms);

  /// Would next_message() do something? (It may only drop lines and then find no message.) Moves the queue's cursor.
  bool has_work(const SendNumbers1& numbers, LineQueue& queue) const;

  /// When retransmit_if_due() has something to do; false: not before something else happens.
  bool retransmission_at(const SendNumbers1& numbers, std::uint32_t& at_ms) const;

  /// True once per stall.
  bool stalled(const SendNumbers1& numbers, std::uint32_t now_ms);

 private:
  bool is_held(const SendNumbers1& numbers, std::uint32_t ticket) const;
  bool may_send_new(const SendNumbers1& numbers, std::uint8_t tag) const;
  bool is_retransmitting(const SendNumbers1& numbers) const;
  void settle(SendNumbers1& numbers, std::uint32_t ticket, std::uint32_t now_ms);
  void restart_timer_if_done(const SendNumbers1& numbers, std::uint32_t now_ms);

  std::uint32_t timeout_ms_ = 0;
  std::uint32_t again_ = 1;           ///< retransmission: the next ticket to look at ...
  std::uint32_t again_end_ = 1;       ///< ... and where it ends
  std::uint32_t timed_end_ = 1;       ///< lines before this ticket were last sent at or before ...
  std::uint32_t timed_since_ms_ = 0;  ///< ... this time
  std::uint32_t progress_at_ms_ = 0;
  bool stall_told_ = false;
};

static_assert(Sender1::max_in_flight <= Sender1::max_span, "what is in flight fits the span");
static_assert(Sender1::max_span < 128, "SendNumbers1::settled has a bit for each line of the span");

}  // namespace tautline
