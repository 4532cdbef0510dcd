#pragma once

#include <cstdint>
#include <string_view>

namespace tautline::bridge {

/// CRC-32 of IEEE 802.3 (reflected polynomial 0xEDB88320, initial value and final inversion of all ones), as in zlib
/// and Ethernet. The check of "123456789" is 0xCBF43926.
std::uint32_t crc32(std::string_view bytes);

}  // namespace tautline::bridge
