#pragma once

#include <cstdint>

#include "tautline/bridge/byte_stream.hpp"
#include "tautline/core/serial.hpp"

namespace tautline::bridge {

/// How long the reset line is low.
constexpr std::uint32_t reset_pulse_ms = 20;
/// What a bridge is given to start and to be heard, the first time ...
constexpr std::uint32_t first_bridge_start_ms = 3000;
/// ... and at most: each reset in vain doubles it, so that a bridge that starts slowly starts at all.
constexpr std::uint32_t longest_bridge_start_ms = 60000;

/// A board without a reset line to its bridge.
struct NoPin {
  /// Nothing happens.
  void write(bool) {}
  /// Nobody pulls it.
  bool read() const { return true; }
};

/// Resets a bridge that has crashed: one that fell silent at once, one that began anew by itself, or was never heard,
/// when it is not there in time.
///
/// `Pin` (seams.hpp) is the bridge's reset line, active low. It is only ever pulled low and released.
template <class Pin>
class BridgeReset {
 public:
  /// The pin outlives it.
  explicit BridgeReset(Pin& pin) : pin_(pin) {}

  /// At the start of the hosted board; a bridge that runs is left alone.
  void start(std::uint32_t now_ms) {
    pin_.write(true);
    look_again_ms_ = now_ms + start_limit_ms_;
  }

  /// After the channel's poll(). True: a reset has just begun.
  bool poll(const ByteStream& stream, std::uint32_t now_ms) {
    if (pulling_ && !before(now_ms, release_ms_)) {
      pin_.write(true);
      pulling_ = false;
    }
    if (pulling_) return false;
    if (stream.is_up()) {
      was_up_ = true;
      start_limit_ms_ = first_bridge_start_ms;
      look_again_ms_ = now_ms + start_limit_ms_;
      return false;
    }
    const bool silent = was_up_ && stream.fell_silent();
    was_up_ = false;
    if (!silent && before(now_ms, look_again_ms_)) return false;
    return pull(now_ms);
  }

  /// Resets it now. Always true: there is a line.
  bool pull(std::uint32_t now_ms) {
    pin_.write(false);
    pulling_ = true;
    was_up_ = false;
    ++resets_;
    release_ms_ = now_ms + reset_pulse_ms;
    look_again_ms_ = release_ms_ + start_limit_ms_;
    start_limit_ms_ = start_limit_ms_ < longest_bridge_start_ms / 2 ? start_limit_ms_ * 2 : longest_bridge_start_ms;
    return true;
  }

  /// When poll() has something to do, if nothing else happens.
  std::uint32_t deadline_ms() const { return pulling_ ? release_ms_ : look_again_ms_; }
  /// How many there were.
  std::uint32_t resets() const { return resets_; }

 private:
  Pin& pin_;
  std::uint32_t release_ms_ = 0;
  std::uint32_t look_again_ms_ = 0;
  std::uint32_t start_limit_ms_ = first_bridge_start_ms;
  std::uint32_t resets_ = 0;
  bool pulling_ = false;
  bool was_up_ = false;  ///< the stream, as last seen
};

/// Without a line nothing is ever reset.
template <>
class BridgeReset<NoPin> {
 public:
  /// Needs nothing of it.
  explicit BridgeReset(NoPin&) {}
  /// Nothing.
  void start(std::uint32_t now_ms) { now_ms_ = now_ms; }
  /// Never.
  bool poll(const ByteStream&, std::uint32_t now_ms) {
    now_ms_ = now_ms;
    return false;
  }
  /// Not possible.
  bool pull(std::uint32_t) { return false; }
  /// There is nothing to do.
  std::uint32_t deadline_ms() const { return now_ms_ + longest_bridge_start_ms; }
  /// None.
  std::uint32_t resets() const { return 0; }

 private:
  std::uint32_t now_ms_ = 0;
};

}  // namespace tautline::bridge
