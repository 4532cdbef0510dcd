#include "station.hpp"

#include "world.hpp"

namespace tautline::sim {

void Station::set_wifi(bool up) {
  wifi_up_ = up;
  if (up || socket_ < 0) return;
  const auto connection = static_cast<std::uint32_t>(socket_) / 2;
  context_.network.set_path(connection, 0, Path::swallowing);
  context_.network.set_path(connection, 1, Path::swallowing);
}

void Station::connect(bool on_the_net) {
  const bool small = context_.random.permille(context_.profile.small_buffer_permille);
  const std::uint32_t least = context_.device_limits.max_payload + 200;
  const auto room = static_cast<std::uint32_t>(small ? context_.random.between(least, 4096) : 65536);
  const std::uint32_t connection = context_.network.start_connection(index_, room);
  socket_ = SimNetwork::socket_of(connection, SimNetwork::client_side);
  status_ = ConnectStatus::connecting;
  if (path_down || !wifi_up_ || !on_the_net) return;
  context_.events.push(context_.now + 1 + context_.network.delay(), EventKind::syn, connection,
                       context_.network.connection(connection).serial);
}

bool Station::on_connected(std::uint32_t connection, bool accepted) {
  if (socket_ < 0 || static_cast<std::uint32_t>(socket_) / 2 != connection || status_ != ConnectStatus::connecting) {
    return false;
  }
  status_ = accepted ? ConnectStatus::connected : ConnectStatus::unreachable;
  if (accepted) connected_ = true;
  return true;
}

std::ptrdiff_t Station::receive(char* data, std::size_t size) {
  return context_.network.receive(socket_, data, size);
}

std::ptrdiff_t Station::send(const char* data, std::size_t size) {
  return context_.network.send(socket_, data, size);
}

void Station::close() {
  if (socket_ < 0) return;
  context_.network.close(socket_);
  socket_ = -1;
  connected_ = false;
}

void Station::vanish(bool silently) {
  if (socket_ < 0) return;
  const auto connection = static_cast<std::uint32_t>(socket_) / 2;
  if (!silently) context_.network.reset_side(connection, SimNetwork::server_side);
  context_.network.vanish(socket_);
  socket_ = -1;
  connected_ = false;
}

}  // namespace tautline::sim
