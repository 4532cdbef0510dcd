#pragma once

#include <Arduino.h>

#include <cstdint>
#include <optional>
#include <string_view>

#include "tautline/arduino/port.hpp"
#include "tautline/arduino/serial_line.hpp"
#include "tautline/bridge/hosted_client.hpp"
#include "tautline/bridge/uart_channel.hpp"

namespace tautline::arduino {

/// What a hosted board has of its own.
struct HostedBoard {
  CoreRandom random;    ///< jitter, tokens
  NoWatchdog watchdog;  ///< the sketch's matter
  PinLed led;           ///< with ClientConfig::led
  SerialLog log;        ///< with ClientConfig::verbose; not while Serial is the channel
};

/// The client of a board without a network, at a serial port, as sketches have it: a global object that does nothing
/// before begin().
template <class SerialPort = HardwareSerial, class Events = bridge::HostedEvents, class BufferSizes = Sizes<>>
class LateHostedClient {
 public:
  /// The channel to the bridge.
  using Channel = bridge::UartChannel<SerialLine<SerialPort>>;
  /// The client that begin() makes.
  using Inner = bridge::HostedClient<Channel, HostedBoard, ResetPin, Events, BufferSizes>;

  /// `reset_pin`: the bridge's reset line, -1: none. `led_pin`: as for ArduinoClient.
  explicit LateHostedClient(SerialPort& serial, int reset_pin = -1, int led_pin = -1)
      : board_{{}, {}, PinLed(led_pin), {}}, uart_(serial), channel_(uart_, stream_), reset_(reset_pin) {}

  /// In setup(), once, after the serial port's begin(). The texts must stay.
  void begin(const ClientConfig& config, const bridge::HostedSettings& settings) {
    if (!client_) client_.emplace(channel_, board_, reset_, config, settings, events_);
  }
  /// In loop(), in every turn: poll(millis()).
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
  /// Resets the bridge.
  void reboot() {
    if (client_) client_->reboot();
  }

  /// Everything else; only after begin().
  Inner& client() { return *client_; }  // NOLINT(bugprone-unchecked-optional-access)
  /// What is told of bridge and server goes there.
  Events& events() { return events_; }

 private:
  HostedBoard board_;
  SerialLine<SerialPort> uart_;
  bridge::StoredStream<> stream_;
  Channel channel_;
  ResetPin reset_;
  Events events_;
  std::optional<Inner> client_;
};

}  // namespace tautline::arduino
