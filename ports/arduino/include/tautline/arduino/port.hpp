#pragma once

#include <Arduino.h>

#include <cstdint>

#include "tautline/client/client.hpp"

namespace tautline::arduino {

/// The network seam of a board whose sketch brings the network up itself: a cable, or WiFi joined in setup().
struct AlwaysUp {
  /// Nothing.
  bool connect_stored() { return true; }
  /// Nothing.
  void connect(const char*, const char*) {}
  /// Nothing.
  void disconnect() {}
  /// Always.
  bool is_up() const { return true; }
};

/// Random numbers of the core. They are the same after each start: enough for the jitter of one device.
struct CoreRandom {
  /// From Arduino's random() and the clock.
  std::uint32_t next() { return static_cast<std::uint32_t>(random(0x7fffffff)) ^ micros(); }
};

/// The watchdog seam of a board whose watchdog this library does not know: there is none.
struct NoWatchdog {
  /// Nothing.
  void start(std::uint32_t) {}
  /// Nothing.
  void feed() {}
  /// True: nothing runs.
  bool stop() { return true; }
};

/// An LED at a pin.
class PinLed {
 public:
  /// `pin` -1: none.
  explicit PinLed(int pin) : pin_(pin) {}

  /// On becomes off, off on.
  void toggle() {
    if (pin_ < 0) return;
    const auto pin = static_cast<std::uint8_t>(pin_);
    if (!set_up_) pinMode(pin, OUTPUT);  // not in the constructor, which may run before the core has started
    set_up_ = true;
    on_ = !on_;
    digitalWrite(pin, on_ ? HIGH : LOW);
  }

 private:
  int pin_;
  bool set_up_ = false;
  bool on_ = false;
};

/// One line on Serial for each change of state.
struct SerialLog {
  /// Called by a client with ClientConfig::verbose.
  void state(LinkState state, Reason reason) {
    Serial.print("tautline: ");
    Serial.print(to_string(state));
    Serial.print(" (");
    Serial.print(to_string(reason));
    Serial.println(")");
  }
};

/// What adapts the client to an Arduino core.
template <class Network, class Transport, class Random = CoreRandom, class Watchdog = NoWatchdog>
struct BasicPort {
  static constexpr bool speaks_protocol_1 = false;  ///< a board has no room for what it does not need

  Network wifi;         ///< the network interface
  Transport transport;  ///< the connection to the server
  Random random;        ///< jitter of the attempts to connect
  Watchdog watchdog;    ///< with ClientConfig::wdog
  PinLed led;           ///< with ClientConfig::led
  SerialLog log;        ///< with ClientConfig::verbose

  /// `led_pin` -1: no LED.
  explicit BasicPort(int led_pin = -1) : led(led_pin) {}
};

}  // namespace tautline::arduino
