#pragma once

#include <cstddef>
#include <string_view>

#include "tautline/bridge/cobs.hpp"
#include "tautline/bridge/packet.hpp"

namespace tautline::bridge {

/// A packet on a serial line: 0, the COBS form of packet and check, 0. docs/bridge.md has the format.
constexpr std::size_t max_uart_frame_bytes = cobs_bytes(max_packet_bytes + check_bytes) + 2;

/// Writes the frame of the packet to `out` and returns its end. There must be check_bytes of room behind the packet.
char* put_uart_frame(char* out, char* packet, std::size_t packet_bytes);

/// The packet in what a frame decodes to; empty if its check or its length is wrong.
std::string_view open_uart_frame(std::string_view decoded);

}  // namespace tautline::bridge
