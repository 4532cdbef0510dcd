#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

/// Every bound of the wire in one place. Source: the protocol document, docs/protocol.md.
namespace tautline {

/// Longest client id, in bytes.
constexpr std::size_t max_id_bytes = 32;

/// Longest handshake line (hello, HI, GO, and the first line of any connection), LF not counted.
constexpr std::size_t max_handshake_bytes = 128;

/// Bytes that a line of an open connection may have beside its payload: "D4294967295 " and CR LF.
constexpr std::size_t max_line_overhead = 14;

/// Range of ReceiveLimits::window.
constexpr std::uint32_t min_window = 1;
/// Range of ReceiveLimits::window.
constexpr std::uint32_t max_window = 1024;
/// Least value of ReceiveLimits::max_payload.
constexpr std::uint32_t min_payload_limit = 32;

/// What one side can receive; it stands in hello and HI as the options w, n and t. The member values are what the
/// protocol assumes of a peer that names none.
struct ReceiveLimits {
  std::uint32_t window = 1;         ///< w: lines that may be unacknowledged, 1 to 1024
  std::uint32_t max_payload = 128;  ///< n: longest payload in bytes, at least 32
  std::uint32_t timeout_ms = 2000;  ///< t: silence after which this side gives the connection up
};

/// A position in a buffer, or the size of one. A microcontroller has no buffer beyond 64 KB, and less state for it.
#if (UINTPTR_MAX > 0xFFFFFFFFU || defined(__unix__)) && !defined(TAUTLINE_SMALL_BUFFERS)  // which a test defines
using BufferIndex = std::uint32_t;
#else
using BufferIndex = std::uint16_t;
#endif

/// The largest buffer that a BufferIndex can address.
constexpr std::size_t max_buffer_bytes = std::numeric_limits<BufferIndex>::max();

/// `value` must be at most max_buffer_bytes.
constexpr BufferIndex to_index(std::size_t value) {
  return static_cast<BufferIndex>(value);
}
/// max_buffer_bytes for all that is larger.
constexpr BufferIndex capped_index(std::size_t value) {
  return to_index(value < max_buffer_bytes ? value : max_buffer_bytes);
}

static_assert(max_window < (1U << 30), "line numbers are compared by difference: the window must stay far below 2^31");

}  // namespace tautline
