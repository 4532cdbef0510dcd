#pragma once

#include <cstddef>
#include <cstdint>

#include "tautline/bridge/byte_stream.hpp"
#include "tautline/bridge/cobs.hpp"
#include "tautline/bridge/packet.hpp"
#include "tautline/bridge/uart_frame.hpp"

namespace tautline::bridge {

/// The times of a stream over a serial line of this speed. On a slow one a packet takes so long that StreamTimes as it
/// is would send it again before it can be acknowledged.
constexpr StreamTimes uart_times(std::uint32_t baud) {
  constexpr std::uint32_t bits_of_frame = 10 * max_uart_frame_bytes;
  const std::uint32_t frame_ms = bits_of_frame * 1000 / baud + 1;
  // The packet waits for one before it, its acknowledgement for two the other way.
  const std::uint32_t retry_ms = 5 * frame_ms;
  StreamTimes times;
  if (times.retry_ms < retry_ms) times.retry_ms = retry_ms;
  if (times.silence_ms < 4 * times.retry_ms) times.silence_ms = 4 * times.retry_ms;
  return times;
}

/// A channel over a serial line, the same at both ends. Each packet goes with its check as one COBS frame between two
/// 0 bytes, so that the receiver is in step again after any noise, and after a half frame of an end that died.
///
/// Call poll() whenever something happened: bytes arrived, the transmitter has room, bytes were written, deadline_ms().
/// The Uart (seams.hpp) and the stream outlive the channel.
template <class Uart>
class UartChannel {
 public:
  /// See above for who outlives whom.
  UartChannel(Uart& uart, ByteStream& stream) : uart_(uart), stream_(stream), decoder_(frame_, sizeof frame_) {}

  /// `random`: see ByteStream::start().
  void start(std::uint32_t random, std::uint32_t now_ms) { stream_.start(random, now_ms); }

  /// Moves what can be moved.
  void poll(std::uint32_t now_ms) {
    receive(now_ms);
    stream_.poll(now_ms);
    send(now_ms);
  }

  /// When poll() has something to do at the latest, if nothing else happens. Bytes that the transmitter had no room for
  /// wait for it: see waits_for_room().
  std::uint32_t deadline_ms(std::uint32_t now_ms) const {
    if (more_to_read_) return now_ms;
    return waits_for_room() ? now_ms + transmit_poll_ms : stream_.deadline_ms(now_ms);
  }
  /// Did the transmitter have no room?
  bool waits_for_room() const { return out_begin_ != out_end_; }

  /// Frames that were damaged, since start.
  std::uint32_t damaged_frames() const { return damaged_frames_; }
  /// The bytes above.
  ByteStream& stream() { return stream_; }

 private:
  static constexpr int max_chunks_per_poll = 32;
  static constexpr int max_frames_per_poll = 8;
  static constexpr std::uint32_t transmit_poll_ms = 1;

  void receive(std::uint32_t now_ms) {
    char chunk[64];
    more_to_read_ = false;
    for (int chunks = 0; chunks < max_chunks_per_poll; ++chunks) {
      const std::size_t count = uart_.read(chunk, sizeof chunk);
      for (std::size_t i = 0; i < count; ++i) take(chunk[i], now_ms);
      if (count < sizeof chunk) return;
    }
    more_to_read_ = true;
  }

  void take(char byte, std::uint32_t now_ms) {
    const CobsDecoder::Result result = decoder_.put(byte);
    if (result == CobsDecoder::Result::more) return;
    const std::string_view packet =
        result == CobsDecoder::Result::frame ? open_uart_frame(decoder_.frame()) : std::string_view();
    if (!packet.empty()) return stream_.receive(packet, now_ms);
    ++damaged_frames_;
    stream_.damaged();
  }

  void send(std::uint32_t now_ms) {
    for (int frames = 0; frames < max_frames_per_poll; ++frames) {
      if (!flush()) return;
      char packet[max_packet_bytes + check_bytes];
      const std::size_t bytes = stream_.produce(packet, now_ms);
      if (bytes == 0) return;
      out_begin_ = 0;
      out_end_ = static_cast<std::uint16_t>(put_uart_frame(out_, packet, bytes) - out_);
    }
    flush();
  }

  bool flush() {
    if (out_begin_ == out_end_) return true;
    const std::size_t count = uart_.write(out_ + out_begin_, static_cast<std::size_t>(out_end_ - out_begin_));
    out_begin_ = static_cast<std::uint16_t>(out_begin_ + count);
    return out_begin_ == out_end_;
  }

  Uart& uart_;
  ByteStream& stream_;
  CobsDecoder decoder_;
  std::uint32_t damaged_frames_ = 0;
  std::uint16_t out_begin_ = 0;
  std::uint16_t out_end_ = 0;
  bool more_to_read_ = false;                        ///< the last poll() read no further, to give the others their turn
  char frame_[max_packet_bytes + check_bytes] = {};  ///< the frame that comes in
  char out_[max_uart_frame_bytes] = {};              ///< the one that goes out
};

}  // namespace tautline::bridge
