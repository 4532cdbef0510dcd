#pragma once

#include <filesystem>
#include <memory>

#include "load.hpp"
#include "peer_server.hpp"

/// The peer Mosquitto, an MQTT broker: our clients publish and subscribe through it.
namespace bench {

/// A mosquitto of our own with the configuration below on a free loopback port.
class Mosquitto {
 public:
  static bool installed();
  /// What stands in its configuration file beside the port.
  static const char* configuration();

  /// `directory` takes the configuration file and the log.
  Mosquitto(int core, const std::filesystem::path& directory);
  std::uint16_t port() const { return server_.port(); }
  pid_t pid() const { return server_.pid(); }

 private:
  PeerServer server_;
};

/// Clients of an MQTT broker. A publisher's message is acknowledged with PUBACK (qos 1) or PUBCOMP (qos 2).
std::unique_ptr<Speaker> mqtt_publisher(unsigned index, std::uint8_t qos, unsigned line_bytes);
/// Receives what all publishers send, and acknowledges it.
std::unique_ptr<Speaker> mqtt_subscriber(std::uint8_t qos);

}  // namespace bench
