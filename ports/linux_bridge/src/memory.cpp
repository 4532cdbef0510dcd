#include "tautline/linux_bridge/memory.hpp"

#include <algorithm>
#include <fstream>
#include <limits>
#include <string>

namespace tautline::linux_bridge {

std::uint32_t available_bytes() {
  constexpr std::uint32_t unknown = std::numeric_limits<std::uint32_t>::max();
  std::ifstream file("/proc/meminfo");
  for (std::string word; file >> word;) {
    std::uint64_t kibibytes = 0;
    if (word != "MemAvailable:" || !(file >> kibibytes)) continue;
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(kibibytes * 1024, unknown - 1));
  }
  return unknown;
}

}  // namespace tautline::linux_bridge
