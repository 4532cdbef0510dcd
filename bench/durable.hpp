#pragma once

#include "harness.hpp"

namespace bench {

/// Lines that are durable before they are acknowledged, beside what the disk does by itself and beside JetStream.
void run_durable(Suite& suite);

}  // namespace bench
