#pragma once

#include <cstdint>

using err_t = std::int8_t;
enum { ERR_OK = 0, ERR_MEM = -1, ERR_INPROGRESS = -5, ERR_RST = -14 };
