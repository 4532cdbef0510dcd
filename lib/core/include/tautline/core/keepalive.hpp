#pragma once

#include <cstdint>

#include "tautline/core/serial.hpp"

namespace tautline {

/// When to send a sign of life, and when to give up on the peer. Times are milliseconds of any monotonic clock.
/// Protocol 2: a status line at least every quarter of the PEER's timeout; silence is judged by one's OWN.
class Keepalive {
 public:
  /// However short a timeout a peer names, it does not make this side send more often than this.
  static constexpr std::uint32_t shortest_interval_ms = 10;

  void start(std::uint32_t now_ms, std::uint32_t own_timeout_ms, std::uint32_t peer_timeout_ms) {
    own_timeout_ms_ = own_timeout_ms;
    set_peer_timeout(peer_timeout_ms);
    last_heard_ms_ = now_ms;
    last_said_ms_ = now_ms;
  }
  void set_peer_timeout(std::uint32_t peer_timeout_ms) {
    const std::uint32_t quarter = peer_timeout_ms / 4;
    interval_ms_ = quarter < shortest_interval_ms ? shortest_interval_ms : quarter;
  }

  void heard(std::uint32_t now_ms) { last_heard_ms_ = now_ms; }
  void said(std::uint32_t now_ms) { last_said_ms_ = now_ms; }

  // By signed difference: a host whose clock was read a little before the last line must not see an outage.
  bool silent(std::uint32_t now_ms) const { return at_or_before(silent_at_ms(), now_ms); }
  bool due(std::uint32_t now_ms) const { return at_or_before(due_at_ms(), now_ms); }

  std::uint32_t silent_at_ms() const { return last_heard_ms_ + own_timeout_ms_; }
  std::uint32_t due_at_ms() const { return last_said_ms_ + interval_ms_; }
  std::uint32_t own_timeout_ms() const { return own_timeout_ms_; }
  std::uint32_t last_heard_ms() const { return last_heard_ms_; }

 private:
  std::uint32_t own_timeout_ms_ = 0;
  std::uint32_t interval_ms_ = 0;
  std::uint32_t last_heard_ms_ = 0;
  std::uint32_t last_said_ms_ = 0;
};

}  // namespace tautline
