#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "tautline/core/wire_2.hpp"

/// Fixed, repeatable work per line, for bench/count-instructions to count its instructions: no clock decides how much
/// is done, and no thread runs beside it.
namespace bench {

/// Lines of one burst: what a window of 64 lets through at a time.
constexpr unsigned burst = 64;
constexpr std::size_t payload_bytes = 24;  // a line "D12345 <payload>" is 32 bytes
/// The lines begin with a number of five digits, so that all are of one length.
constexpr std::uint32_t first_seq = 10'001;

/// Work on `lines` lines, a multiple of burst * burst. Preparation costs as much as for `most` lines, so that the
/// difference of two runs is the lines' alone.
struct Work {
  unsigned lines;
  unsigned most;
};

// Without sockets.
void core_server_receives(const Work& work);
void core_server_writes(const Work& work);
void client_writes(const Work& work);
void client_reads(const Work& work);
void shard_handler(const Work& work);
void shard_inbox(const Work& work);
void shard_one_at_a_time(const Work& work);
void shard_writes(const Work& work);
// With sockets, both sides in one thread.
void server_handler(const Work& work);
void server_awaitable_per_line(const Work& work);
void exchange_to_server(const Work& work);
void exchange_to_client(const Work& work);

inline std::string_view payload() {
  static constexpr char x[] = "xxxxxxxxxxxxxxxxxxxxxxxx";
  static_assert(sizeof x == payload_bytes + 1);
  return {x, payload_bytes};
}

/// Data lines from number `seq` on, one behind the other.
inline std::string data_lines(std::uint32_t seq, unsigned count) {
  char line[tautline::wire_2::max_status_bytes + payload_bytes];
  std::string lines;
  for (unsigned i = 0; i < count; ++i) {
    const char* const end = tautline::wire_2::put_data(line, seq + i, payload());
    lines.append(line, static_cast<std::size_t>(end - line));
  }
  return lines;
}

/// A result that is not as expected: the work that was counted was not the work that was meant.
void require(bool condition, const char* what);

}  // namespace bench
