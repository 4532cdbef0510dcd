#include "mosquitto.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <stdexcept>
#include <string>

#include "mqtt.hpp"

namespace bench {
namespace {

constexpr const char* program = "mosquitto";

bool listens(std::uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool connected = ::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  ::close(socket);
  return connected;
}

PeerServer start(int core, const std::filesystem::path& directory) {
  const std::uint16_t port = free_port();
  const std::filesystem::path file = directory / "mosquitto.conf";
  std::ofstream(file) << "listener " << port << " 127.0.0.1\n" << Mosquitto::configuration();
  const auto found = find_program(program);
  if (!found) throw std::runtime_error("mosquitto is not installed");
  return PeerServer(core, {found->string(), "-c", file.string()}, directory,
                    [port](pid_t) { return listens(port) ? port : std::uint16_t{0}; });
}

/// Both roles: an MQTT connection answers what it must.
class MqttSpeaker : public Speaker {
 public:
  explicit MqttSpeaker(std::string id) : id_(std::move(id)) {}

  void greet(Out& out) override { out.add(mqtt::connect(id_)); }

  std::size_t receive(std::string_view bytes, Out& out) override {
    const std::size_t whole = bytes.size();
    mqtt::Packet packet;
    mqtt::Take taken = mqtt::Take::taken;
    while ((taken = mqtt::take_packet(bytes, packet)) == mqtt::Take::taken) on_packet(packet, out);
    if (taken == mqtt::Take::broken) throw std::runtime_error("mosquitto sends what is no packet");
    return whole - bytes.size();
  }

 protected:
  virtual void connected(Out& out) = 0;

 private:
  void on_packet(const mqtt::Packet& packet, Out& out) {
    using mqtt::Type;
    switch (packet.type) {
      case Type::connack:
        if (packet.code != 0) throw std::runtime_error("mosquitto refuses the connection");
        connected(out);
        break;
      case Type::suback: ready_ = packet.code < 128; break;
      case Type::publish:
        // QoS 2 promises one delivery, and repeats a message only after an outage, which there is none of.
        ++delivered_;
        if (packet.qos() != 0) out.add(mqtt::answer(packet.qos() == 1 ? Type::puback : Type::pubrec, packet.id));
        break;
      case Type::pubrec: out.add(mqtt::answer(Type::pubrel, packet.id)); break;
      case Type::pubrel: out.add(mqtt::answer(Type::pubcomp, packet.id)); break;
      case Type::puback:
      case Type::pubcomp: ++acknowledged_; break;
      default: break;
    }
  }

  const std::string id_;
};

class Publisher : public MqttSpeaker {
 public:
  Publisher(unsigned index, std::uint8_t qos, unsigned line_bytes)
      : MqttSpeaker("p" + std::to_string(index)), topic_("bench/" + std::to_string(index)), qos_(qos) {
    const std::size_t overhead = mqtt::publish(1, topic_, qos, "").size();
    payload_.assign(line_bytes > overhead ? line_bytes - overhead : 1, 'x');
  }
  void write(Out& out) override {
    ++sent_;
    if (++id_ == 0) ++id_;  // 0 is no identifier
    out.add(mqtt::publish(id_, topic_, qos_, payload_));
  }

 protected:
  void connected(Out&) override { ready_ = true; }

 private:
  const std::string topic_;
  const std::uint8_t qos_;
  std::string payload_;
  std::uint16_t id_ = 0;
};

class Subscriber : public MqttSpeaker {
 public:
  explicit Subscriber(std::uint8_t qos) : MqttSpeaker("subscriber"), qos_(qos) {}
  void write(Out&) override {}

 protected:
  void connected(Out& out) override { out.add(mqtt::subscribe(1, "bench/#", qos_)); }

 private:
  const std::uint8_t qos_;
};

}  // namespace

bool Mosquitto::installed() {
  return find_program(program).has_value();
}

// It keeps nothing on disk; with `persistence true` it would write its memory there every half hour and at its end.
const char* Mosquitto::configuration() {
  return "allow_anonymous true\n"
         "persistence false\n"
         "max_inflight_messages 0\n"
         "max_queued_messages 0\n"
         "set_tcp_nodelay true\n"
         "log_type error\n";
}

Mosquitto::Mosquitto(int core, const std::filesystem::path& directory) : server_(start(core, directory)) {}

std::unique_ptr<Speaker> mqtt_publisher(unsigned index, std::uint8_t qos, unsigned line_bytes) {
  return std::make_unique<Publisher>(index, qos, line_bytes);
}

std::unique_ptr<Speaker> mqtt_subscriber(std::uint8_t qos) {
  return std::make_unique<Subscriber>(qos);
}

}  // namespace bench
