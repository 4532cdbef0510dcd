#include "tautline/bridge/i2c_exchange.hpp"

#include "bytes.hpp"
#include "tautline/bridge/crc32.hpp"

namespace tautline::bridge {

std::size_t seal_i2c_frame(char* frame, std::size_t packet_bytes) {
  put_u16(frame, static_cast<std::uint16_t>(packet_bytes));
  const std::size_t checked = 2 + packet_bytes;
  put_u32(frame + checked, crc32({frame, checked}));
  return checked + check_bytes;
}

std::size_t i2c_frame_bytes(const char* frame) {
  const std::size_t packet_bytes = get_u16(frame);
  if (packet_bytes < min_packet_bytes || packet_bytes > max_packet_bytes) return 0;
  return 2 + packet_bytes + check_bytes;
}

std::string_view open_i2c_frame(const char* frame, std::size_t bytes) {
  if (bytes < min_i2c_frame_bytes || i2c_frame_bytes(frame) != bytes) return {};
  const std::size_t checked = bytes - check_bytes;
  if (get_u32(frame + checked) != crc32({frame, checked})) return {};
  return {frame + 2, checked - 2};
}

void I2cExchange::on_byte(char byte) {
  const std::uint16_t at = received_;
  if (at >= sizeof in_ || complete()) return;
  in_[at] = byte;
  received_ = static_cast<std::uint16_t>(at + 1);
  // A frame that was complete and is followed by more bytes was not one: the master began anew without a START seen.
  received_all_ = at >= 1 && i2c_frame_bytes(in_) == std::size_t{at} + 1;
}

char I2cExchange::on_read() {
  const std::uint16_t at = sent_;
  if (at >= out_bytes_ || complete()) return '\xFF';
  sent_ = static_cast<std::uint16_t>(at + 1);
  return out_[at];
}

void I2cExchange::arm(std::size_t packet_bytes) {
  out_bytes_ = static_cast<std::uint16_t>(seal_i2c_frame(out_, packet_bytes));
  received_ = 0;
  sent_ = 0;
  received_all_ = false;
  sent_all_ = false;
  armed_ = true;
}

}  // namespace tautline::bridge
