#pragma once

#include <filesystem>
#include <memory>

#include "load.hpp"
#include "peer_server.hpp"

/// The peer NATS: its core (messages in memory, at most once) and JetStream (a stream on disk), nats-server as Debian
/// packages it.
namespace bench {

/// A nats-server of our own on a free loopback port. Ends with the object.
class NatsServer {
 public:
  enum class Kind { core, jetstream };
  static bool installed();

  /// `directory` takes the log and, with JetStream, the store; there the stream and its push consumer are made.
  NatsServer(int core, const std::filesystem::path& directory, Kind kind);
  std::uint16_t port() const { return server_.port(); }
  pid_t pid() const { return server_.pid(); }

 private:
  PeerServer server_;
};

/// Publishes in verbose mode, in which the server says +OK for each message; and who receives.
std::unique_ptr<Speaker> nats_publisher(unsigned index, unsigned line_bytes);
std::unique_ptr<Speaker> nats_subscriber();

/// Publishes with a Nats-Msg-Id, so that the stream recognises repetitions, and awaits the stream's acknowledgement;
/// and who gets each message from the push consumer and acknowledges it explicitly.
std::unique_ptr<Speaker> jetstream_publisher(unsigned index, unsigned line_bytes);
std::unique_ptr<Speaker> jetstream_subscriber();

}  // namespace bench
