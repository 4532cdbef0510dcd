#pragma once

#include "harness.hpp"

namespace bench {

/// One message at a time, from send to acknowledgement.
void run_latency(Suite& suite);

}  // namespace bench
