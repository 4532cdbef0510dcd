#pragma once

#include <cstdint>

#include "esp_task_wdt.h"

namespace tautline::esp_idf {

/// The watchdog seam of the client: ESP-IDF's task watchdog, for the task that polls. It resets the chip.
///
/// There is one time-out for all tasks that are watched: start() sets it, and takes the idle tasks out, which a busy
/// task of somebody else's may starve for longer than the link minds.
struct TaskWatchdog {
  /// The calling task must feed it within `timeout_ms` from now on.
  void start(std::uint32_t timeout_ms) {
    esp_task_wdt_config_t config = {};
    config.timeout_ms = timeout_ms;
    config.trigger_panic = true;
    if (esp_task_wdt_reconfigure(&config) == ESP_ERR_INVALID_STATE) esp_task_wdt_init(&config);
    esp_task_wdt_add(nullptr);
  }
  /// The task is alive: the time begins anew.
  void feed() { esp_task_wdt_reset(); }
  /// The task needs to feed it no more.
  bool stop() { return esp_task_wdt_delete(nullptr) == ESP_OK; }
};

}  // namespace tautline::esp_idf
