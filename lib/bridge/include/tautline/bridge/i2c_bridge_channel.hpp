#pragma once

#include <cstddef>
#include <cstdint>

#include "tautline/bridge/byte_stream.hpp"
#include "tautline/bridge/i2c_exchange.hpp"
#include "tautline/bridge/seams.hpp"
#include "tautline/core/serial.hpp"

namespace tautline::bridge {

/// A transfer that takes longer is given up: the longest takes 5 ms at 400 kHz and 20 ms at 100 kHz, and the slave may
/// hold the clock.
constexpr std::uint32_t i2c_transfer_limit_ms = 50;
/// Before the next exchange, when the one before carried nothing: the slave may hold syn high, or be stuck.
constexpr std::uint32_t i2c_idle_pause_ms = 2;
/// After one that failed; the slave was perhaps not armed yet.
constexpr std::uint32_t i2c_retry_pause_ms = 1;
/// After so many failures in a row ...
constexpr std::uint8_t i2c_failures_before_long_pause = 20;
/// ... the hosted board is taken to be off, or in reset: this much time passes between attempts.
constexpr std::uint32_t i2c_long_pause_ms = 20;

/// The bridge's end of an I2C channel: the master. It drives the line ack and looks at the line syn; I2cHostedChannel
/// has what they mean. An exchange is: write a frame, read a frame.
///
/// Call poll() whenever something happened: a transfer is over, syn changed, bytes were written, deadline_ms(). The
/// seams are those of seams.hpp; they and the stream outlive the channel.
template <class Master, class Pin>
class I2cBridgeChannel {
 public:
  /// See above for who outlives whom.
  I2cBridgeChannel(Master& master, Pin& syn, Pin& ack, ByteStream& stream)
      : master_(master), syn_(syn), ack_(ack), stream_(stream) {}

  /// Pulls ack low: the bridge is there. `random`: see ByteStream::start().
  void start(std::uint32_t random, std::uint32_t now_ms) {
    stream_.start(random, now_ms);
    not_before_ms_ = now_ms;
    ack_.write(false);
  }

  /// Moves what can be moved.
  void poll(std::uint32_t now_ms) {
    stream_.poll(now_ms);
    // Several steps, for drivers whose transfers are over when they begin.
    for (int steps = 0; steps < max_steps_per_poll && step(now_ms); ++steps) {
    }
    // The slave has disarmed: when syn rises, it is for a new exchange.
    if (state_ == State::idle && !syn_.read()) not_before_ms_ = now_ms;
    // During an exchange, too, it asks only for the next one: a line that is high in any case would make the slave arm
    // one exchange after the other.
    ack_.write(stream_.has_output(now_ms));
  }

  /// When poll() has something to do at the latest, if nothing else happens.
  std::uint32_t deadline_ms(std::uint32_t now_ms) const {
    if (state_ != State::idle) return began_ms_ + i2c_transfer_limit_ms;
    if (syn_.read()) return not_before_ms_;  // before that nothing can be said, however much is due
    const std::uint32_t at = stream_.deadline_ms(now_ms);
    // What is due waits for the slave, which sees the line ack: nothing to do until syn changes.
    return at_or_before(at, now_ms) ? now_ms + i2c_long_pause_ms : at;
  }

  /// Exchanges that failed, since start.
  std::uint32_t failures() const { return failures_; }
  /// The bytes above.
  ByteStream& stream() { return stream_; }

 private:
  enum class State : std::uint8_t { idle, writing, reading_start, reading_all };

  static constexpr int max_steps_per_poll = 8;

  /// False: nothing more to do now.
  bool step(std::uint32_t now_ms) {
    if (state_ == State::idle) return begin(now_ms);
    const I2cStatus status = master_.status();
    if (status == I2cStatus::busy) {
      if (now_ms - began_ms_ < i2c_transfer_limit_ms) return false;
      master_.abort();
      fail(now_ms);
      return false;
    }
    if (status == I2cStatus::failed) {
      fail(now_ms);
      return false;
    }
    began_ms_ = now_ms;
    switch (state_) {
      case State::idle: break;
      case State::writing: read(State::reading_start, min_i2c_frame_bytes); break;
      case State::reading_start: {
        const std::size_t bytes = i2c_frame_bytes(frame_);
        if (bytes == 0) {  // a slave that is not there reads as ones
          fail(now_ms);
        } else if (bytes > min_i2c_frame_bytes) {
          read(State::reading_all, bytes);
        } else {
          finish(bytes, now_ms);
        }
        break;
      }
      case State::reading_all: finish(frame_bytes_, now_ms); break;
    }
    return true;
  }

  bool begin(std::uint32_t now_ms) {
    if (!syn_.read() || before(now_ms, not_before_ms_)) return false;
    state_ = State::writing;
    began_ms_ = now_ms;
    const std::size_t packet_bytes = stream_.produce(frame_ + 2, now_ms, true);
    // At once, for drivers whose transfers are over when they begin: the slave, which is done first, looks at it then.
    ack_.write(stream_.has_output(now_ms));
    sent_bytes_ = packet_bytes > min_packet_bytes;
    master_.begin_write(frame_, seal_i2c_frame(frame_, packet_bytes));
    return true;
  }

  void read(State state, std::size_t bytes) {
    state_ = state;
    frame_bytes_ = static_cast<std::uint16_t>(bytes);
    master_.begin_read(frame_, bytes);
  }

  void finish(std::size_t bytes, std::uint32_t now_ms) {
    const std::string_view packet = open_i2c_frame(frame_, bytes);
    if (packet.empty()) return fail(now_ms);
    state_ = State::idle;
    failures_in_a_row_ = 0;
    const bool carried = sent_bytes_ || packet.size() > min_packet_bytes;
    not_before_ms_ = carried ? now_ms : now_ms + i2c_idle_pause_ms;
    stream_.receive(packet, now_ms);
  }

  void fail(std::uint32_t now_ms) {
    stream_.retry();
    // Once it was asked for its packet, the slave may take it for delivered.
    if (state_ != State::writing) stream_.damaged();
    state_ = State::idle;
    ++failures_;
    if (failures_in_a_row_ < i2c_failures_before_long_pause) ++failures_in_a_row_;
    const bool is_off = failures_in_a_row_ == i2c_failures_before_long_pause;
    not_before_ms_ = now_ms + (is_off ? i2c_long_pause_ms : i2c_retry_pause_ms);
  }

  Master& master_;
  Pin& syn_;
  Pin& ack_;
  ByteStream& stream_;
  std::uint32_t began_ms_ = 0;
  std::uint32_t not_before_ms_ = 0;
  std::uint32_t failures_ = 0;
  std::uint16_t frame_bytes_ = 0;
  std::uint8_t failures_in_a_row_ = 0;
  State state_ = State::idle;
  bool sent_bytes_ = false;  ///< the present exchange carries bytes to the slave
  char frame_[max_i2c_frame_bytes] = {};
};

}  // namespace tautline::bridge
