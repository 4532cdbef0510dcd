#pragma once

#include <atomic>
#include <cstdint>

#include "process.hpp"
#include "scale_process.hpp"

/// The server under test, as an application would set it up, with what it knows about itself told to the measurement.
namespace bench {

struct ScaleServerOptions {
  std::uint16_t port = 0;  ///< 0: a free one
  std::uint32_t timeout_ms = 10'000;
  unsigned expected = 0;  ///< ids "1" to this number are named; 0: all ids are admitted
  /// The application keeps the outboxes of the links with the ids from `written_from` to `written_to` full.
  unsigned written_from = 1;
  unsigned written_to = 0;
};

struct ScaleServerFigures {
  std::atomic<std::uint32_t> links_up{0};     ///< as its application was told
  std::atomic<std::uint32_t> connections{0};  ///< TCP connections, looked at every 100 ms
  std::atomic<std::uint64_t> lines{0};        ///< taken by the application
  std::atomic<std::uint64_t> written{0};      ///< lines put into outboxes
  std::atomic<std::uint64_t> warnings{0};     ///< lines of its log
};

/// For ServerProcess. `figures` must outlive the process.
ServerProcess::Serve serve_scale(const ScaleServerOptions& options, ScaleServerFigures& figures);

}  // namespace bench
