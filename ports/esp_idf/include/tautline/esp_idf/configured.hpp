#pragma once

#include "sdkconfig.h"
#include "tautline/esp_idf/port.hpp"

namespace tautline::esp_idf {

/// The client of an ESP-IDF program, with the buffers that the menu "Tautline" of its configuration asks for.
using Client =
    tautline::Client<Port, Sizes<CONFIG_TAUTLINE_MAX_LINE, CONFIG_TAUTLINE_WINDOW, CONFIG_TAUTLINE_QUEUED_LINES>>;

/// What the menu says. The LED's pin is an argument of the port: `Port port(CONFIG_TAUTLINE_LED_GPIO);`
inline ClientConfig configured() {
  ClientConfig config;
  config.my_id = CONFIG_TAUTLINE_ID;
  config.server = CONFIG_TAUTLINE_SERVER;
  config.port = CONFIG_TAUTLINE_PORT;
  config.timeout_ms = CONFIG_TAUTLINE_TIMEOUT_MS;
  config.ssid = CONFIG_TAUTLINE_WIFI_SSID;
  config.pw = CONFIG_TAUTLINE_WIFI_PASSWORD;
  config.led = CONFIG_TAUTLINE_LED_GPIO >= 0;
#ifdef CONFIG_TAUTLINE_WATCHDOG
  config.wdog = true;
#endif
#ifdef CONFIG_TAUTLINE_VERBOSE
  config.verbose = true;
#endif
  return config;
}

}  // namespace tautline::esp_idf
