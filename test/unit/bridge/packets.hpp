#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "tautline/bridge/byte_stream.hpp"
#include "tautline/bridge/i2c_exchange.hpp"

/// Packets and frames written and read by hand, so that the tests don't trust the code they test: the numbers here are
/// those of docs/bridge.md.
namespace tautline::bridge::test {

inline std::string u16(std::uint32_t value) {
  return {static_cast<char>(value & 0xFFU), static_cast<char>(value >> 8U & 0xFFU)};
}
inline std::string u32(std::uint32_t value) {
  return u16(value & 0xFFFFU) + u16(value >> 16U);
}
inline std::uint32_t number(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint32_t value = 0;
  for (std::size_t i = size; i-- > 0;) value = value << 8U | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

constexpr char resend = 0x10;
constexpr char probe = 0x20;

inline std::string sync_packet(std::uint32_t token, std::uint32_t heard, bool up = false) {
  return std::string(1, up ? '\x11' : '\x01') + u32(token) + u32(heard) + '\x01';
}
inline std::string data_packet(std::uint32_t position, std::string_view payload, std::uint32_t ack, std::uint32_t room,
                               char flags = 0) {
  return std::string(1, static_cast<char>(2 | flags)) + u16(position) + u16(ack) + u16(room) + std::string(payload);
}

/// "sync", "sync up", "data 5 'abc' ack 7 room 512 resend probe". A long payload shows as its length.
inline std::string describe(std::string_view packet) {
  if (packet.empty()) return "-";
  const auto kind = static_cast<unsigned char>(packet[0]);
  if ((kind & 15U) == 1) return packet.size() == 10 && packet[9] == 1 ? ((kind & 16U) != 0 ? "sync up" : "sync") : "?";
  if ((kind & 15U) != 2 || packet.size() < 7) return "?";
  const std::string_view payload = packet.substr(7);
  std::string text = "data " + std::to_string(number(packet, 1, 2));
  if (payload.size() > 20) {
    text += " (" + std::to_string(payload.size()) + ")";
  } else if (!payload.empty()) {
    text += " '" + std::string(payload) + "'";
  }
  text += " ack " + std::to_string(number(packet, 3, 2)) + " room " + std::to_string(number(packet, 5, 2));
  if ((kind & 16U) != 0) text += " resend";
  if ((kind & 32U) != 0) text += " probe";
  return text;
}

/// The check, bit by bit.
inline std::uint32_t slow_crc32(std::string_view bytes) {
  std::uint32_t crc = 0xFFFFFFFFU;
  for (const char byte : bytes) {
    crc ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0xEDB88320U : 0U);
  }
  return ~crc;
}

/// As on the bus.
inline std::string i2c_frame(std::string_view packet) {
  std::string frame = u16(static_cast<std::uint32_t>(packet.size())) + std::string(packet);
  return frame + u32(slow_crc32(frame));
}

/// A stream whose other end is the script.
struct StreamScript {
  static constexpr std::uint32_t peer = 0x12345678;

  explicit StreamScript(const StreamTimes& times = {}) : stream(times) { stream.start(7, now); }

  /// The next packet that is due, described; "-": none.
  std::string said(bool always = false) { return describe(packet(always)); }
  std::string packet(bool always = false) {
    char out[max_packet_bytes];
    const std::string made(out, stream.produce(out, now, always));
    if (made.size() == 10) token = number(made, 1, 4);
    return made;
  }
  void hear(const std::string& packet) { stream.receive(packet, now); }
  void pass(std::uint32_t ms) { now += ms; }
  /// Both know of each other.
  void come_up() {
    packet();
    hear(sync_packet(peer, token, true));
    for (int packets = 0; packets < 3 && !packet().empty(); ++packets) {
    }
    // Acknowledgement of nothing, with the room that this end has.
    hear(data_packet(0, "", 0, 512));
  }
  std::string read() {
    std::string text;
    while (stream.readable_bytes() != 0) {
      text += stream.readable();
      stream.consume(stream.readable().size());
    }
    return text;
  }

  std::uint32_t now = 0xFFFF'FF00U;  // the clock wraps during most tests
  std::uint32_t token = 0;
  StoredStream<512, 512> stream;
};

}  // namespace tautline::bridge::test
