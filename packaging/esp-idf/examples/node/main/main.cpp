// Writes a line every ten seconds and logs what the server says. `idf.py menuconfig`, menu Tautline, says who this
// device is and where the server is.
//
// On the server:  tautline serve --port 8123 --expect device

#include "esp_log.h"
#include "tautline/core/serial.hpp"
#include "tautline/esp_idf/configured.hpp"

namespace {

constexpr std::uint32_t period_ms = 10000;

void log_line(std::string_view line) {
  ESP_LOGI("node", "server: %.*s", static_cast<int>(line.size()), line.data());
}

}  // namespace

extern "C" void app_main() {
  // Static: they are too large for the task's stack, and the system's events refer to them.
  static tautline::esp_idf::Port port(CONFIG_TAUTLINE_LED_GPIO);
  static tautline::esp_idf::Client client(port, tautline::esp_idf::configured());

  std::uint32_t next_ms = port.now_ms();
  while (true) {
    const std::uint32_t now_ms = port.now_ms();
    client.poll(now_ms);

    std::string_view line;
    while (client.readline(line)) log_line(line);

    const bool due = tautline::at_or_before(next_ms, now_ms);
    if (due && client.write("still here").status == tautline::WriteStatus::ok) next_ms = now_ms + period_ms;
    port.wait(client.deadline_ms());
  }
}
