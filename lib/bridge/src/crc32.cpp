#include "tautline/bridge/crc32.hpp"

namespace tautline::bridge {
namespace {

/// Half a byte at a time: 64 bytes of table instead of 1 KB.
struct Table {
  std::uint32_t entries[16];
  constexpr Table() : entries{} {
    for (std::uint32_t i = 0; i < 16; ++i) {
      std::uint32_t value = i;
      for (int bit = 0; bit < 4; ++bit) value = (value >> 1) ^ ((value & 1U) != 0 ? 0xEDB88320U : 0U);
      entries[i] = value;
    }
  }
};
constexpr Table table;

}  // namespace

std::uint32_t crc32(std::string_view bytes) {
  std::uint32_t crc = 0xFFFFFFFFU;
  for (const char byte : bytes) {
    crc ^= static_cast<unsigned char>(byte);
    crc = (crc >> 4) ^ table.entries[crc & 15U];
    crc = (crc >> 4) ^ table.entries[crc & 15U];
  }
  return ~crc;
}

}  // namespace tautline::bridge
