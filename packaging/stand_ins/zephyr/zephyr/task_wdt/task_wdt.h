#pragma once

#include <cstdint>

struct device;
using task_wdt_callback_t = void (*)(int channel, void* argument);

extern "C" {
int task_wdt_init(const device* hardware);
int task_wdt_add(std::uint32_t period_ms, task_wdt_callback_t callback, void* argument);
int task_wdt_feed(int channel);
int task_wdt_delete(int channel);
}
