#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <thread>

#include "line_noise.hpp"

namespace tautline::test {

/// A serial line between two programs: a pty for each, whose bytes a thread passes on as a wire without flow control
/// would: what the receiver does not take is lost. It can be damaged, cut, made slow, and pulled out.
class Wire {
 public:
  enum End : std::uint8_t { hosted, bridge };

  /// The lines are symbolic links in `folder`, which outlives the wire.
  Wire(std::string folder, std::uint32_t seed);
  ~Wire();
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  /// What the program at this end opens.
  std::string path(End end) const { return folder_ + (end == hosted ? "/hosted" : "/bridge"); }
  /// From now on about one byte of `one_in` is changed, lost, or followed by another one; 0: none.
  void damage(unsigned one_in) { noise_.damage(one_in); }
  /// Cut, everything is lost, both ways.
  void cut(bool cut) { noise_.cut(cut); }
  /// Everything arrives so much later.
  void delay(unsigned ms) { delay_ms_ = ms; }
  /// As a USB adapter that is pulled out: the device hangs up and is gone, until plug().
  void unplug(End end);
  void plug(End end);
  /// Bytes that were not passed on as they came because of damage() or cut().
  unsigned spoilt() const { return noise_.spoilt(); }
  /// Bytes that came from this end.
  unsigned passed_from(End end) const { return passed_[end]; }

 private:
  struct Late {
    std::chrono::steady_clock::time_point at;
    std::string bytes;
  };

  void start();
  void stop();
  void run();
  void take(End from);
  void deliver(End to);

  const std::string folder_;
  int masters_[2] = {-1, -1};
  std::deque<Late> late_[2];  ///< on their way to this end
  LineNoise noise_;
  std::atomic<unsigned> delay_ms_ = 0;
  std::atomic<unsigned> passed_[2] = {};
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

}  // namespace tautline::test
