#pragma once

#include <cstdint>

#include "lwip/pbuf.h"

/// Frames in lwIP's chains of buffers, for controllers that take them as 32-bit words, first byte lowest.
namespace tautline::board {

/// Calls put(word) for all of the frame; the last word is filled up with zeros.
template <class Put>
void for_each_word(const pbuf& frame, Put put) {
  std::uint32_t word = 0;
  unsigned shift = 0;
  for (const pbuf* part = &frame; part != nullptr; part = part->next) {
    const auto* bytes = static_cast<const std::uint8_t*>(part->payload);
    for (unsigned i = 0; i < part->len; ++i) {
      word |= std::uint32_t{bytes[i]} << shift;
      shift += 8;
      if (shift < 32) continue;
      put(word);
      word = 0;
      shift = 0;
    }
  }
  if (shift != 0) put(word);
}

/// A frame that is filled word by word. Words beyond its length, or all if there is no memory, go nowhere.
class FrameWriter {
 public:
  explicit FrameWriter(std::uint32_t bytes)
      : frame_(pbuf_alloc(PBUF_RAW, static_cast<std::uint16_t>(bytes), PBUF_POOL)), part_(frame_) {}

  void put(std::uint32_t word) {
    for (unsigned shift = 0; shift < 32; shift += 8) put_byte(static_cast<std::uint8_t>(word >> shift));
  }

  void skip(std::uint32_t bytes) {
    while (bytes-- != 0) put_byte(0);
  }

  /// The caller's now; nullptr without memory.
  pbuf* frame() const { return frame_; }

 private:
  void put_byte(std::uint8_t byte) {
    if (part_ != nullptr && at_ == part_->len) {
      part_ = part_->next;
      at_ = 0;
    }
    if (part_ != nullptr) static_cast<std::uint8_t*>(part_->payload)[at_++] = byte;
  }

  pbuf* const frame_;
  pbuf* part_;
  std::uint16_t at_ = 0;
};

}  // namespace tautline::board
