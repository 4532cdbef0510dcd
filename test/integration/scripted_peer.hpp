#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>

namespace tautline::test {

/// A TCP client that plays a script: send("..."), expect("..."). Every wait has a deadline; what goes wrong fails the
/// test and says what came instead.
///
///     ScriptedPeer peer(server.port(), [&] { io.run_for(1ms); });
///     peer.send("TL2 door\n");
///     peer.expect("HI ");
///
/// `pump` lets whatever is under test run in the same thread; without one (the server is another process or thread) the
/// peer waits in poll().
class ScriptedPeer {
 public:
  using Pump = std::function<void()>;
  using Milliseconds = std::chrono::milliseconds;
  static constexpr Milliseconds patience{5000};

  explicit ScriptedPeer(std::uint16_t port, Pump pump = {}, const std::string& address = "127.0.0.1")
      : pump_(std::move(pump)) {
    const bool v6 = address.find(':') != std::string::npos;
    socket_ = ::socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_GE(socket_, 0);
    int result = -1;
    if (v6) {
      sockaddr_in6 to{};
      to.sin6_family = AF_INET6;
      to.sin6_port = htons(port);
      inet_pton(AF_INET6, address.c_str(), &to.sin6_addr);
      result = ::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to);
    } else {
      sockaddr_in to{};
      to.sin_family = AF_INET;
      to.sin_port = htons(port);
      inet_pton(AF_INET, address.c_str(), &to.sin_addr);
      result = ::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to);
    }
    connected_ = result == 0;
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  ~ScriptedPeer() { close(); }
  ScriptedPeer(const ScriptedPeer&) = delete;
  ScriptedPeer& operator=(const ScriptedPeer&) = delete;

  bool connected() const { return connected_; }

  void send(std::string_view bytes) {
    const ssize_t count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    EXPECT_EQ(count, static_cast<ssize_t>(bytes.size())) << "sending " << bytes;
  }
  /// One byte after the other, with a pause before each.
  void trickle(std::string_view bytes, Milliseconds pause) {
    for (const char c : bytes) {
      wait(pause);
      send(std::string_view(&c, 1));
    }
  }

  /// The next bytes must be these.
  void expect(std::string_view bytes) {
    const bool there = wait_until([&] { return unread_.size() >= bytes.size(); });
    EXPECT_EQ(unread_.substr(0, bytes.size()), bytes) << (there ? "" : "no more came; ") << "ended: " << ended_;
    unread_.erase(0, bytes.size());
  }
  /// The next line, without its LF; fails the test and is empty if none comes in time.
  std::string line() {
    const bool there = wait_until([&] { return unread_.find('\n') != std::string::npos; });
    EXPECT_TRUE(there) << "no line came, but: " << unread_ << ", ended: " << ended_;
    if (!there) return {};
    const std::size_t end = unread_.find('\n');
    std::string result = unread_.substr(0, end);
    unread_.erase(0, end + 1);
    return result;
  }
  /// Skips status lines (A) and empty lines.
  std::string line_but_status() {
    for (;;) {
      std::string next = line();
      const bool status = next.empty() || next[0] == 'A';
      if (!status || ended_ || ::testing::Test::HasFailure()) return next;
    }
  }
  /// Everything that comes within that time.
  std::string collect(Milliseconds time) {
    wait(time);
    return std::exchange(unread_, {});
  }
  /// The other side closes (FIN or RST); what it said last is left to expect() and line().
  void expect_end(Milliseconds within = patience) {
    EXPECT_TRUE(wait_until([&] { return ended_; }, within)) << "still open; received: " << unread_;
  }
  bool ended() {
    receive();
    return ended_;
  }
  void wait(Milliseconds time) {
    wait_until([] { return false; }, time);
  }
  /// True when the condition came true in time. The peer's socket is read meanwhile.
  template <typename Condition>
  bool wait_until(Condition condition, Milliseconds within = patience) {
    const auto deadline = std::chrono::steady_clock::now() + within;
    for (;;) {
      receive();
      if (condition()) return true;
      const auto left = std::chrono::duration_cast<Milliseconds>(deadline - std::chrono::steady_clock::now());
      if (left.count() <= 0) return false;
      if (pump_) {
        pump_();
      } else {
        pollfd waiting{socket_, POLLIN, 0};
        const int slice = left.count() < 10 ? static_cast<int>(left.count()) : 10;
        if (socket_ < 0 || ended_) {
          ::poll(nullptr, 0, slice);
        } else {
          ::poll(&waiting, 1, slice);
        }
      }
    }
  }

  /// FIN: this side says no more.
  void end() { ::shutdown(socket_, SHUT_WR); }
  /// RST.
  void reset() {
    const linger at_once{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close();
  }
  void close() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }

  /// Protocol 2, hello to GO; `numbers` is "ack start epoch". Returns the generation.
  std::string open(const std::string& id, const std::string& numbers = "- 0 -",
                   const std::string& options = "w=8 n=1024 t=2000") {
    send("TL2 " + id + " " + options + "\n");
    const std::string hi = line();
    EXPECT_EQ(hi.substr(0, 3), "HI ") << hi;
    const std::string generation = hi.substr(3, hi.find(' ', 3) - 3);
    send("GO " + generation + " " + numbers + "\n");
    go_ = line();
    EXPECT_EQ(go_.substr(0, 3 + generation.size()), "GO " + generation) << go_;
    return generation;
  }
  /// What the server's GO said: its ack and its start.
  std::string go_ack() const {
    const std::size_t from = go_.find(' ', 3) + 1;
    return go_.substr(from, go_.find(' ', from) - from);
  }

 private:
  void receive() {
    char bytes[4096];
    while (socket_ >= 0 && !ended_) {
      const ssize_t count = ::recv(socket_, bytes, sizeof bytes, MSG_DONTWAIT);
      if (count > 0) {
        unread_.append(bytes, static_cast<std::size_t>(count));
        continue;
      }
      if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
      ended_ = true;
    }
  }

  Pump pump_;
  std::string unread_;
  std::string go_;
  int socket_ = -1;
  bool connected_ = false;
  bool ended_ = false;
};

}  // namespace tautline::test
