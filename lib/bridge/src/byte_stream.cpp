#include "tautline/bridge/byte_stream.hpp"

#include <cstring>

#include "bytes.hpp"
#include "tautline/core/serial.hpp"

namespace tautline::bridge {
namespace {

constexpr std::uint8_t kind_mask = 0x0F;
constexpr std::uint8_t kind_sync = 1;
constexpr std::uint8_t kind_data = 2;
constexpr std::uint8_t flag_up = 0x10;      // sync: the sender knows that both know of each other
constexpr std::uint8_t flag_resend = 0x10;  // data: go back to what is acknowledged here
constexpr std::uint8_t flag_probe = 0x20;   // data: say something

constexpr char version = 1;
constexpr std::size_t sync_bytes = 10;

static_assert(sync_bytes >= min_packet_bytes && sync_bytes <= max_packet_bytes);

std::uint16_t smaller(std::size_t a, std::size_t b) {
  return static_cast<std::uint16_t>(a < b ? a : b);
}

/// a - b as a signed distance, for numbers of bytes.
std::int32_t byte_distance(std::uint16_t a, std::uint16_t b) {
  return static_cast<std::int16_t>(static_cast<std::uint16_t>(a - b));
}

/// Of two numbers in a row that never repeat within 2^32; 0 is nobody's token.
std::uint32_t next_token(std::uint32_t token) {
  token = token * 747796405U + 2891336453U;
  return token != 0 ? token : 1;
}

void copy_from_ring(char* out, const char* ring, std::size_t ring_size, std::size_t at, std::size_t count) {
  at %= ring_size;
  const std::size_t first = smaller(count, ring_size - at);
  std::memcpy(out, ring + at, first);
  std::memcpy(out + first, ring, count - first);
}

void copy_to_ring(char* ring, std::size_t ring_size, std::size_t at, const char* in, std::size_t count) {
  at %= ring_size;
  const std::size_t first = smaller(count, ring_size - at);
  std::memcpy(ring + at, in, first);
  std::memcpy(ring, in + first, count - first);
}

}  // namespace

// ---- sessions -----------------------------------------------------------------------------------

void ByteStream::start(std::uint32_t random, std::uint32_t now_ms) {
  token_ ^= random;
  said_ms_ = heard_ms_ = now_ms;
  end_session();
}

void ByteStream::end_session() {
  phase_ = Phase::down;
  ++changes_;
  fell_silent_ = false;
  token_ = next_token(token_);
  peer_token_ = 0;
  sync_due_ = true;
  ack_ = Ack::none;
  resend_due_ = gap_reported_ = probe_due_ = false;
  last_kind_ = 0;
  base_ = next_ = cursor_ = last_position_ = wanted_ = acknowledged_ = 0;
  send_begin_ = receive_begin_ = received_ = 0;
}

void ByteStream::begin_session(std::uint32_t now_ms) {
  phase_ = Phase::up;
  ++sessions_;
  ++changes_;
  fell_silent_ = false;
  // What every receiver has room for; the first data packet tells the rest.
  peer_window_ = max_packet_payload;
  told_room_ = max_packet_payload;
  progress_ms_ = now_ms;
  want_acknowledgement(Ack::now, now_ms);
}

void ByteStream::receive_sync(std::string_view packet, std::uint32_t now_ms) {
  if (packet.size() != sync_bytes || packet[9] != version) return;
  const std::uint32_t theirs = get_u32(packet.data() + 1);
  const std::uint32_t ours_as_heard = get_u32(packet.data() + 5);
  if (theirs == 0) return;
  const bool they_are_up = (static_cast<unsigned char>(packet[0]) & flag_up) != 0;
  // Also a session of theirs that this end never saw end: the other one has restarted within silence_ms. If its random
  // numbers are so poor that it has the same token again, what gives it away is that it does not know ours.
  if (theirs != peer_token_ || (is_up() && ours_as_heard != token_)) {
    if (is_up()) end_session();
    peer_token_ = theirs;
    sync_due_ = true;
  }
  if (ours_as_heard != token_) {
    sync_due_ = true;
    return;
  }
  if (!is_up()) begin_session(now_ms);
  // Answered only while needed, or two ends that are up would answer each other for ever.
  if (!they_are_up) sync_due_ = true;
}

// ---- bytes --------------------------------------------------------------------------------------

std::size_t ByteStream::write(std::string_view bytes) {
  const std::uint16_t count = smaller(bytes.size(), writable());
  if (count == 0) return 0;  // an empty view may have no address, and memcpy() wants one
  copy_to_ring(buffers_.send, buffers_.send_size, std::size_t{send_begin_} + unacknowledged(), bytes.data(), count);
  next_ = static_cast<std::uint16_t>(next_ + count);
  return count;
}

std::string_view ByteStream::readable() const {
  return {buffers_.receive + receive_begin_, smaller(received_, buffers_.receive_size - receive_begin_)};
}

void ByteStream::peek(std::size_t offset, char* out, std::size_t count) const {
  copy_from_ring(out, buffers_.receive, buffers_.receive_size, receive_begin_ + offset, count);
}

void ByteStream::consume(std::size_t count) {
  receive_begin_ = static_cast<std::uint16_t>((receive_begin_ + count) % buffers_.receive_size);
  received_ = static_cast<std::uint16_t>(received_ - count);
  // Told at once only to an end that may be waiting for it, and not byte by byte.
  if (told_room_ < max_packet_payload && room() >= max_packet_payload && is_up()) ack_ = Ack::now;
}

void ByteStream::take_payload(std::uint16_t position, std::string_view payload, std::uint32_t now_ms) {
  const std::int32_t ahead = byte_distance(position, wanted_);
  if (ahead > 0) {
    // Also without a payload: the bytes before this packet were lost.
    if (!gap_reported_) resend_due_ = true;
    gap_reported_ = true;
    return;
  }
  if (payload.empty()) {
    if (ahead == 0) gap_reported_ = false;  // a damaged packet had carried nothing
    return;
  }
  const auto known = static_cast<std::size_t>(-ahead);
  if (known >= payload.size()) return want_acknowledgement(Ack::now, now_ms);  // the acknowledgement was lost
  payload.remove_prefix(known);
  const std::uint16_t count = smaller(payload.size(), room());
  copy_to_ring(buffers_.receive, buffers_.receive_size, std::size_t{receive_begin_} + received_, payload.data(), count);
  received_ = static_cast<std::uint16_t>(received_ + count);
  wanted_ = static_cast<std::uint16_t>(wanted_ + count);
  if (count != 0) ++changes_;
  told_room_ = static_cast<std::uint16_t>(told_room_ - smaller(told_room_, count));
  gap_reported_ = false;
  const auto untold = static_cast<std::uint16_t>(wanted_ - acknowledged_);
  want_acknowledgement(untold >= buffers_.receive_size / 2 ? Ack::now : Ack::delayed, now_ms);
}

void ByteStream::want_acknowledgement(Ack when, std::uint32_t now_ms) {
  if (when == Ack::delayed && ack_ == Ack::none) ack_at_ms_ = now_ms + times_.ack_delay_ms;
  if (when > ack_) ack_ = when;
}

// ---- packets ------------------------------------------------------------------------------------

void ByteStream::receive(std::string_view packet, std::uint32_t now_ms) {
  if (packet.size() < min_packet_bytes || packet.size() > max_packet_bytes) return;
  heard_ms_ = now_ms;
  const unsigned kind = static_cast<unsigned char>(packet[0]) & kind_mask;
  if (kind == kind_sync) receive_sync(packet, now_ms);
  if (kind == kind_data && is_up()) receive_data(packet, now_ms);
}

void ByteStream::receive_data(std::string_view packet, std::uint32_t now_ms) {
  const auto flags = static_cast<unsigned char>(packet[0]);
  const std::uint16_t position = get_u16(packet.data() + 1);
  const std::uint16_t ack = get_u16(packet.data() + 3);
  if (static_cast<std::uint16_t>(ack - base_) > unacknowledged()) return;
  take_acknowledgement(ack, get_u16(packet.data() + 5), now_ms);
  if ((flags & flag_resend) != 0) cursor_ = base_;
  if ((flags & flag_probe) != 0) want_acknowledgement(Ack::now, now_ms);
  packet.remove_prefix(packet_header_bytes);  // not substr(), which can throw as far as a compiler sees
  take_payload(position, packet, now_ms);
}

void ByteStream::take_acknowledgement(std::uint16_t ack, std::uint16_t window, std::uint32_t now_ms) {
  const auto count = static_cast<std::uint16_t>(ack - base_);
  peer_window_ = window;
  if (count == 0) return;
  ++changes_;
  if (byte_distance(cursor_, ack) < 0) cursor_ = ack;
  base_ = ack;
  send_begin_ = static_cast<std::uint16_t>((send_begin_ + count) % buffers_.send_size);
  progress_ms_ = now_ms;
}

void ByteStream::damaged() {
  if (!is_up()) return;
  resend_due_ = true;
  gap_reported_ = true;
}

void ByteStream::retry() {
  if ((last_kind_ & kind_mask) == kind_sync) sync_due_ = true;
  if ((last_kind_ & kind_mask) != kind_data) return;
  // Unless it was acknowledged after all.
  if (byte_distance(last_position_, base_) >= 0 && byte_distance(last_position_, cursor_) < 0) cursor_ = last_position_;
  if ((last_kind_ & flag_resend) != 0) resend_due_ = true;
  if ((last_kind_ & flag_probe) != 0) probe_due_ = true;
  ack_ = Ack::now;
}

std::uint16_t ByteStream::sendable() const {
  const std::uint16_t allowed = smaller(unacknowledged(), peer_window_);
  const auto sent = static_cast<std::uint16_t>(cursor_ - base_);
  return sent < allowed ? smaller(allowed - sent, max_packet_payload) : std::uint16_t{0};
}

bool ByteStream::retry_due(std::uint32_t now_ms) const {
  return unacknowledged() != 0 && now_ms - progress_ms_ >= times_.retry_ms;
}

/// Is something due beside bytes of the stream?
bool ByteStream::signs_due(std::uint32_t now_ms) const {
  return resend_due_ || probe_due_ || ack_ == Ack::now || (ack_ == Ack::delayed && !before(now_ms, ack_at_ms_)) ||
         now_ms - said_ms_ >= times_.silence_ms / 4;
}

bool ByteStream::has_output(std::uint32_t now_ms) const {
  if (sync_due_) return true;
  if (!is_up()) return now_ms - said_ms_ >= times_.retry_ms;
  return sendable() != 0 || signs_due(now_ms) || retry_due(now_ms);
}

std::size_t ByteStream::produce(char* out, std::uint32_t now_ms, bool always) {
  if (!always && !has_output(now_ms)) return 0;
  if (sync_due_ || !is_up()) return produce_sync(out, now_ms);
  if (retry_due(now_ms)) {
    cursor_ = base_;
    progress_ms_ = now_ms;
    // The packet that opened the window again may be what was lost.
    if (sendable() == 0) probe_due_ = true;
  }
  return produce_data(out, now_ms);
}

std::size_t ByteStream::produce_sync(char* out, std::uint32_t now_ms) {
  last_kind_ = static_cast<std::uint8_t>(kind_sync | (is_up() ? flag_up : 0));
  out[0] = static_cast<char>(last_kind_);
  put_u32(out + 1, token_);
  put_u32(out + 5, peer_token_);
  out[9] = version;
  sync_due_ = false;
  said_ms_ = now_ms;
  return sync_bytes;
}

std::size_t ByteStream::produce_data(char* out, std::uint32_t now_ms) {
  const std::uint16_t count = sendable();
  last_kind_ = static_cast<std::uint8_t>(kind_data | (resend_due_ ? flag_resend : 0) | (probe_due_ ? flag_probe : 0));
  last_position_ = cursor_;
  out[0] = static_cast<char>(last_kind_);
  put_u16(out + 1, cursor_);
  put_u16(out + 3, wanted_);
  put_u16(out + 5, room());
  const auto at = static_cast<std::uint16_t>(cursor_ - base_);
  copy_from_ring(out + packet_header_bytes, buffers_.send, buffers_.send_size, std::size_t{send_begin_} + at, count);
  cursor_ = static_cast<std::uint16_t>(cursor_ + count);
  acknowledged_ = wanted_;
  told_room_ = room();
  ack_ = Ack::none;
  resend_due_ = probe_due_ = false;
  said_ms_ = now_ms;
  if (count != 0) progress_ms_ = now_ms;
  return packet_header_bytes + count;
}

// ---- time ---------------------------------------------------------------------------------------

bool ByteStream::poll(std::uint32_t now_ms) {
  if (!is_up() || now_ms - heard_ms_ < times_.silence_ms) return false;
  end_session();
  fell_silent_ = true;
  return true;
}

std::uint32_t ByteStream::deadline_ms(std::uint32_t now_ms) const {
  if (has_output(now_ms)) return now_ms;
  if (!is_up()) return said_ms_ + times_.retry_ms;
  std::uint32_t at = earlier(heard_ms_ + times_.silence_ms, said_ms_ + times_.silence_ms / 4);
  if (ack_ == Ack::delayed) at = earlier(at, ack_at_ms_);
  if (unacknowledged() != 0) at = earlier(at, progress_ms_ + times_.retry_ms);
  return at;
}

}  // namespace tautline::bridge
