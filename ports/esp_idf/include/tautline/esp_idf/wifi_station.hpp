#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "esp_event.h"
#include "esp_netif.h"
#include "esp_wifi.h"
#include "nvs_flash.h"

namespace tautline::esp_idf {

/// The WiFi seam of the client: ESP-IDF's driver as a station, driven by its events. Nothing here waits.
///
/// The first call sets up flash storage, event loop, network interface and driver. The first three may be there
/// already; the driver must be this object's. One object per program, static: the event loop calls it for ever.
///
/// What the board remembers is the driver's own configuration in flash (WIFI_STORAGE_FLASH).
class WifiStation {
 public:
  WifiStation() = default;
  WifiStation(const WifiStation&) = delete;
  WifiStation& operator=(const WifiStation&) = delete;

  /// Starts with the credentials in flash, and writes nothing; false: there are none.
  bool connect_stored() {
    wifi_config_t stored = {};
    if (!start() || esp_wifi_get_config(WIFI_IF_STA, &stored) != ESP_OK) return false;
    if (stored.sta.ssid[0] == 0) return false;
    join();
    return true;
  }

  /// Starts with these. They go to flash only if they differ from what is there.
  void connect(const char* ssid, const char* pw) {
    if (!start()) return;
    wifi_config_t given = {};
    put(given.sta.ssid, ssid);
    put(given.sta.password, pw);
    wifi_config_t stored = {};
    const bool known = esp_wifi_get_config(WIFI_IF_STA, &stored) == ESP_OK && same(given.sta.ssid, stored.sta.ssid) &&
                       same(given.sta.password, stored.sta.password);
    if (!known) esp_wifi_set_config(WIFI_IF_STA, &given);
    join();
  }

  /// From now on is_up() is false until an attempt succeeded.
  void disconnect() {
    wanted_ = false;
    up_ = false;
    if (started_) esp_wifi_disconnect();
  }

  /// Has the station an address?
  bool is_up() const { return up_; }

 private:
  bool start() {
    if (started_) return true;
    if (nvs_flash_init() != ESP_OK) return false;
    if (esp_netif_init() != ESP_OK) return false;
    const esp_err_t loop = esp_event_loop_create_default();
    if (loop != ESP_OK && loop != ESP_ERR_INVALID_STATE) return false;  // invalid state: there is one already
    if (esp_netif_get_handle_from_ifkey("WIFI_STA_DEF") == nullptr) esp_netif_create_default_wifi_sta();
    if (!initialised_) {
      const wifi_init_config_t config = WIFI_INIT_CONFIG_DEFAULT();
      initialised_ = esp_wifi_init(&config) == ESP_OK;
    }
    if (initialised_ && !registered_) {
      registered_ = esp_event_handler_register(WIFI_EVENT, ESP_EVENT_ANY_ID, on_event, this) == ESP_OK &&
                    esp_event_handler_register(IP_EVENT, ESP_EVENT_ANY_ID, on_event, this) == ESP_OK;
    }
    started_ = registered_ && esp_wifi_set_storage(WIFI_STORAGE_FLASH) == ESP_OK &&
               esp_wifi_set_mode(WIFI_MODE_STA) == ESP_OK && esp_wifi_start() == ESP_OK;
    return started_;
  }

  /// The driver may not have started yet; then its event joins.
  void join() {
    wanted_ = true;
    esp_wifi_connect();
  }

  /// In the task of the event loop.
  static void on_event(void* self, esp_event_base_t base, std::int32_t id, void*) {
    auto& station = *static_cast<WifiStation*>(self);
    if (base == IP_EVENT) {
      if (id == IP_EVENT_STA_GOT_IP) station.up_ = station.wanted_.load();
      if (id == IP_EVENT_STA_LOST_IP) station.up_ = false;
    } else if (id == WIFI_EVENT_STA_START || id == WIFI_EVENT_STA_DISCONNECTED) {
      station.up_ = false;
      if (station.wanted_) esp_wifi_connect();
    }
  }

  /// The driver's fields end with a NUL only if there is room for it.
  template <std::size_t size>
  static void put(std::uint8_t (&field)[size], const char* text) {
    const std::size_t length = std::strlen(text);
    std::memcpy(field, text, length < size ? length : size);
  }
  template <std::size_t size>
  static bool same(const std::uint8_t (&one)[size], const std::uint8_t (&other)[size]) {
    return std::memcmp(one, other, size) == 0;
  }

  std::atomic<bool> up_{false};
  std::atomic<bool> wanted_{false};  ///< a WiFi that is lost is joined again
  bool initialised_ = false;
  bool registered_ = false;
  bool started_ = false;  ///< all of start() succeeded
};

}  // namespace tautline::esp_idf
