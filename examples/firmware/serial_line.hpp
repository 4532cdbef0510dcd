#pragma once

#include <cstdint>

/// What a hosted board and its bridge must agree on.
constexpr std::uint32_t line_baud = 115'200;
