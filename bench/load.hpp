#pragma once

#include <cstdint>
#include <string>
#include <vector>

/// The load: connections that send lines "D<n> <payload>" and count acknowledgements "A<n> <m>". The same code drives
/// the bare transport (which needs no handshake) and Tautline, so that their ratio is that of the servers.
namespace bench {

enum class Greeting {
  none,        ///< the bare transport: lines from the first byte
  tautline_2,  ///< hello, HI, GO, GO
};

struct LoadOptions {
  std::uint16_t port = 0;
  Greeting greeting = Greeting::none;
  unsigned links = 1;
  unsigned window = 1;       ///< lines unacknowledged per link
  unsigned line_bytes = 32;  ///< the whole line, LF included
  double seconds = 1;
  bool record_latency = false;  ///< window 1 only: time of each round trip
};

struct LoadResult {
  std::uint64_t lines = 0;  ///< acknowledged
  double seconds = 0;
  double load_cpu_seconds = 0;
  std::vector<double> latencies_us;  ///< sorted
  double lines_per_second() const { return static_cast<double>(lines) / seconds; }
  double percentile_us(double part) const;
};

/// Runs the load to its end. Throws std::runtime_error if the server closes a connection.
LoadResult run_load(const LoadOptions& options);

}  // namespace bench
