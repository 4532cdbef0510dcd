#pragma once

#include <cstdint>

extern "C" std::uint32_t sys_rand32_get();
