#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>

#include "load.hpp"

/// The peer of the durable measurements: NATS JetStream with a file store, nats-server as Debian packages it.
namespace bench {

/// A nats-server of our own on a free loopback port, its store in `directory`. Ends with the object.
class NatsServer {
 public:
  /// Is there a program of that name?
  static bool installed();

  explicit NatsServer(const std::filesystem::path& directory);
  ~NatsServer();
  NatsServer(const NatsServer&) = delete;
  NatsServer& operator=(const NatsServer&) = delete;

  std::uint16_t port() const { return port_; }
  /// User and system time that the server has used so far.
  double cpu_seconds() const;

 private:
  pid_t pid_ = -1;
  std::uint16_t port_ = 0;
};

struct JetStreamOptions {
  std::uint16_t port = 0;
  unsigned publishers = 64;  ///< connections
  unsigned window = 64;      ///< messages unacknowledged per publisher
  double seconds = 1;
};

/// Messages go through a stream to a push consumer: each publisher sends messages of 32 bytes with a Nats-Msg-Id (so
/// the stream recognises repetitions) and awaits the stream's acknowledgement; one subscriber gets each message from
/// the push consumer and acknowledges it explicitly. `lines` counts what both have behind them.
LoadResult run_jetstream(const JetStreamOptions& options);

}  // namespace bench
