#pragma once

#include "harness.hpp"

namespace bench {

/// Lines a second: over links, windows, sizes, directions, shards; and beside brokers.
void run_throughput(Suite& suite);

}  // namespace bench
