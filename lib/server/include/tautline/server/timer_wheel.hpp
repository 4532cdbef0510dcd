#pragma once

#include <array>
#include <cstdint>

namespace tautline {

/// A timer in a TimerWheel: derive from it. Not copyable while armed.
struct Timer {
  Timer* next = nullptr;
  Timer* previous = nullptr;
  std::uint32_t deadline_ms = 0;
  std::uint8_t slot = 0;  ///< of all levels
  bool armed = false;
};

/// A hierarchical timing wheel (Varghese and Lauck, 1987): four levels of 64 slots with a tick of 1 ms. Arming,
/// disarming and firing take constant time whatever the number of timers. Times are milliseconds modulo 2^32; a
/// deadline more than longest_ms ahead fires at longest_ms, so the owner checks its real deadline when fired.
class TimerWheel {
 public:
  static constexpr std::uint32_t longest_ms = (1U << 24) - 64;

  explicit TimerWheel(std::uint32_t now_ms) : current_ms_(now_ms) {}
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;

  /// Arms or re-arms. A deadline that has passed fires with the next advance.
  void arm(Timer& timer, std::uint32_t deadline_ms);
  void disarm(Timer& timer);
  bool empty() const { return count_ == 0; }

  /// When advance() is next worth calling: never later than the earliest deadline. Only if not empty().
  std::uint32_t next_ms() const;

  /// Moves time to now_ms. Every timer due is disarmed and handed to fire(Timer&), which may arm and disarm any.
  template <typename Fire>
  void advance(std::uint32_t now_ms, Fire fire) {
    while (step(now_ms)) {
      // Taken one at a time: firing one timer may disarm another of the same slot.
      while (Timer* timer = take_due()) fire(*timer);
    }
  }

 private:
  static constexpr unsigned levels = 4;
  static constexpr unsigned slots = 64;
  static_assert(levels * slots <= 256, "a timer's slot is one byte");

  struct Slot {
    Timer* head = nullptr;
  };

  void insert(Timer& timer);
  void remove(Timer& timer);
  bool step(std::uint32_t now_ms);
  void cascade(unsigned level);
  Timer* take_due();

  std::uint32_t current_ms_;
  std::uint32_t count_ = 0;
  std::array<std::uint64_t, levels> occupied_{};
  std::array<Slot, levels * slots> slots_{};
};

}  // namespace tautline
