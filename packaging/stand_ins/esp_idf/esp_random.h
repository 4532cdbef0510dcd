#pragma once

#include <cstdint>

extern "C" std::uint32_t esp_random();
