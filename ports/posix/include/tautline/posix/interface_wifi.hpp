#pragma once

#include <cstddef>
#include <string>

namespace tautline::posix {

/// The WiFi seam of the client on Linux: the network is the system's matter, this only watches one interface of it.
/// Not only of WiFi: any interface has a state. Up means that it exists, is set up and has a carrier (IFF_RUNNING: a
/// WiFi station is also authenticated); addresses and routes are not looked at.
///
/// It listens to the kernel (NETLINK_ROUTE, link group), which needs no rights. Nothing blocks.
class InterfaceWifi {
 public:
  /// Empty name: always up, nothing is opened. The interface need not exist yet.
  /// Throws std::invalid_argument for a name that no interface can have, std::system_error without the socket.
  explicit InterfaceWifi(std::string name = {});
  ~InterfaceWifi();
  InterfaceWifi(const InterfaceWifi&) = delete;
  InterfaceWifi& operator=(const InterfaceWifi&) = delete;

  /// Nothing: the system has the credentials.
  bool connect_stored() { return true; }
  /// Nothing.
  void connect(const char*, const char*) {}
  /// Nothing: what the system set up is not taken down.
  void disconnect() {}
  /// As of now.
  bool is_up();

  /// Was there an interface of this name at the last is_up()?
  bool exists() const { return index_ != 0; }
  /// As given to the constructor.
  const std::string& name() const { return name_; }
  /// Becomes readable when something changed; call is_up() then. -1: nothing to wait for.
  int descriptor() const { return socket_; }

 private:
  void request();
  void read_messages(const char* data, std::size_t size);
  void on_message(unsigned type, const char* data, std::size_t size);

  const std::string name_;
  int socket_ = -1;
  int index_ = 0;  ///< of the interface; 0: there is none of the name
  bool up_ = false;
};

}  // namespace tautline::posix
