#pragma once

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "packets.hpp"

namespace tautline::bridge::test {

/// A serial line whose other end is the test.
struct FakeUart {
  std::string in;   ///< still to be read
  std::string out;  ///< written
  std::size_t takes = SIZE_MAX;

  std::size_t read(char* data, std::size_t size) {
    const std::size_t count = std::min(size, in.size());
    std::memcpy(data, in.data(), count);
    in.erase(0, count);
    return count;
  }
  std::size_t write(const char* data, std::size_t size) {
    const std::size_t count = std::min(size, takes);
    out.append(data, count);
    if (takes != SIZE_MAX) takes -= count;
    return count;
  }
};

/// COBS by the book, for frames of less than 254 bytes.
inline std::string slow_cobs(std::string_view bytes) {
  std::string out;
  std::string group;
  for (const char byte : std::string(bytes) + '\0') {
    if (byte != '\0') {
      group += byte;
      continue;
    }
    out += static_cast<char>(group.size() + 1);
    out += std::exchange(group, {});
  }
  return out;
}

inline std::string uart_frame(std::string_view packet) {
  return '\0' + slow_cobs(std::string(packet) + u32(slow_crc32(packet))) + '\0';
}

}  // namespace tautline::bridge::test
