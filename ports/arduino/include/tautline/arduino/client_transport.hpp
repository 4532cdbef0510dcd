#pragma once

#include <Arduino.h>
#include <Client.h>

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "tautline/client/client.hpp"

namespace tautline::arduino {

/// The transport seam of the client over any class with the interface of Arduino's Client: EthernetClient, WiFiClient
/// and others.
///
/// That interface has no way to connect without waiting: connect() blocks for as long as the class's look-up of the
/// name and its connection take, and with it poll() and the sketch. Set the class's own limit to 2 s (which function
/// that is differs), and give the server's address in digits where that is possible. It also does not tell why a
/// connection failed: all failures are ConnectStatus::unreachable.
template <class NetworkClient>
class ClientTransport {
 public:
  /// To set its limits or certificates, before the first poll().
  NetworkClient& network_client() { return client_; }

  /// Blocks: see above.
  void connect(const char* host, std::uint16_t port) {
    close();
    status_ = client_.connect(host, port) == 1 ? ConnectStatus::connected : ConnectStatus::unreachable;
  }
  /// How the attempt ended.
  ConnectStatus progress() const { return status_; }
  /// Never.
  bool next_address() { return false; }

  /// Reads what is there, at most `size` bytes.
  IoResult read(char* data, std::size_t size) {
    const int available = client_.available();
    if (available <= 0) return {0, client_.connected() == 0};
    const std::size_t there = static_cast<std::size_t>(available);
    const int count = client_.read(reinterpret_cast<std::uint8_t*>(data), there < size ? there : size);
    return {count > 0 ? static_cast<std::size_t>(count) : 0, false};
  }

  /// Sends what the class has room for; if it does not tell that, this may block.
  IoResult write(const char* data, std::size_t size) {
    if (tells_room(&NetworkClient::availableForWrite)) {
      const int room = client_.availableForWrite();
      const std::size_t room_bytes = room > 0 ? static_cast<std::size_t>(room) : 0;
      if (room_bytes < size) size = room_bytes;
    }
    const std::size_t count = size == 0 ? 0 : client_.write(reinterpret_cast<const std::uint8_t*>(data), size);
    return {count, count == 0 && client_.connected() == 0};
  }

  /// Ends the connection; harmless when closed.
  void close() {
    client_.stop();
    status_ = ConnectStatus::unreachable;
  }

 private:
  /// The 0 that availableForWrite() of Print itself returns means "not known", the one of a class of its own "full".
  template <class Owner>
  static constexpr bool tells_room(int (Owner::*)()) {
    return !std::is_same_v<Owner, Print>;
  }

  NetworkClient client_;
  ConnectStatus status_ = ConnectStatus::unreachable;
};

}  // namespace tautline::arduino
