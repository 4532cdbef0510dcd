#pragma once

#include "Arduino.h"
#include "esp_wifi.h"

enum wl_status_t { WL_STOPPED = 254, WL_IDLE_STATUS = 0 };
#define WIFI_STA WIFI_MODE_STA

class WiFiClass {
 public:
  bool mode(wifi_mode_t mode);
  bool setAutoReconnect(bool on);
  wl_status_t begin();
  wl_status_t begin(const char* ssid, const char* passphrase = nullptr, std::int32_t channel = 0,
                    const std::uint8_t* bssid = nullptr, bool connect = true);
  bool disconnect(bool wifi_off = false, bool erase = false, unsigned long timeout_ms = 100);
  bool isConnected();
};

extern WiFiClass WiFi;
