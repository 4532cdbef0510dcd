#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

#include "line_noise.hpp"

namespace tautline::test {

/// The wire between the second UARTs of two emulated boards. It passes bytes on in a thread and makes neither board
/// wait for the other: of what a receiver does not take a few KB wait, so that a busy machine does not look like a bad
/// line; the rest is lost. Either end can be plugged into another emulator at any time.
class SerialLine {
 public:
  enum End : std::uint8_t { hosted, bridge };

  explicit SerialLine(std::uint32_t seed);
  ~SerialLine();
  SerialLine(const SerialLine&) = delete;
  SerialLine& operator=(const SerialLine&) = delete;

  /// A descriptor for the second UART of the next emulator at this end; valid until the next plug() of this end. What
  /// was on its way is lost.
  int plug(End end);
  /// From now on about one byte of `one_in` is changed, lost, or followed by another one; 0: none.
  void damage(unsigned one_in) { noise_.damage(one_in); }
  /// Cut, everything is lost, both ways.
  void cut(bool cut) { noise_.cut(cut); }
  /// Bytes that were not passed on as they came because of damage() or cut().
  unsigned spoilt() const { return noise_.spoilt(); }
  /// Bytes that came from this end.
  unsigned passed_from(End end) const { return passed_[end]; }

 private:
  struct Socket {
    int own = -1;
    int peer = -1;
  };
  void start();
  void stop();
  void close(End end);
  void run();
  void take(End from);
  void pass(End to);

  Socket sockets_[2];
  std::string waiting_[2];  ///< for this end
  LineNoise noise_;
  std::atomic<unsigned> passed_[2] = {};
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

}  // namespace tautline::test
