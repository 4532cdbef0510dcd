#include "mqtt.hpp"

namespace bench::mqtt {
namespace {

constexpr std::size_t max_length_bytes = 4;

std::string two_bytes(std::size_t number) {
  return {static_cast<char>(number >> 8U & 0xFFU), static_cast<char>(number & 0xFFU)};
}
std::string text(std::string_view characters) {
  return two_bytes(characters.size()) + std::string(characters);
}
std::uint16_t number_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint16_t>(static_cast<unsigned char>(bytes[at]) << 8U |
                                    static_cast<unsigned char>(bytes[at + 1]));
}

std::string packet(Type type, std::uint8_t flags, const std::string& body) {
  std::string bytes(1, static_cast<char>(static_cast<unsigned>(type) << 4U | flags));
  std::size_t length = body.size();
  do {
    const std::size_t rest = length / 128;
    bytes.push_back(static_cast<char>(length % 128 + (rest != 0 ? 128 : 0)));
    length = rest;
  } while (length != 0);
  return bytes + body;
}

bool read_body(std::string_view body, Packet& packet) {
  switch (packet.type) {
    case Type::connack:
      if (body.size() != 2) return false;
      packet.code = static_cast<std::uint8_t>(body[1]);
      return true;
    case Type::publish: {
      const std::size_t with_id = packet.qos() != 0 ? 2 : 0;
      if (body.size() < 2) return false;
      const std::size_t topic = 2 + std::size_t{number_at(body, 0)};
      if (body.size() < topic + with_id) return false;
      if (with_id != 0) packet.id = number_at(body, topic);
      packet.payload = body.substr(topic + with_id);
      return true;
    }
    case Type::suback:
      if (body.size() != 3) return false;
      packet.id = number_at(body, 0);
      packet.code = static_cast<std::uint8_t>(body[2]);
      return true;
    case Type::puback:
    case Type::pubrec:
    case Type::pubrel:
    case Type::pubcomp:
      if (body.size() != 2) return false;
      packet.id = number_at(body, 0);
      return true;
    default: return false;
  }
}

}  // namespace

Take take_packet(std::string_view& bytes, Packet& packet) {
  std::size_t length = 0;
  for (std::size_t i = 1;; ++i) {
    if (i > max_length_bytes) return Take::broken;
    if (bytes.size() <= i) return Take::incomplete;
    const auto digit = static_cast<unsigned char>(bytes[i]);
    length |= static_cast<std::size_t>(digit & 127U) << (7 * (i - 1));
    if ((digit & 128U) != 0) continue;
    const std::size_t header = i + 1;
    if (bytes.size() < header + length) return Take::incomplete;
    const auto first = static_cast<unsigned char>(bytes[0]);
    packet = {};
    packet.type = static_cast<Type>(first >> 4U);
    packet.flags = first & 15U;
    if (!read_body(bytes.substr(header, length), packet)) return Take::broken;
    bytes.remove_prefix(header + length);
    return Take::taken;
  }
}

std::string connect(std::string_view client_id) {
  constexpr char level = 4;
  constexpr char clean_session = 2;
  return packet(Type::connect, 0, text("MQTT") + level + clean_session + two_bytes(0) + text(client_id));
}

std::string subscribe(std::uint16_t id, std::string_view topic, std::uint8_t qos) {
  return packet(Type::subscribe, 2, two_bytes(id) + text(topic) + static_cast<char>(qos));
}

std::string publish(std::uint16_t id, std::string_view topic, std::uint8_t qos, std::string_view payload) {
  return packet(Type::publish, static_cast<std::uint8_t>(qos << 1U),
                text(topic) + (qos != 0 ? two_bytes(id) : std::string()) + std::string(payload));
}

std::string answer(Type type, std::uint16_t id) {
  return packet(type, type == Type::pubrel ? 2 : 0, two_bytes(id));
}

}  // namespace bench::mqtt
