#pragma once

#include <atomic>
#include <cstdint>

#include "scale_process.hpp"

/// A process that does to a server what nobody should, as fast as it can.
namespace bench {

enum class Flood : std::uint8_t {
  hellos,   ///< connections that say hello and never go on, as many as this process may have; the oldest is renewed
  silent,   ///< the same without a hello: half-open
  garbage,  ///< a few connections with random bytes, renewed when the server closes them
  blank,    ///< the same with empty lines, which may stand before a hello
};

const char* to_string(Flood flood);

struct FlooderFigures {
  std::atomic<std::uint64_t> connects{0};  ///< that succeeded
  std::atomic<std::uint64_t> closed{0};    ///< by the server
  std::atomic<std::uint64_t> bytes{0};     ///< sent
  std::atomic<std::uint32_t> held{0};      ///< connections now
};

/// Runs from construction to destruction, on `core`; the clients whose latency is measured on the same core must not
/// wait for it, see give_way().
class Flooder {
 public:
  Flooder(int core, std::uint16_t port, Flood flood);
  const FlooderFigures& figures() const { return *figures_; }

 private:
  Shared<FlooderFigures> figures_;
  Child child_;
};

}  // namespace bench
