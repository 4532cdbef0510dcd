#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace tautline::test {

/// Passes TCP connections on to a port of this machine, in a thread; they can be cut.
class Relay {
 public:
  explicit Relay(std::uint16_t to_port);
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  std::string port() const { return std::to_string(port_); }
  /// All connections end; what is in the relay is lost. New ones are possible at once.
  void cut() { cut_ = true; }

 private:
  struct Pair {
    int client, server;
  };
  void run();
  void open_pair();

  const std::uint16_t to_port_;
  std::uint16_t port_ = 0;
  int listener_ = -1;
  std::vector<Pair> pairs_;
  std::atomic<bool> cut_ = false;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

}  // namespace tautline::test
