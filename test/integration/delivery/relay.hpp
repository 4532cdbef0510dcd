#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include <asio/io_context.hpp>

namespace tautline::test {

/// Passes TCP connections on to a port of this machine, in the test's own event loop. Each direction can be held (bytes
/// wait in the relay, as in a network that is frozen) and all connections can be cut (what waits is lost).
class Relay {
 public:
  enum Way { to_server = 0, to_client = 1 };

  Relay(asio::io_context& io, std::uint16_t to_port);
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  std::uint16_t port() const;
  /// Nothing passes that way, the ends of connections included, until it is released.
  void hold(Way way);
  void release(Way way);
  void hold();
  void release();
  /// All connections end, and what the relay holds of them is lost. New ones are possible at once.
  void cut();
  /// Did these bytes reach the relay that way, whether or not they were passed on?
  bool came(Way way, std::string_view text) const;

 private:
  struct Shared;
  struct Pair;
  std::shared_ptr<Shared> shared_;  ///< operations under way hold it too
};

}  // namespace tautline::test
