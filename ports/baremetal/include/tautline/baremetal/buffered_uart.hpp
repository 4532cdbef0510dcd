#pragma once

#include <cstddef>
#include <cstdint>

#include "tautline/baremetal/byte_ring.hpp"

namespace tautline::board {

/// The bytes of a UART between its interrupt and the main loop. `Hardware` has these members:
///
///     static void acknowledge();                     ends all its interrupts
///     static bool has_byte(); static char take();    received
///     static bool has_room(); static void put(char); to send
///     static void hold(); static void release();     keeps the interrupt back; both are barriers for the compiler
///
/// When the main loop does not keep up, bytes stay in the hardware, and are lost when that overruns.
template <class Hardware>
class BufferedUart {
 public:
  /// Of the interrupt, or while it is held back.
  void move_bytes() {
    // First, so that a byte that comes while the others are taken interrupts again.
    Hardware::acknowledge();
    while (!received_.full() && Hardware::has_byte()) received_.put(Hardware::take());
    while (!to_send_.empty() && Hardware::has_room()) Hardware::put(to_send_.take());
  }

  /// Of the main loop: what has come, at most `size` bytes.
  std::size_t read(char* data, std::size_t size) {
    Hardware::hold();
    std::size_t count = 0;
    while (count < size && !received_.empty()) data[count++] = received_.take();
    move_bytes();  // what found no room before raises no interrupt any more
    Hardware::release();
    return count;
  }

  /// Of the main loop: takes what there is room for.
  std::size_t write(const char* data, std::size_t size) {
    Hardware::hold();
    std::size_t count = 0;
    while (count < size && !to_send_.full()) to_send_.put(data[count++]);
    refused_ = count < size;
    move_bytes();
    Hardware::release();
    return count;
  }

  /// With all interrupts held back: has the main loop something to do here?
  bool work_waits() const { return !received_.empty() || (refused_ && !to_send_.full()); }

 private:
  ByteRing<512> received_;
  ByteRing<256> to_send_;
  bool refused_ = false;  ///< write() had no room for all
};

}  // namespace tautline::board
