#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tautline/bridge/packet.hpp"
#include "tautline/core/limits.hpp"

namespace tautline::bridge {

/// How long a ByteStream waits, in milliseconds. The two ends need not agree.
struct StreamTimes {
  std::uint32_t retry_ms = 200;     ///< no progress for so long: what is not acknowledged is sent again. Longer than a
                                    ///< packet each way takes, and ack_delay_ms
  std::uint32_t ack_delay_ms = 20;  ///< an acknowledgement waits so long for bytes to travel with
  std::uint32_t silence_ms =
      4000;  ///< nothing heard for so long: the other end is gone; a sign of life is sent each quarter
};

/// Bytes are numbered modulo 2^16, and half of that may be on the way.
constexpr std::size_t max_stream_buffer_bytes = 32767;

/// The caller's memory for one stream; it outlives the stream. At most max_stream_buffer_bytes each.
struct StreamBuffers {
  char* send = nullptr;          ///< bytes written, kept until acknowledged
  std::size_t send_size = 0;     ///< at least 1
  char* receive = nullptr;       ///< bytes received, not yet read
  std::size_t receive_size = 0;  ///< at least max_packet_payload, or a full packet never fits
};

/// The memory of a StoredStream. A base of it, so that it exists before the stream.
template <std::size_t send_bytes, std::size_t receive_bytes>
class StreamStorage {
 protected:
  static_assert(send_bytes >= max_packet_payload && send_bytes <= max_stream_buffer_bytes);
  static_assert(receive_bytes >= max_packet_payload && receive_bytes <= max_stream_buffer_bytes);

  /// All of it.
  StreamBuffers buffers() { return {send_, send_bytes, receive_, receive_bytes}; }

 private:
  char send_[send_bytes] = {};
  char receive_[receive_bytes] = {};
};

/// A reliable stream of bytes in both directions between two ends of a line that loses and damages packets, but keeps
/// their order: the same over I2C and UART. It begins anew, and says so, whenever one of the ends does.
///
/// Bytes in, bytes out: whoever carries the packets hands over those whose check was right, asks for the next one
/// when the line takes one, and adds framing and check. The format of a packet is in docs/bridge.md.
///
/// Sessions. Each end draws a token for each session and says "sync, my token, yours as I heard it" until it hears its
/// own token back; so both know that the other knows. A token that changed means that the other end began anew: all
/// bytes on their way are void. Because the line keeps the order, whatever comes after that belongs to the new session.
///
/// Bytes are numbered from 0 in each session, modulo 2^16; an acknowledgement is the number of the next byte wanted,
/// with the room there is for it. What is lost is sent again from there (go-back-N): at once when the receiver found a
/// gap or a damaged packet and says so, else after retry_ms.
class ByteStream {
 public:
  /// start() comes first.
  ByteStream(const StreamBuffers& buffers, const StreamTimes& times) : buffers_(buffers), times_(times) {}
  ByteStream(const ByteStream&) = delete;
  ByteStream& operator=(const ByteStream&) = delete;

  /// Before all else, and to begin anew at any time. `random`: any number that differs between starts of this end.
  void start(std::uint32_t random, std::uint32_t now_ms);

  /// Do both ends know of each other?
  bool is_up() const { return phase_ == Phase::up; }
  /// How many sessions came up; a change means that all bytes before it are void.
  std::uint32_t sessions() const { return sessions_; }
  /// Not up, because the other end fell silent, rather than began anew or was never heard?
  bool fell_silent() const { return fell_silent_; }
  /// A number that is another one whenever bytes came, write() may take more, or a session began or ended: a program
  /// that waits for events looks at it before it does. Modulo 2^16.
  std::uint16_t changes() const { return changes_; }

  // ---- bytes ---------------------------------------------------------------------------------------

  /// Takes as many of the bytes as there is room for; none while not up.
  std::size_t write(std::string_view bytes);
  /// How many bytes write() takes now.
  std::size_t writable() const { return is_up() ? buffers_.send_size - unacknowledged() : 0; }
  /// Received bytes in one piece, perhaps not all there are; valid until consume() or receive().
  std::string_view readable() const;
  /// All received bytes.
  std::size_t readable_bytes() const { return received_; }
  /// Copies `count` of them from `offset` on; there must be so many.
  void peek(std::size_t offset, char* out, std::size_t count) const;
  /// The caller is done with this many bytes of readable().
  void consume(std::size_t count);

