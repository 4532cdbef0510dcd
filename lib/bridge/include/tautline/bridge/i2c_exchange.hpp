#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tautline/bridge/packet.hpp"

namespace tautline::bridge {

/// A packet on the I2C bus, either way: its length in two bytes, low byte first, the packet, its check. docs/bridge.md
/// has the format.
constexpr std::size_t max_i2c_frame_bytes = 2 + max_packet_bytes + check_bytes;
/// One that carries no bytes of the stream; a master that has read so many knows whether there are more.
constexpr std::size_t min_i2c_frame_bytes = 2 + min_packet_bytes + check_bytes;

/// Puts length and check around the packet at `frame` + 2, whose length is `packet_bytes`; returns the length of the
/// frame.
std::size_t seal_i2c_frame(char* frame, std::size_t packet_bytes);

/// Length of the frame that begins with these two bytes; 0: no frame begins so (a slave that is not there reads as
/// ones).
std::size_t i2c_frame_bytes(const char* frame);

/// The packet in a whole frame; empty if its length or its check is wrong.
std::string_view open_i2c_frame(const char* frame, std::size_t bytes);

/// One exchange on the slave's side: the master writes a frame, then reads one. Shared between an interrupt handler,
/// which moves the bytes while it is armed, and the main loop, which owns it otherwise.
///
/// Each START begins its transfer anew, so a master that gave up in the middle, or reads the shortest frame first and
/// then all of a longer one, needs no agreement with the slave. Once both frames went over nothing moves any more
/// before the main loop has taken what came: a master that is faster would else write the next frame over it.
class I2cExchange {
 public:
  // ---- for the interrupt handler, while armed ----------------------------------------------------

  /// START with this slave's address, also a repeated one.
  void on_start(bool master_reads) {
    if (complete()) return;
    sent_ = 0;
    if (master_reads) return;
    // A new frame, and a new exchange: what went over before it does not count.
    received_ = 0;
    received_all_ = false;
    sent_all_ = false;
  }
  /// The master wrote a byte.
  void on_byte(char byte);
  /// The next byte for the master; ones after the end.
  char on_read();
  /// STOP after a transfer with this slave: what on_read() gave has gone over. Before that the last byte may still be
  /// in the driver's hands, and lost if it is disarmed.
  void on_stop() {
    if (sent_ == out_bytes_) sent_all_ = true;
  }

  // ---- for the main loop ---------------------------------------------------------------------------

  /// While not armed: where to put the packet for the master, before arm().
  char* outgoing() { return out_ + 2; }
  /// The handler may move bytes from now on. `packet_bytes` were put into outgoing().
  void arm(std::size_t packet_bytes);
  /// Is the exchange in the handler's hands?
  bool armed() const { return armed_; }
  /// Both frames went over; armed() is still true until disarm(). A driver acknowledges nothing from then on, or holds
  /// the clock; one that can't saves the master no time, but loses nothing.
  bool complete() const { return received_all_ && sent_all_; }
  /// The main loop's again.
  void disarm() { armed_ = false; }
  /// After disarm(): did a whole frame come from the master? Its packet is in incoming(), empty if it was damaged.
  bool has_incoming() const { return received_all_; }
  /// See has_incoming(); valid until arm().
  std::string_view incoming() const { return open_i2c_frame(in_, received_); }

 private:
  // One side is an interrupt handler on the same core: volatile keeps the compiler from moving these.
  volatile bool armed_ = false;
  volatile bool received_all_ = false;
  volatile bool sent_all_ = false;
  volatile std::uint16_t received_ = 0;
  volatile std::uint16_t sent_ = 0;
  std::uint16_t out_bytes_ = 0;
  char in_[max_i2c_frame_bytes] = {};
  char out_[max_i2c_frame_bytes] = {};
};

}  // namespace tautline::bridge
