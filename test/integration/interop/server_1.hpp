#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "stream.hpp"
#include "talk_1.hpp"

namespace tautline::test {

/// An existing server of protocol 1, with one client: accepts five connections a second, refuses a new one while the
/// old one seems alive, drops what shares a segment with the id on a reconnect.
class Server1 {
 public:
  Server1(std::int64_t timeout_ms, std::size_t most_in_flight)
      : timeout_ms_(timeout_ms), most_in_flight_(most_in_flight) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_in address = Stream::loopback(0);
    socklen_t length = sizeof address;
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), length), 0);
    EXPECT_EQ(::listen(listener_, 8), 0);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
    start();
  }
  ~Server1() { ::close(listener_); }
  Server1(const Server1&) = delete;
  Server1& operator=(const Server1&) = delete;

  std::uint16_t port() const { return port_; }
  Talk1& talk() { return *talk_; }
  bool is_up() const { return client_.is_open() && bed_until_ms_ && !deaf_; }
  unsigned connects() const { return connects_; }
  unsigned refused() const { return refused_; }
  std::size_t dropped_bytes() const { return dropped_bytes_; }

  // ---- what can happen to it

  /// The connection ends on both sides.
  void cut() {
    client_.close();
    talk_->connection_lost();
  }
  /// Nothing arrives any more in either direction, and the client's end is never seen: the connection seems alive
  /// until nothing was heard for the timeout.
  void vanish() { deaf_ = true; }
  /// What it says on this connection is lost from now on.
  void go_mute() { mute_ = true; }
  /// The process is killed and started again: nothing is remembered.
  void restart() {
    client_.close();
    start();
  }

  void step(std::int64_t now_ms) {
    if (now_ms >= accept_at_ms_) {
      accept_at_ms_ = now_ms + 200;
      accept_one(now_ms);
    }
    identify(now_ms);
    if (!client_.is_open()) return;
    if (!deaf_) hear(now_ms);
    if (client_.has_ended() || now_ms - heard_at_ms_ >= timeout_ms_) {
      if (deaf_) forgotten_.push_back(std::move(client_));
      client_ = Stream();
      deaf_ = false;
      talk_->connection_lost();
      return;
    }
    if (deaf_) return;
    if (now_ms >= keepalive_at_ms_) {
      keepalive_at_ms_ = now_ms + timeout_ms_ / 4;
      say("\n");
    }
    if (bed_until_ms_ && now_ms >= *bed_until_ms_) say(talk_->say(now_ms));
  }

 private:
  void start() {
    talk_ = std::make_unique<Talk1>(timeout_ms_, most_in_flight_);
    known_ = false;
  }

  void say(const std::string& text) {
    if (!mute_) client_.send(text);
  }

  void accept_one(std::int64_t now_ms) {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (socket < 0) return;
    newcomer_ = Stream(socket);
    newcomer_since_ms_ = now_ms;
  }

  void identify(std::int64_t now_ms) {
    if (!newcomer_.is_open()) return;
    newcomer_.receive();
    std::string id;
    if (!newcomer_.next_line(id)) {
      if (now_ms - newcomer_since_ms_ >= timeout_ms_) newcomer_ = Stream();
      return;
    }
    if (client_.is_open()) {
      ++refused_;
      newcomer_.close();
      newcomer_ = Stream();
      return;
    }
    if (known_) dropped_bytes_ += newcomer_.drop_unread();
    known_ = true;
    ++connects_;
    client_ = std::move(newcomer_);
    newcomer_ = Stream();
    heard_at_ms_ = keepalive_at_ms_ = now_ms;
    bed_until_ms_.reset();
    mute_ = false;
  }

  void hear(std::int64_t now_ms) {
    client_.receive();
    for (std::string line; client_.next_line(line);) {
      heard_at_ms_ = now_ms;
      if (!bed_until_ms_) bed_until_ms_ = now_ms + 200;
      say(talk_->hear(line));
    }
  }

  const std::int64_t timeout_ms_;
  const std::size_t most_in_flight_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::unique_ptr<Talk1> talk_;
  Stream client_, newcomer_;
  std::vector<Stream> forgotten_;
  std::optional<std::int64_t> bed_until_ms_;  ///< no message before that; none: no line came yet
  std::int64_t accept_at_ms_ = 0, newcomer_since_ms_ = 0, heard_at_ms_ = 0, keepalive_at_ms_ = 0;
  std::size_t dropped_bytes_ = 0;
  unsigned connects_ = 0, refused_ = 0;
  bool known_ = false;  ///< the client has been here before
  bool deaf_ = false;
  bool mute_ = false;
};

}  // namespace tautline::test
