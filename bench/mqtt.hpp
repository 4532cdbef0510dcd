#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

/// As much of MQTT 3.1.1 as a load needs: packets to bytes and back.
/// https://docs.oasis-open.org/mqtt/mqtt/v3.1.1/mqtt-v3.1.1.html
namespace bench::mqtt {

/// The high four bits of a packet's first byte.
enum class Type : std::uint8_t {
  connect = 1,
  connack = 2,
  publish = 3,
  puback = 4,
  pubrec = 5,
  pubrel = 6,
  pubcomp = 7,
  subscribe = 8,
  suback = 9,
};

struct Packet {
  Type type = Type::connect;
  std::uint8_t flags = 0;    ///< the low four bits of the first byte
  std::uint16_t id = 0;      ///< of all but CONNACK and PUBLISH with QoS 0
  std::uint8_t code = 0;     ///< CONNACK, SUBACK: what the server answers
  std::string_view payload;  ///< PUBLISH
  std::uint8_t qos() const { return static_cast<std::uint8_t>((flags >> 1U) & 3U); }
};

enum class Take {
  taken,       ///< a packet was taken from the front
  incomplete,  ///< more bytes are needed
  broken,      ///< no packet begins like this
};

/// Takes a packet that a server sends from the front of `bytes`; payload is a view into them.
Take take_packet(std::string_view& bytes, Packet& packet);

std::string connect(std::string_view client_id);  ///< clean session, no keepalive
std::string subscribe(std::uint16_t id, std::string_view topic, std::uint8_t qos);
std::string publish(std::uint16_t id, std::string_view topic, std::uint8_t qos, std::string_view payload);
/// PUBACK, PUBREC, PUBREL, PUBCOMP.
std::string answer(Type type, std::uint16_t id);

}  // namespace bench::mqtt
