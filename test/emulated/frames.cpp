#include "frames.hpp"

#include <cstring>
#include <fstream>
#include <iterator>

namespace tautline::test {
namespace {

constexpr std::size_t file_header_bytes = 24;
constexpr std::size_t record_header_bytes = 16;
constexpr std::size_t ethernet_header_bytes = 14;

/// The source port if the frame asks for a connection; 0 if not.
std::uint16_t dials_from(const unsigned char* frame, std::size_t size) {
  constexpr std::size_t shortest = ethernet_header_bytes + 20 + 20;
  constexpr unsigned char tcp = 6, syn = 2, ack = 16;
  const unsigned char* const ip = frame + ethernet_header_bytes;
  if (size < shortest || frame[12] != 8 || frame[13] != 0 || ip[9] != tcp) return 0;
  const unsigned char* const segment = ip + (ip[0] & 15) * 4;
  if ((segment[13] & (syn | ack)) != syn) return 0;
  return static_cast<std::uint16_t>(segment[0] << 8 | segment[1]);
}

}  // namespace

std::vector<std::uint16_t> dialled_from(const std::string& frames_file) {
  std::ifstream file(frames_file, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), {});
  std::vector<std::uint16_t> ports;
  for (std::size_t at = file_header_bytes; at + record_header_bytes < bytes.size();) {
    std::uint32_t size = 0;
    std::memcpy(&size, bytes.data() + at + 8, sizeof size);
    at += record_header_bytes;
    if (at + size > bytes.size()) break;
    const std::uint16_t port = dials_from(reinterpret_cast<const unsigned char*>(bytes.data()) + at, size);
    if (port != 0 && (ports.empty() || ports.back() != port)) ports.push_back(port);
    at += size;
  }
  return ports;
}

}  // namespace tautline::test
