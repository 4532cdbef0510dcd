#pragma once

#include "Arduino.h"

enum wl_status_t { WL_IDLE_STATUS = 0, WL_CONNECTED = 3, WL_DISCONNECTED = 7 };
enum WiFiMode_t { WIFI_OFF = 0, WIFI_STA = 1 };

class ESP8266WiFiClass {
 public:
  void persistent(bool keep);
  bool mode(WiFiMode_t mode);
  bool setAutoReconnect(bool on);
  String SSID() const;
  wl_status_t begin();
  wl_status_t begin(const char* ssid, const char* passphrase = nullptr, std::int32_t channel = 0,
                    const std::uint8_t* bssid = nullptr, bool connect = true);
  bool disconnect(bool wifi_off = false);
  bool disconnect(bool wifi_off, bool erase);
  wl_status_t status();
};

extern ESP8266WiFiClass WiFi;
