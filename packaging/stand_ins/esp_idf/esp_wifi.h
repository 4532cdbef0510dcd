#pragma once

#include <cstdint>

#include "esp_event.h"

enum wifi_interface_t { WIFI_IF_STA = 0 };
enum wifi_mode_t { WIFI_MODE_NULL = 0, WIFI_MODE_STA = 1 };
enum wifi_storage_t { WIFI_STORAGE_FLASH = 0, WIFI_STORAGE_RAM = 1 };
enum wifi_event_t { WIFI_EVENT_STA_START = 2, WIFI_EVENT_STA_DISCONNECTED = 5 };

struct wifi_sta_config_t {
  std::uint8_t ssid[32];
  std::uint8_t password[64];
  std::uint8_t channel;
};

union wifi_config_t {
  wifi_sta_config_t sta;
};

struct wifi_init_config_t {
  int magic;
};
#define WIFI_INIT_CONFIG_DEFAULT() \
  { .magic = 0x1F2F3F4F }

extern "C" {
extern const esp_event_base_t WIFI_EVENT;
esp_err_t esp_wifi_init(const wifi_init_config_t* config);
esp_err_t esp_wifi_set_storage(wifi_storage_t storage);
esp_err_t esp_wifi_set_mode(wifi_mode_t mode);
esp_err_t esp_wifi_start();
esp_err_t esp_wifi_connect();
esp_err_t esp_wifi_disconnect();
esp_err_t esp_wifi_get_config(wifi_interface_t interface, wifi_config_t* config);
esp_err_t esp_wifi_set_config(wifi_interface_t interface, wifi_config_t* config);
}