  // ---- packets -------------------------------------------------------------------------------------

  /// A packet whose check was right. One that makes no sense is ignored.
  void receive(std::string_view packet, std::uint32_t now_ms);
  /// A packet came whose check was wrong: the other end is asked to send again.
  void damaged();
  /// The carrier knows that the packet it asked for last did not arrive: all that it said is due again.
  void retry();
  /// Would produce() give a packet?
  bool has_output(std::uint32_t now_ms) const;
  /// The next packet, at most max_packet_bytes, and its length. 0: nothing is due, unless `always`, which gives at
  /// least a sign of life.
  std::size_t produce(char* out, std::uint32_t now_ms, bool always = false);

  /// Judges silence. True: a session has just ended by it.
  bool poll(std::uint32_t now_ms);
  /// When poll() or produce() has something to do, if nothing else happens before.
  std::uint32_t deadline_ms(std::uint32_t now_ms) const;

 private:
  enum class Phase : std::uint8_t { down, up };
  enum class Ack : std::uint8_t { none, delayed, now };

  std::uint16_t unacknowledged() const { return static_cast<std::uint16_t>(next_ - base_); }
  std::uint16_t room() const { return static_cast<std::uint16_t>(buffers_.receive_size - received_); }
  std::uint16_t sendable() const;
  bool retry_due(std::uint32_t now_ms) const;
  void end_session();
  void begin_session(std::uint32_t now_ms);
  void receive_sync(std::string_view packet, std::uint32_t now_ms);
  void receive_data(std::string_view packet, std::uint32_t now_ms);
  void take_acknowledgement(std::uint16_t ack, std::uint16_t window, std::uint32_t now_ms);
  void take_payload(std::uint16_t position, std::string_view payload, std::uint32_t now_ms);
  void want_acknowledgement(Ack when, std::uint32_t now_ms);
  bool signs_due(std::uint32_t now_ms) const;
  std::size_t produce_sync(char* out, std::uint32_t now_ms);
  std::size_t produce_data(char* out, std::uint32_t now_ms);

  const StreamBuffers buffers_;
  const StreamTimes times_;
  std::uint32_t token_ = 0;
  std::uint32_t peer_token_ = 0;  ///< 0: not heard yet
  std::uint32_t sessions_ = 0;
  std::uint32_t heard_ms_ = 0;
  std::uint32_t said_ms_ = 0;
  std::uint32_t progress_ms_ = 0;    ///< something was acknowledged, or bytes were sent
  std::uint32_t ack_at_ms_ = 0;      ///< with Ack::delayed
  std::uint16_t base_ = 0;           ///< oldest byte not acknowledged
  std::uint16_t next_ = 0;           ///< number of the next byte to be written
  std::uint16_t cursor_ = 0;         ///< next byte to send
  std::uint16_t last_position_ = 0;  ///< where the bytes of the last packet begin
  std::uint16_t peer_window_ = 0;    ///< bytes after base_ that the other end has room for
  std::uint16_t wanted_ = 0;         ///< number of the next byte to receive
  std::uint16_t told_room_ = 0;      ///< what the other end thinks it may send from wanted_ on
  std::uint16_t acknowledged_ = 0;   ///< number that the last packet sent named
  std::uint16_t send_begin_ = 0;     ///< where in its buffer the byte number base_ is
  std::uint16_t receive_begin_ = 0;  ///< where in its buffer the oldest received byte is
  std::uint16_t received_ = 0;       ///< bytes received, not consumed
  std::uint16_t changes_ = 0;
  Phase phase_ = Phase::down;
  Ack ack_ = Ack::none;
  bool sync_due_ = false;       ///< the other end does not know this session
  bool resend_due_ = false;     ///< ask the other end to go back
  bool gap_reported_ = false;   ///< ... it was asked about the present gap
  bool probe_due_ = false;      ///< ask for an answer
  std::uint8_t last_kind_ = 0;  ///< kind and flags of the last packet of this session; 0: there was none
  bool fell_silent_ = false;    ///< how the last session ended
};

/// A ByteStream with its own memory.
template <std::size_t send_bytes = 512, std::size_t receive_bytes = 512>
class StoredStream : private StreamStorage<send_bytes, receive_bytes>, public ByteStream {
 public:
  /// For a serial line: uart_times() of its speed.
  explicit StoredStream(const StreamTimes& times = {}) : ByteStream(this->buffers(), times) {}
};

}  // namespace tautline::bridge
