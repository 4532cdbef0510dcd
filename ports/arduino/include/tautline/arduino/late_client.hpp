#pragma once

#include <Arduino.h>

#include <cstdint>
#include <optional>
#include <string_view>

#include "tautline/client/client.hpp"

namespace tautline::arduino {

/// A client as sketches have it: a global object that does nothing before begin(), because the core has not started yet
/// when global objects are made. Port and buffers are inside.
template <class Port, class BufferSizes = Sizes<>, class First = KeepTrying>
class LateClient {
 public:
  /// The client that begin() makes.
  using Inner = tautline::Client<Port, BufferSizes, First>;

  /// `led_pin`: toggled on each keepalive, with ClientConfig::led; -1: none.
  explicit LateClient(int led_pin = -1) : port_(led_pin) {}

  /// In setup(), once: starts WiFi. The texts in the configuration must stay.
  void begin(const ClientConfig& config) {
    if (!client_) client_.emplace(port_, config);
  }
  /// In loop(), in every turn: poll(millis()). See BasicClient::poll().
  void poll(std::uint32_t now_ms) {
    if (client_) client_->poll(now_ms);
  }

  /// See BasicClient::write(). Before begin(): would_block.
  WriteResult write(std::string_view line, bool qos = true) {
    return client_ ? client_->write(line, qos) : WriteResult{WriteStatus::would_block, 0};
  }
  /// See BasicClient::readline().
  bool readline(std::string_view& line) { return client_ && client_->readline(line); }
  /// See BasicClient::accept().
  void accept() {
    if (client_) client_->accept();
  }
  /// Is the link up? False before begin().
  bool status() const { return client_ && client_->status(); }
  /// Lines written and not yet acknowledged.
  std::uint32_t unacknowledged() const { return client_ ? client_->unacknowledged() : 0; }

  /// Everything else; only after begin().
  Inner& client() { return *client_; }  // NOLINT(bugprone-unchecked-optional-access)
  /// What the client uses of the board.
  Port& port() { return port_; }

 private:
  Port port_;
  std::optional<Inner> client_;
};

}  // namespace tautline::arduino
