#pragma once

#include <cstdint>

#include "driver/gpio.h"
#include "esp_log.h"
#include "esp_random.h"
#include "esp_timer.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "tautline/client/client.hpp"
#include "tautline/core/serial.hpp"
#include "tautline/esp_idf/socket_transport.hpp"
#include "tautline/esp_idf/task_watchdog.hpp"
#include "tautline/esp_idf/wifi_station.hpp"

namespace tautline::esp_idf {

/// Random numbers of the chip.
struct ChipRandom {
  /// Uniformly distributed while WiFi is on.
  std::uint32_t next() { return esp_random(); }
};

/// An LED at a pin.
class GpioLed {
 public:
  /// `pin` -1: none.
  explicit GpioLed(int pin = -1) : pin_(pin) {}

  /// On becomes off, off on.
  void toggle() {
    if (pin_ < 0) return;
    const auto pin = static_cast<gpio_num_t>(pin_);
    if (!set_up_) gpio_set_direction(pin, GPIO_MODE_OUTPUT);
    set_up_ = true;
    on_ = !on_;
    gpio_set_level(pin, on_ ? 1 : 0);
  }

 private:
  int pin_;
  bool set_up_ = false;
  bool on_ = false;
};

/// One line of ESP-IDF's log for each change of state.
struct EspLog {
  /// Called by a client with ClientConfig::verbose.
  void state(LinkState state, Reason reason) { ESP_LOGI("tautline", "%s (%s)", to_string(state), to_string(reason)); }
};

/// What adapts the client to ESP-IDF. Make it static: WifiStation and sockets::Lookup say why. A task's loop:
///
///     while (true) {
///       client.poll(port.now_ms());
///       ...
///       port.wait(client.deadline_ms());
///     }
struct Port {
  static constexpr bool speaks_protocol_1 = false;  ///< a board has no room for what it does not need

  WifiStation wifi;           ///< the station
  SocketTransport transport;  ///< the connection to the server
  ChipRandom random;          ///< jitter of the attempts to connect
  TaskWatchdog watchdog;      ///< with ClientConfig::wdog
  GpioLed led;                ///< with ClientConfig::led
  EspLog log;                 ///< with ClientConfig::verbose

  /// `led_pin` -1: no LED.
  explicit Port(int led_pin = -1) : led(led_pin) {}

  /// Milliseconds since the start.
  static std::uint32_t now_ms() { return static_cast<std::uint32_t>(esp_timer_get_time() / 1000); }

  /// Sleeps until the deadline or until the transport has something to do, for no more than a tenth of a second.
  void wait(std::uint32_t deadline_ms) {
    transport.wait(distance(deadline_ms, now_ms()), [](std::int32_t ms) { vTaskDelay(pdMS_TO_TICKS(ms) + 1); });
  }
};

}  // namespace tautline::esp_idf
