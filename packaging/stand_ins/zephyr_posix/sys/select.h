#pragma once

#include_next <sys/select.h>
#include <sys/time.h>

extern "C" int select(int count, fd_set* readable, fd_set* writable, fd_set* broken, timeval* timeout);
