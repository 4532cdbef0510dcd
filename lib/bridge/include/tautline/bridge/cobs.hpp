#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tautline::bridge {

/// Consistent Overhead Byte Stuffing (S. Cheshire, M. Baker, IEEE/ACM Transactions on Networking 7(2), 1999): no byte
/// of the result is 0, so that a 0 marks where a frame ends, whatever came before it.

/// Room that the coded form of `bytes` bytes takes at most.
constexpr std::size_t cobs_bytes(std::size_t bytes) {
  return bytes + bytes / 254 + 1;
}

/// Writes the coded form to `out` and returns its end. `out` must not overlap `bytes`.
char* put_cobs(char* out, std::string_view bytes);

/// Takes a coded stream byte by byte.
class CobsDecoder {
 public:
  /// Decoded bytes go to this memory of the caller's.
  CobsDecoder(char* out, std::size_t size) : out_(out), size_(size) {}

  /// What a byte brought.
  enum class Result : std::uint8_t {
    more,     ///< inside a frame, or between two
    frame,    ///< a frame is complete: see frame()
    damaged,  ///< one ended that is longer than the memory, or in the middle of a group
  };

  /// The next byte of the stream.
  Result put(char byte);
  /// After Result::frame, until the next put().
  std::string_view frame() const { return {out_, bytes_}; }

 private:
  void add(char byte);

  char* const out_;
  const std::size_t size_;
  std::size_t bytes_ = 0;
  std::uint8_t group_ = 0;    ///< the code of the present group
  std::uint8_t left_ = 0;     ///< bytes of the group still to come
  bool in_frame_ = false;     ///< a byte of the present frame has come
  bool overflowed_ = false;   ///< it is longer than the memory
  bool frame_given_ = false;  ///< frame() is the caller's until the next byte
};

}  // namespace tautline::bridge
