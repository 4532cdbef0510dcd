#pragma once

#include <cstdint>

#include "tautline/bridge/byte_stream.hpp"
#include "tautline/bridge/i2c_exchange.hpp"
#include "tautline/bridge/seams.hpp"
#include "tautline/core/serial.hpp"

namespace tautline::bridge {

/// An exchange that the bridge did not begin, or did not end, is made anew after this time, with what is to be said
/// then.
constexpr std::uint32_t i2c_arm_limit_ms = 100;

/// The hosted board's end of an I2C channel: the slave. It drives the line syn and looks at the line ack.
///
/// The lines are levels, so that no lost edge can stop the channel: syn high says "an exchange is armed", ack high says
/// "I ask for one". A board that is off or in reset has its line high, too, by the pull-up; then the other one tries
/// and gets no answer, and silence is judged by the stream.
///
/// Call poll() whenever something happened: an exchange is complete, ack changed, bytes were written, deadline_ms().
/// The seams are those of seams.hpp; they and the stream outlive the channel.
template <class Slave, class Pin>
class I2cHostedChannel {
 public:
  /// See above for who outlives whom.
  I2cHostedChannel(Slave& slave, Pin& syn, Pin& ack, ByteStream& stream)
      : slave_(slave), syn_(syn), ack_(ack), stream_(stream) {}

  /// Pulls syn low: this board is there. `random`: see ByteStream::start().
  void start(std::uint32_t random, std::uint32_t now_ms) {
    stream_.start(random, now_ms);
    syn_.write(false);
  }

  /// Moves what can be moved.
  void poll(std::uint32_t now_ms) {
    stream_.poll(now_ms);
    if (exchange_.armed()) end_exchange(now_ms);
    if (exchange_.armed()) return;
    const bool wanted = stream_.has_output(now_ms) || ack_.read();
    if (wanted) {
      exchange_.arm(stream_.produce(exchange_.outgoing(), now_ms, true));
      armed_ms_ = now_ms;
      slave_.arm(exchange_);
    }
    syn_.write(wanted);
  }

  /// When poll() has something to do at the latest, if nothing else happens.
  std::uint32_t deadline_ms(std::uint32_t now_ms) const {
    if (!exchange_.armed()) return stream_.deadline_ms(now_ms);
    return exchange_.complete() ? now_ms : armed_ms_ + i2c_arm_limit_ms;
  }

  /// The bytes above.
  ByteStream& stream() { return stream_; }

 private:
  void end_exchange(std::uint32_t now_ms) {
    const bool complete = exchange_.complete();
    if (!complete && now_ms - armed_ms_ < i2c_arm_limit_ms) return;
    // Low while nothing is armed, be it for a moment: a bridge that has missed that the line went high sees it when the
    // next exchange is armed.
    syn_.write(false);
    slave_.disarm();
    exchange_.disarm();
    if (exchange_.has_incoming()) {
      const std::string_view packet = exchange_.incoming();
      if (packet.empty()) {
        stream_.damaged();
      } else {
        stream_.receive(packet, now_ms);
      }
    }
    if (!complete) stream_.retry();
  }

  Slave& slave_;
  Pin& syn_;
  Pin& ack_;
  ByteStream& stream_;
  I2cExchange exchange_;
  std::uint32_t armed_ms_ = 0;
};

}  // namespace tautline::bridge
