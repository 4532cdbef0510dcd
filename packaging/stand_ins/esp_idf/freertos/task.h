#pragma once

#include "freertos/FreeRTOS.h"

using TaskHandle_t = void*;

extern "C" void vTaskDelay(TickType_t ticks);
