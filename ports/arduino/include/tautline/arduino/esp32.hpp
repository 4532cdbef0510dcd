#pragma once

#include <Arduino.h>
#include <WiFi.h>
#include <esp_random.h>
#include <esp_wifi.h>

#include <cstdint>

#include "tautline/arduino/port.hpp"
#include "tautline/esp_idf/socket_transport.hpp"
#include "tautline/esp_idf/task_watchdog.hpp"

namespace tautline::arduino {

/// The WiFi seam on the ESP32, core 3.0 or newer. What the board remembers is the configuration that the driver keeps
/// in flash. The first call waits until the core has started the driver, at most a second; disconnect() waits for the
/// driver's event, at most 100 ms.
struct WifiStation {
  /// Starts with the credentials in flash, and writes nothing; false: there are none.
  bool connect_stored() {
    WiFi.mode(WIFI_STA);
    WiFi.setAutoReconnect(true);
    wifi_config_t stored = {};
    if (esp_wifi_get_config(WIFI_IF_STA, &stored) != ESP_OK || stored.sta.ssid[0] == 0) return false;
    WiFi.begin();
    return true;
  }
  /// Starts with these. The driver writes them to flash only if they differ from what is there.
  void connect(const char* ssid, const char* pw) { WiFi.begin(ssid, pw); }
  /// From now on is_up() is false until an attempt succeeded. What is in flash stays.
  void disconnect() { WiFi.disconnect(false, false); }
  /// Has the station an address?
  bool is_up() const { return WiFi.isConnected(); }
};

/// Random numbers of the chip.
struct ChipRandom {
  /// Uniformly distributed while WiFi is on.
  std::uint32_t next() { return esp_random(); }
};

/// The ESP32. Its transport is lwIP's sockets, on which the core's WiFiClient stands too, because WiFiClient waits in
/// connect() and write(), and this does not.
using Port = BasicPort<WifiStation, esp_idf::SocketTransport, ChipRandom, esp_idf::TaskWatchdog>;

}  // namespace tautline::arduino
