#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "speaker.hpp"

/// The load: connections that send messages, a window of them unacknowledged, and count acknowledgements; or that
/// receive and acknowledge. The same code drives every contender.
namespace bench {

enum class Greeting {
  none,        ///< the bare transport: lines from the first byte
  tautline_2,  ///< hello, HI, GO, GO
  tautline_1,  ///< the id, as devices of protocol 1
};

enum class Direction {
  to_server,  ///< the load sends, the server acknowledges
  to_client,  ///< the server sends as soon as a link is up, the load acknowledges
};

struct LoadOptions {
  std::uint16_t port = 0;
  Greeting greeting = Greeting::none;
  Direction direction = Direction::to_server;
  unsigned links = 1;
  unsigned window = 1;          ///< messages unacknowledged per link
  unsigned line_bytes = 32;     ///< the whole line on the wire, LF included; at least its number and one byte
  unsigned first_id = 1;        ///< of the clients' ids, which are numbers
  double lines_per_second = 0;  ///< over all links, in turn; 0: as fast as the windows allow
  double seconds = 1;
  double warm_up_seconds = 0.05;  ///< runs, but is not counted
  pid_t server_pid = 0;           ///< whose CPU time is measured; 0: nobody's
  bool record_latency = false;    ///< window 1 and one link only: time of each round trip
};

struct LoadResult {
  std::uint64_t lines = 0;  ///< acknowledged, or delivered if the load receives
  double seconds = 0;
  double load_cpu_seconds = 0;
  double server_cpu_seconds = 0;     ///< of LoadOptions::server_pid
  std::vector<double> latencies_us;  ///< sorted
  double lines_per_second() const { return static_cast<double>(lines) / seconds; }
  double percentile_us(double part) const;
};

using MakeSpeaker = std::function<std::unique_ptr<Speaker>(unsigned index)>;

/// Connections that are kept from their greeting on, for as many runs as are wanted.
class Load {
 public:
  /// Lines of Tautline or the bare transport, as options say.
  explicit Load(const LoadOptions& options);
  /// Connects and greets options.links links, and as many receivers beside them: clients to whom the server hands
  /// what the links send. If there are receivers, a message counts when it is both acknowledged and delivered.
  /// Throws std::runtime_error if the server does not play along within ten seconds.
  Load(const LoadOptions& options, const MakeSpeaker& link, unsigned receivers = 0,
       const MakeSpeaker& receiver = nullptr);
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;
  ~Load();

  /// Throws std::runtime_error if the server closes a connection.
  LoadResult run();

 private:
  class Engine;
  std::unique_ptr<Engine> engine_;
};

/// Lines of Tautline or the bare transport, as options say, from greeting to end.
LoadResult run_load(const LoadOptions& options);

}  // namespace bench
