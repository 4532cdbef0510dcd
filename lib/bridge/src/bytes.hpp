#pragma once

#include <cstdint>

/// Numbers on the wire of the bridge: low byte first, whatever the machine.
namespace tautline::bridge {

inline void put_u16(char* out, std::uint16_t value) {
  out[0] = static_cast<char>(value & 0xFFU);
  out[1] = static_cast<char>(value >> 8);
}

inline void put_u32(char* out, std::uint32_t value) {
  put_u16(out, static_cast<std::uint16_t>(value & 0xFFFFU));
  put_u16(out + 2, static_cast<std::uint16_t>(value >> 16));
}

inline std::uint16_t get_u16(const char* in) {
  return static_cast<std::uint16_t>(static_cast<unsigned char>(in[0]) | static_cast<unsigned char>(in[1]) << 8);
}

inline std::uint32_t get_u32(const char* in) {
  return get_u16(in) | static_cast<std::uint32_t>(get_u16(in + 2)) << 16;
}

}  // namespace tautline::bridge
