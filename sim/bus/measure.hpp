#pragma once

#include <cstddef>

#include "bus/pair.hpp"

namespace tautline::sim {

/// Bytes of the stream that carry a line beside its own: record (3), line number of five digits (7), newline.
constexpr std::size_t bytes_around_line = 11;

/// From write to the other end's having all of a line, over an idle channel, many times at different moments.
struct LineTimes {
  Nanoseconds median_ns = 0;
  Nanoseconds longest_ns = 0;
  bool arrived = true;  ///< each of them, within a second
};
LineTimes measure_lines(Pair& pair, Side from, std::size_t line_bytes);

/// Bytes of the stream each second, when one or both ends write whatever there is room for and read at once.
struct Throughput {
  double to_bridge = 0;
  double to_board = 0;
};
Throughput measure_throughput(Pair& pair, bool board_writes, bool bridge_writes, unsigned seconds = 10);

/// Starts both ends and waits for the session. False: none in ten seconds.
bool come_up(Pair& pair);

}  // namespace tautline::sim
