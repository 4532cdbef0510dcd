#include "tautline/bridge/cobs.hpp"

namespace tautline::bridge {
namespace {

constexpr std::uint8_t full_group = 0xFF;  // 254 bytes without a 0 after them

}  // namespace

char* put_cobs(char* out, std::string_view bytes) {
  char* code_at = out++;
  std::uint8_t code = 1;
  for (const char byte : bytes) {
    if (code == full_group) {
      *code_at = static_cast<char>(code);
      code_at = out++;
      code = 1;
    }
    if (byte == '\0') {
      *code_at = static_cast<char>(code);
      code_at = out++;
      code = 1;
    } else {
      *out++ = byte;
      ++code;
    }
  }
  *code_at = static_cast<char>(code);
  return out;
}

void CobsDecoder::add(char byte) {
  if (bytes_ < size_) {
    out_[bytes_++] = byte;
  } else {
    overflowed_ = true;
  }
}

CobsDecoder::Result CobsDecoder::put(char byte) {
  if (frame_given_) {
    frame_given_ = false;
    bytes_ = 0;
  }
  if (byte == '\0') {
    const bool was_frame = in_frame_;
    const bool whole = left_ == 0 && !overflowed_;
    in_frame_ = overflowed_ = false;
    group_ = left_ = 0;
    if (!was_frame) return Result::more;
    frame_given_ = true;
    return whole ? Result::frame : Result::damaged;
  }
  const auto code = static_cast<std::uint8_t>(byte);
  if (left_ != 0) {
    --left_;
    add(byte);
    return Result::more;
  }
  // A new group: the one before stood for a 0 after it, unless it was full or is the first.
  if (in_frame_ && group_ != full_group) add('\0');
  in_frame_ = true;
  group_ = code;
  left_ = static_cast<std::uint8_t>(code - 1);
  return Result::more;
}

}  // namespace tautline::bridge
