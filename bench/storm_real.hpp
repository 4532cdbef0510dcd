#pragma once

#include <cstdint>

#include "series.hpp"

/// Real clients (tautline::posix::AsyncClient, each in a process of its own) beside whatever else happens to a server.
namespace bench {

/// One round of both.
struct RealClients {
  double writes = 0;  ///< `co_await client.write(line)`, one at a time on a link that was up before
  double p50_us = 0;
  double p99_us = 0;
  double connects = 0;            ///< clients that linked one after the other
  double connect_ms = 0;          ///< median, from the start of the client to its link
  double slowest_connect_ms = 0;  ///< also of one that was not linked at the end of the round
  bool stuck = false;             ///< not one write returned
};

/// The round takes `seconds`, and a little more if clients hang.
RealClients run_real_clients(int core, std::uint16_t port, double seconds);

}  // namespace bench
