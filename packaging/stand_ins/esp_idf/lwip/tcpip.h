#pragma once

#include "lwip/err.h"

extern "C" err_t tcpip_callback(void (*function)(void* argument), void* argument);
