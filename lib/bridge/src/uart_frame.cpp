#include "tautline/bridge/uart_frame.hpp"

#include "bytes.hpp"
#include "tautline/bridge/crc32.hpp"

namespace tautline::bridge {

char* put_uart_frame(char* out, char* packet, std::size_t packet_bytes) {
  put_u32(packet + packet_bytes, crc32({packet, packet_bytes}));
  *out++ = '\0';
  out = put_cobs(out, {packet, packet_bytes + check_bytes});
  *out++ = '\0';
  return out;
}

std::string_view open_uart_frame(std::string_view decoded) {
  if (decoded.size() < min_packet_bytes + check_bytes) return {};
  const std::string_view packet(decoded.data(), decoded.size() - check_bytes);
  return get_u32(decoded.data() + packet.size()) == crc32(packet) ? packet : std::string_view();
}

}  // namespace tautline::bridge
