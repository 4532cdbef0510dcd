#pragma once

#include <cstddef>
#include <cstdint>

#include "tautline/client/link_client.hpp"

namespace tautline::sim {

struct Context;

/// The network's end of a machine: WiFi, and at most one connection to the server.
class Station {
 public:
  /// `index`: of the device whose connections these are.
  Station(Context& context, std::uint32_t index) : context_(context), index_(index) {}

  /// Is there a WiFi to be in? While down it is noticed at once, and the connection swallows everything.
  void set_wifi(bool up);
  bool wifi_is_up() const { return wifi_up_; }

  /// Not `on_the_net`: nobody hears it.
  void connect(bool on_the_net = true);
  /// Handles EventKind::connected and refused. True: it was about this station's attempt.
  bool on_connected(std::uint32_t connection, bool accepted);
  ConnectStatus progress() const { return status_; }
  bool is_connected() const { return connected_; }
  /// As those of Network.
  std::ptrdiff_t receive(char* data, std::size_t size);
  std::ptrdiff_t send(const char* data, std::size_t size);
  void close();
  /// The machine is gone. Not `silently`: its connection is reset.
  void vanish(bool silently);

  /// -1: none.
  int socket() const { return socket_; }
  bool path_down = false;  ///< connection attempts get no answer

 private:
  Context& context_;
  std::uint32_t index_;
  int socket_ = -1;
  ConnectStatus status_ = ConnectStatus::resolving;
  bool connected_ = false;
  bool wifi_up_ = true;
};

}  // namespace tautline::sim
