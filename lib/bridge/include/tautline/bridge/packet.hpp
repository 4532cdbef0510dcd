#pragma once

#include <cstddef>

namespace tautline::bridge {

/// Bytes of the stream that one packet carries at most: what the original moves in one turn.
constexpr std::size_t max_packet_payload = 200;
/// Kind and flags, two positions in the stream, the room for more.
constexpr std::size_t packet_header_bytes = 7;
/// The longest packet, without what a channel puts around it.
constexpr std::size_t max_packet_bytes = packet_header_bytes + max_packet_payload;
/// The shortest.
constexpr std::size_t min_packet_bytes = packet_header_bytes;
/// A check of 32 bits follows each packet on the wire; with 16 bits one damaged packet in 65,536 would pass.
constexpr std::size_t check_bytes = 4;

}  // namespace tautline::bridge
