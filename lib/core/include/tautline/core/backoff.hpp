#pragma once

#include <cstdint>

namespace tautline {

/// Delays between attempts to connect: 100 ms doubling to 4 s, each drawn uniformly from the upper half
/// ([half, whole]), so that a crowd of clients that lost one server does not come back in step.
class Backoff {
 public:
  static constexpr std::uint32_t first_ms = 100;
  static constexpr std::uint32_t longest_ms = 4000;

  /// The next delay. `random` is any uniformly distributed number.
  std::uint32_t next_ms(std::uint32_t random) {
    const std::uint32_t delay = jittered(whole_ms_, random);
    whole_ms_ = whole_ms_ >= longest_ms / 2 ? longest_ms : whole_ms_ * 2;
    return delay;
  }

  /// From now on the longest delay: the peer said that trying again soon is of no use.
  void slow_down() { whole_ms_ = longest_ms; }

  /// Call when a connection was open for one timeout, not earlier: a link that opens and falls at once would
  /// otherwise hammer the server.
  void reset() { whole_ms_ = first_ms; }

 private:
  static constexpr std::uint32_t jittered(std::uint32_t whole, std::uint32_t random) {
    const std::uint32_t half = whole / 2;
    return half + random % (whole - half + 1);
  }

  std::uint32_t whole_ms_ = first_ms;
};

}  // namespace tautline
