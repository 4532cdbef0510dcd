#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "process.hpp"
#include "scale_process.hpp"
#include "tautline/core/event.hpp"

/// Very many clients in one process: flat records around the shipped Protocol2 (client role) and Backoff, one epoll
/// set, one timer wheel. They link, send their status lines, count those of the server, and come back when the link
/// is lost.
namespace bench {

struct CrowdOptions {
  std::uint16_t port = 0;
  unsigned links = 1;
  unsigned first_id = 1;  ///< the ids are the numbers from here on
  /// They connect from 127.<source>.0.1 and its neighbours: from one address alone the kernel's search for a free port
  /// gets slow near 18,000 connections.
  unsigned source = 1;
  std::uint32_t timeout_ms = 10'000;  ///< of the clients; the server has its own
  double links_per_second = 0;        ///< how fast they begin; 0: as fast as they get through
  bool jitter = true;                 ///< false: the delays of Backoff without their randomness
  std::uint32_t hello_after_ms = 0;   ///< how long each takes from connected to its hello, as a slow device does
  /// Slow readers: each reads `read_bytes` every so often, from a socket with little room. 0: reads at once.
  std::uint32_t read_every_ms = 0;
  std::size_t read_bytes = 1024;
};

struct CrowdFigures {
  std::atomic<std::uint32_t> linked{0};       ///< now
  std::atomic<std::uint64_t> attempts{0};     ///< to connect
  std::atomic<std::uint64_t> refused{0};      ///< nobody listened, or the listener's queue was full
  std::atomic<std::uint64_t> timed_out{0};    ///< connects without an answer within connect_limit_ms
  std::atomic<std::uint64_t> turned_away{0};  ///< connected, and ended before the link was up
  std::atomic<std::uint64_t> lost{0};         ///< links that were up and ended
  std::atomic<tautline::Reason> last_end{tautline::Reason::none};  ///< of a connection: why
  std::atomic<std::int64_t> all_linked_ns{0};                      ///< steady clock: when the last of them was up

  // The count of status lines, see CrowdProcess::begin_count().
  std::atomic<std::uint32_t> asked{0};     ///< by the measurement: odd: count, even: stop
  std::atomic<std::uint32_t> answered{0};  ///< by the crowd
  std::atomic<std::uint64_t> status_lines{0};
  std::atomic<std::uint32_t> fewest_lines{0};
  std::atomic<std::uint32_t> longest_gap_ms{0};
  std::atomic<std::uint64_t> late_gaps{0};
};

/// Status lines of the server that arrived between begin_count() and end_count().
struct StatusCount {
  std::uint64_t lines = 0;
  std::uint32_t fewest = 0;          ///< on any one link
  std::uint32_t longest_gap_ms = 0;  ///< between two of them on any link, or since the last one at the end
  std::uint64_t late_gaps = 0;       ///< longer than a quarter of the timeout and a tenth
};

class CrowdProcess {
 public:
  CrowdProcess(int core, const CrowdOptions& options);

  const CrowdFigures& figures() const { return *figures_; }
  double cpu_seconds() const { return cpu_seconds_of(child_.pid()); }

  /// Until all are linked; throws std::runtime_error if that takes longer than `limit_s`.
  void wait_linked(double limit_s);

  void begin_count();
  StatusCount end_count();

 private:
  void ask();

  unsigned links_;
  Shared<CrowdFigures> figures_;
  Child child_;
};

}  // namespace bench
