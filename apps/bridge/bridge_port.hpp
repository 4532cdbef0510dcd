#pragma once

#include <cstdint>
#include <string>

#include "options.hpp"
#include "tautline/posix/interface_wifi.hpp"
#include "tautline/posix/tcp_transport.hpp"
#include "tautline/posix/watchdog.hpp"

namespace tautline::bridge_program {

/// A TcpTransport that remembers what it was asked for and what became of it, for the log.
class NotedTransport : public posix::TcpTransport {
 public:
  void connect(const char* host, std::uint16_t port);
  ConnectStatus progress() { return noted_ = TcpTransport::progress(); }
  bool next_address() {
    const bool has_next = TcpTransport::next_address();
    noted_ = has_next ? ConnectStatus::connecting : ConnectStatus::unreachable;
    return has_next;
  }

  /// "nas.local:8123"
  const std::string& place() const { return place_; }
  /// How the present attempt, or the last one, stands or ended.
  ConnectStatus noted() const { return noted_; }

 private:
  std::string place_;
  ConnectStatus noted_ = ConnectStatus::resolving;
};

/// The port of the Bridge: the network of this machine.
struct BridgePort {
  explicit BridgePort(const Options& options);

  posix::InterfaceWifi wifi;
  NotedTransport transport;
  posix::SystemWatchdog watchdog;
};

}  // namespace tautline::bridge_program
