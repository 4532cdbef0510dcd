#pragma once

#include <sys/socket.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tautline/client/client.hpp"

namespace tautline::posix {

/// One address of a server, as getaddrinfo() gives it.
struct Address {
  sockaddr_storage storage{};
  socklen_t length = 0;
};

/// Finds the addresses of a host name in a thread of its own, because getaddrinfo() blocks for as long as the system's
/// resolver is configured to. Nobody waits for the thread: it may outlive the transport that asked.
class Resolution {
 public:
  /// An address in digits is ready at once, without a thread.
  Resolution(std::string host, std::uint16_t port);
  ~Resolution();
  Resolution(const Resolution&) = delete;
  Resolution& operator=(const Resolution&) = delete;

  static std::shared_ptr<Resolution> start(const std::string& host, std::uint16_t port);

  bool done() const { return done_.load(std::memory_order_acquire); }
  bool is_for(const std::string& host, std::uint16_t port) const { return host == host_ && port == port_; }
  /// Empty: the name has none. Only when done().
  const std::vector<Address>& addresses() const { return addresses_; }
  /// Becomes readable when done.
  int descriptor() const { return event_; }

 private:
  void look_up(int flags);

  const std::string host_;
  const std::uint16_t port_;
  const int event_;
  std::atomic<bool> done_ = false;
  std::vector<Address> addresses_;
};

/// The transport seam of the client on POSIX: one non-blocking TCP socket, IPv4 or IPv6. All addresses of the name are
/// tried in the order of the system (RFC 6724); each connect() resolves anew. Never raises SIGPIPE.
class TcpTransport {
 public:
  TcpTransport() = default;
  ~TcpTransport() { close(); }
  TcpTransport(const TcpTransport&) = delete;
  TcpTransport& operator=(const TcpTransport&) = delete;

  /// Starts to resolve and to connect.
  void connect(const char* host, std::uint16_t port);
  /// How the attempt stands; it also drives it.
  ConnectStatus progress();
  /// Tries the next address of the name; false if there is none.
  bool next_address();
  /// Reads what is there, at most `size` bytes.
  IoResult read(char* data, std::size_t size);
  /// Sends what the system takes at once.
  IoResult write(const char* data, std::size_t size);
  /// Ends the connection, or the attempt; harmless when closed.
  void close();

  /// What to wait for before the next call; -1: for nothing but time.
  int descriptor() const { return resolution_ && socket_ < 0 ? resolution_->descriptor() : socket_; }
  /// False after forget_interest() until the next read(): a client that reads no more must not be woken by bytes.
  bool wants_read() const { return status_ == ConnectStatus::resolving || read_wanted_; }
  /// Is there something to wait for in the other direction: a connection in progress, or bytes not taken?
  bool wants_write() const { return (socket_ >= 0 && status_ == ConnectStatus::connecting) || write_wanted_; }
  /// See wants_read(); Port::wait() calls it.
  void forget_interest() { read_wanted_ = false; }

  /// While true, read() finds nothing and asks nobody: for a host that waits for the descriptor and would know.
  void skip_reading(bool skip) { skip_reading_ = skip; }

  /// Called before a descriptor that descriptor() gave becomes invalid.
  void set_before_close(std::function<void()> callback) { before_close_ = std::move(callback); }

 private:
  bool open_socket(const Address& address);
  void close_socket();
  void drop_resolution();

  std::shared_ptr<Resolution> resolution_;  ///< while connecting
  std::shared_ptr<Resolution> abandoned_;   ///< given up on, perhaps still running: at most one thread per transport
  std::size_t next_ = 0;                    ///< index of the next address to try
  int socket_ = -1;
  ConnectStatus status_ = ConnectStatus::unreachable;
  bool read_wanted_ = false;
  bool write_wanted_ = false;
  bool skip_reading_ = false;
  std::function<void()> before_close_;
};

}  // namespace tautline::posix
