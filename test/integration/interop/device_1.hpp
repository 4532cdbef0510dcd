#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "stream.hpp"
#include "talk_1.hpp"

namespace tautline::test {

/// An existing device of protocol 1, with its WiFi: says its id, waits for the first line, keeps alive, acknowledges,
/// sends again, and after an outage drops WiFi, waits two timeouts and connects anew.
class Device1 {
 public:
  Device1(std::string id, std::uint16_t port, std::int64_t timeout_ms, std::size_t most_in_flight)
      : id_(std::move(id)), port_(port), timeout_ms_(timeout_ms), most_in_flight_(most_in_flight) {
    switch_on();
  }

  Talk1& talk() { return *talk_; }
  /// The link is up as the device sees it.
  bool is_up() const { return heard_ && !deaf_; }
  unsigned connects() const { return connects_; }
  std::uint16_t port() const { return port_; }
  void server_is_at(std::uint16_t port) { port_ = port; }

  // ---- what can happen to it

  /// The connection ends on both sides; what was under way to the device is lost.
  void cut(std::int64_t now_ms) {
    stream_.close();
    reconnect_later(now_ms);
  }
  /// WiFi is gone without a word: nothing arrives in either direction, and the server's side of the connection stays
  /// open. The device notices when it has heard nothing for its timeout.
  void vanish() { deaf_ = true; }
  /// Loses its memory, and WiFi without a word. Lines that it had not said are lost.
  void power_cycle(std::int64_t now_ms) {
    forget_connection();
    switch_on();
    retry_at_ms_ = now_ms;
  }

  /// Does what is due. Call often.
  void step(std::int64_t now_ms) {
    if (!stream_.is_open()) {
      if (now_ms >= retry_at_ms_) connect(now_ms);
      return;
    }
    if (!deaf_) {
      stream_.receive();
      for (std::string line; stream_.next_line(line); heard_ = true) {
        heard_at_ms_ = now_ms;
        say(talk_->hear(line), now_ms);
      }
      if (stream_.has_ended()) return cut(now_ms);
    }
    // A server accepts five clients a second: the first line may take longer.
    if (now_ms - heard_at_ms_ >= (heard_ ? timeout_ms_ : 2 * timeout_ms_)) {
      if (deaf_) forget_connection();
      return cut(now_ms);
    }
    if (heard_) say(talk_->say(now_ms), now_ms);
    if (now_ms - said_at_ms_ >= timeout_ms_ / 4) say("\n", now_ms);
  }

 private:
  void switch_on() { talk_ = std::make_unique<Talk1>(timeout_ms_, most_in_flight_); }

  void connect(std::int64_t now_ms) {
    stream_ = Stream::connect(port_);
    retry_at_ms_ = now_ms + timeout_ms_;
    if (!stream_.is_open()) return;
    ++connects_;
    heard_ = deaf_ = false;
    heard_at_ms_ = now_ms;
    say(id_ + "\n", now_ms);
  }
  void reconnect_later(std::int64_t now_ms) {
    heard_ = deaf_ = false;
    talk_->connection_lost();
    retry_at_ms_ = now_ms + 2 * timeout_ms_;
  }
  /// The server is not told: its side stays open for the life of this object.
  void forget_connection() {
    if (stream_.is_open()) forgotten_.push_back(std::move(stream_));
    stream_ = Stream();
    heard_ = deaf_ = false;
  }
  void say(const std::string& text, std::int64_t now_ms) {
    if (text.empty()) return;
    said_at_ms_ = now_ms;
    if (!deaf_) stream_.send(text);
  }

  const std::string id_;
  std::uint16_t port_;
  const std::int64_t timeout_ms_;
  const std::size_t most_in_flight_;
  std::unique_ptr<Talk1> talk_;
  Stream stream_;
  std::vector<Stream> forgotten_;
  unsigned connects_ = 0;
  std::int64_t retry_at_ms_ = 0, heard_at_ms_ = 0, said_at_ms_ = 0;
  bool heard_ = false;  ///< something came on this connection
  bool deaf_ = false;   ///< without WiFi, and not aware of it
};

}  // namespace tautline::test
