// ESP-IDF for Linux, as far as the glue needs it: WiFi that can be lost (SIGUSR1), lwIP's look-up of names, and the
// rest of the chip. Everything runs in one thread: what takes time on a chip happens when the program asks for the
// time.

#include <arpa/inet.h>
#include <netdb.h>
#include <poll.h>
#include <time.h>

#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "driver/gpio.h"
#include "esp_log.h"
#include "esp_netif.h"
#include "esp_random.h"
#include "esp_task_wdt.h"
#include "esp_timer.h"
#include "esp_wifi.h"
#include "freertos/task.h"
#include "lwip/dns.h"
#include "lwip/tcpip.h"
#include "nvs_flash.h"

namespace {

struct Handler {
  esp_event_base_t base;
  esp_event_handler_t function;
  void* argument;
};

Handler handlers[4];
int handler_count = 0;
wifi_config_t stored{};
volatile std::sig_atomic_t lose_wifi = 0;
constexpr std::int64_t joining_us = 200'000;
std::int64_t joined_at_us = 0;  ///< 0: no attempt is under way

void on_signal(int) {
  lose_wifi = 1;
}

std::int64_t now_us() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1000000 + now.tv_nsec / 1000;
}

void deliver(esp_event_base_t base, std::int32_t id) {
  for (int index = 0; index < handler_count; ++index) {
    if (handlers[index].base == base) handlers[index].function(handlers[index].argument, base, id, nullptr);
  }
}

}  // namespace

extern "C" {

const esp_event_base_t WIFI_EVENT = "WIFI_EVENT";
const esp_event_base_t IP_EVENT = "IP_EVENT";

// ---- WiFi ---------------------------------------------------------------------------------------

esp_err_t nvs_flash_init() {
  return ESP_OK;
}
esp_err_t esp_netif_init() {
  return ESP_OK;
}
esp_netif_t* esp_netif_create_default_wifi_sta() {
  return nullptr;
}
esp_netif_t* esp_netif_get_handle_from_ifkey(const char*) {
  return nullptr;
}
esp_err_t esp_event_loop_create_default() {
  return ESP_OK;
}
esp_err_t esp_event_handler_register(esp_event_base_t base, std::int32_t, esp_event_handler_t handler, void* argument) {
  if (handler_count == 4) return ESP_FAIL;
  handlers[handler_count++] = {base, handler, argument};
  return ESP_OK;
}
esp_err_t esp_wifi_init(const wifi_init_config_t*) {
  return ESP_OK;
}
esp_err_t esp_wifi_set_storage(wifi_storage_t) {
  return ESP_OK;
}
esp_err_t esp_wifi_set_mode(wifi_mode_t) {
  return ESP_OK;
}
esp_err_t esp_wifi_start() {
  std::signal(SIGUSR1, on_signal);
  deliver(WIFI_EVENT, WIFI_EVENT_STA_START);
  return ESP_OK;
}
esp_err_t esp_wifi_connect() {
  if (stored.sta.ssid[0] == 0) return ESP_FAIL;
  std::printf("joins %.32s\n", reinterpret_cast<const char*>(stored.sta.ssid));
  joined_at_us = now_us() + joining_us;
  return ESP_OK;
}
esp_err_t esp_wifi_disconnect() {
  std::printf("leaves WiFi\n");
  joined_at_us = 0;
  deliver(WIFI_EVENT, WIFI_EVENT_STA_DISCONNECTED);
  return ESP_OK;
}
esp_err_t esp_wifi_get_config(wifi_interface_t, wifi_config_t* config) {
  *config = stored;
  return ESP_OK;
}
esp_err_t esp_wifi_set_config(wifi_interface_t, wifi_config_t* config) {
  std::printf("writes the WiFi name to flash\n");
  stored = *config;
  return ESP_OK;
}

// ---- lwIP ---------------------------------------------------------------------------------------

err_t tcpip_callback(void (*function)(void* argument), void* argument) {
  function(argument);
  return ERR_OK;
}
err_t dns_gethostbyname_addrtype(const char* name, ip_addr_t* address, dns_found_callback found, void* argument,
                                 std::uint8_t) {
  *address = {};
  if (::inet_pton(AF_INET, name, &ip_2_ip4(address)->addr) == 1) return ERR_OK;
  if (std::strcmp(name, "localhost") != 0) {
    found(name, nullptr, argument);
  } else {
    ip_2_ip4(address)->addr = htonl(INADDR_LOOPBACK);
    found(name, address, argument);
  }
  return ERR_INPROGRESS;
}

// ---- the chip -----------------------------------------------------------------------------------

std::int64_t esp_timer_get_time() {
  if (lose_wifi != 0) {
    lose_wifi = 0;
    std::printf("WiFi is lost\n");
    deliver(WIFI_EVENT, WIFI_EVENT_STA_DISCONNECTED);
  }
  if (joined_at_us != 0 && now_us() >= joined_at_us) {
    joined_at_us = 0;
    deliver(IP_EVENT, IP_EVENT_STA_GOT_IP);
  }
  return now_us();
}
std::uint32_t esp_random() {
  return static_cast<std::uint32_t>(std::rand());
}
void vTaskDelay(TickType_t ticks) {
  ::poll(nullptr, 0, static_cast<int>(ticks * 1000U / configTICK_RATE_HZ));
}
void esp_log_write_line(const char* tag, const char* format, ...) {
  std::printf("%s: ", tag);
  va_list arguments;
  va_start(arguments, format);
  std::vprintf(format, arguments);
  va_end(arguments);
  std::printf("\n");
}
esp_err_t gpio_set_direction(gpio_num_t, gpio_mode_t) {
  return ESP_OK;
}
esp_err_t gpio_set_level(gpio_num_t pin, std::uint32_t level) {
  std::printf("pin %d %s\n", pin, level != 0 ? "high" : "low");
  return ESP_OK;
}

// The watchdog: SIGALRM ends the program.
static unsigned watchdog_s = 0;

esp_err_t esp_task_wdt_init(const esp_task_wdt_config_t* config) {
  watchdog_s = config->timeout_ms / 1000U;
  std::printf("watchdog of %u s\n", watchdog_s);
  return ESP_OK;
}
esp_err_t esp_task_wdt_reconfigure(const esp_task_wdt_config_t*) {
  return ESP_ERR_INVALID_STATE;
}
esp_err_t esp_task_wdt_add(TaskHandle_t) {
  return ESP_OK;
}
esp_err_t esp_task_wdt_reset() {
  return ESP_OK;
}
esp_err_t esp_task_wdt_delete(TaskHandle_t) {
  return ESP_OK;
}

}  // extern "C"
