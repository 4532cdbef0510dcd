#pragma once

#include <cstdint>

using TickType_t = std::uint32_t;
#define configTICK_RATE_HZ 100
#define pdMS_TO_TICKS(ms) (static_cast<TickType_t>((static_cast<std::uint64_t>(ms) * configTICK_RATE_HZ) / 1000U))
