#pragma once

#include "tautline/client/link_client.hpp"
#include "tautline/core/serial.hpp"
#include "tautline/core/wire_1.hpp"
#include "tautline/core/wire_2.hpp"

/// The members of BasicLinkClient that the application's lines go through.
namespace tautline {
namespace client_detail {

/// Marks of a line in the inbox.
constexpr std::uint8_t plain_line = 0;     ///< taking it acknowledges nothing
constexpr std::uint8_t numbered_line = 1;  ///< a qos line of protocol 2: taking it acknowledges it

}  // namespace client_detail

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
WriteResult BasicLinkClient<with_protocol_1>::write(std::string_view line, bool qos, bool ordered) {
  WriteResult result;
  result.ticket = numbers_.base - 1;  // what counts as acknowledged already
  line = without_final_newline(line);
  result.status = final_ ? WriteStatus::closed : check_line(line);
  if (result.status != WriteStatus::ok) return result;
  if (!qos && !is_open()) {
    result.status = WriteStatus::would_block;
  } else if (qos || speaks_protocol_1()) {
    const std::uint8_t tag = !qos ? tag_1::plain : ordered ? tag_1::ordered : std::uint8_t{0};
    result.status = queue_line(line, tag, result.ticket);
  } else {
    result.status = send_plain(line);
  }
  return result;
}

template <bool with_protocol_1>
WriteStatus BasicLinkClient<with_protocol_1>::queue_line(std::string_view line, std::uint8_t tag,
                                                         std::uint32_t& ticket) {
  if (!queue_.push(line, tag)) return WriteStatus::would_block;
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
  if (std::size_t{output_size_} - output_end_ < line.size() + max_line_overhead) return WriteStatus::would_block;
  char* const end = wire_2::put_plain(output_ + output_end_, line);
  output_end_ = to_index(static_cast<std::size_t>(end - output_));
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

template <bool with_protocol_1>
bool BasicLinkClient<with_protocol_1>::numbers_to_keep(KeptNumbers& kept) const {
  kept = {numbers_.sid, numbers_.ack};
  return numbers_.sid_known && numbers_.rx_known;
}

template <bool with_protocol_1>
void BasicLinkClient<with_protocol_1>::resume(const KeptNumbers& kept) {
  numbers_.sid = kept.sid;
  numbers_.rx = numbers_.ack = kept.ack;
  numbers_.sid_known = numbers_.rx_known = true;
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

}  // namespace tautline
