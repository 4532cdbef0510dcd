#pragma once

#include <Arduino.h>
#include <Ticker.h>

#include <cstdint>

#include <ESP8266WiFi.h>

#include "tautline/arduino/port.hpp"
#include "tautline/lwip/tcp_transport.hpp"

namespace tautline::arduino {

/// The WiFi seam on the ESP8266, core 3.0 or newer. Nothing here waits. What the board remembers is the configuration
/// that its SDK keeps in flash.
struct WifiStation {
  /// Starts with the credentials in flash, and writes nothing; false: there are none.
  bool connect_stored() {
    WiFi.persistent(false);
    WiFi.mode(WIFI_STA);
    WiFi.setAutoReconnect(true);
    if (WiFi.SSID().length() == 0) return false;
    WiFi.begin();
    return true;
  }
  /// Starts with these. The core writes them to flash only if they differ from what is there.
  void connect(const char* ssid, const char* pw) {
    WiFi.persistent(true);
    WiFi.begin(ssid, pw);
    WiFi.persistent(false);
  }
  /// From now on is_up() is false until an attempt succeeded. What is in flash stays.
  void disconnect() {
    WiFi.persistent(false);
    WiFi.disconnect(false, false);
  }
  /// Has the station an address?
  bool is_up() const { return WiFi.status() == WL_CONNECTED; }
};

/// Random numbers of the chip.
struct ChipRandom {
  /// Uniformly distributed.
  std::uint32_t next() { return ESP.random(); }
};

/// The watchdog seam on the ESP8266. The chip's own watchdogs run anyhow and reset a sketch that keeps the core from
/// running for some seconds. This one is for a sketch that lets the core run but does not poll: a timer counts.
class TimerWatchdog {
 public:
  /// It must be fed within `timeout_ms` from now on.
  void start(std::uint32_t timeout_ms) {
    timeout_s_ = timeout_ms / 1000;
    feed();
    ticker_.attach(1, on_second, this);
  }
  /// The sketch is alive: the time begins anew.
  void feed() { seconds_ = 0; }
  /// It needs no more feeding.
  bool stop() {
    ticker_.detach();
    return true;
  }

 private:
  static void on_second(TimerWatchdog* self) {
    if (++self->seconds_ > self->timeout_s_) ESP.restart();
  }

  Ticker ticker_;
  std::uint32_t timeout_s_ = 0;
  volatile std::uint32_t seconds_ = 0;  ///< since the last feed()
};

/// The ESP8266. Its transport is lwIP's raw interface, on which the core's WiFiClient stands too, because WiFiClient
/// waits in connect() and write(), and this does not.
using Port = BasicPort<WifiStation, lwip::TcpTransport, ChipRandom, TimerWatchdog>;

}  // namespace tautline::arduino
