#pragma once

#include "esp_event.h"

struct esp_netif_t;
enum ip_event_t { IP_EVENT_STA_GOT_IP = 0, IP_EVENT_STA_LOST_IP = 1 };

extern "C" {
extern const esp_event_base_t IP_EVENT;
esp_err_t esp_netif_init();
esp_netif_t* esp_netif_create_default_wifi_sta();
esp_netif_t* esp_netif_get_handle_from_ifkey(const char* key);
}
