#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace tautline::test {

/// A TCP server on a loopback port of the system's choice that says what the test tells it. Nothing blocks.
class ScriptedServer {
 public:
  explicit ScriptedServer(int family = AF_INET) {
    listener_ = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_storage address{};
    socklen_t length = 0;
    if (family == AF_INET6) {
      auto& v6 = reinterpret_cast<sockaddr_in6&>(address);
      v6.sin6_family = AF_INET6;
      v6.sin6_addr = in6addr_loopback;
      length = sizeof v6;
    } else {
      auto& v4 = reinterpret_cast<sockaddr_in&>(address);
      v4.sin_family = AF_INET;
      v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      length = sizeof v4;
    }
    ok_ = listener_ >= 0 && ::bind(listener_, reinterpret_cast<sockaddr*>(&address), length) == 0 &&
          ::listen(listener_, 8) == 0;
    length = sizeof address;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(address).sin6_port
                                     : reinterpret_cast<sockaddr_in&>(address).sin_port);
  }
  ~ScriptedServer() {
    hang_up();
    stop_listening();
  }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  bool ok() const { return ok_; }
  std::uint16_t port() const { return port_; }
  void stop_listening() {
    if (listener_ >= 0) ::close(listener_);
    listener_ = -1;
  }

  /// What the client said so far on the newest connection.
  const std::string& heard() {
    if (const int newer = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK); newer >= 0) {
      if (connection_ >= 0) ::close(connection_);
      connection_ = newer;
      heard_.clear();
    }
    char bytes[4096];
    ssize_t count = 0;
    while (reads_ && (count = ::recv(connection_, bytes, sizeof bytes, 0)) > 0) {
      heard_.append(bytes, static_cast<std::size_t>(count));
    }
    saw_end_ = connection_ >= 0 && count == 0;
    return heard_;
  }
  /// Takes the text out of what was heard, if it is there.
  bool hears(std::string_view text) {
    const std::size_t at = heard().find(text);
    if (at == std::string::npos) return false;
    heard_.erase(0, at + text.size());
    return true;
  }
  bool saw_end() {
    heard();
    return saw_end_;
  }
  void say(std::string_view text) {
    EXPECT_EQ(::send(connection_, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
  }
  void stop_reading() { reads_ = false; }

  void hang_up() {
    if (connection_ >= 0) ::close(connection_);
    connection_ = -1;
  }
  /// RST instead of FIN.
  void reset() {
    const linger now{1, 0};
    ::setsockopt(connection_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    hang_up();
  }

 private:
  int listener_ = -1;
  int connection_ = -1;
  std::uint16_t port_ = 0;
  bool ok_ = false;
  bool reads_ = true;
  bool saw_end_ = false;
  std::string heard_;
};

}  // namespace tautline::test
