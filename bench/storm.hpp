#pragma once

#include "report.hpp"

/// Part 5 of the benchmarks: many clients at once, and company that means no good. Each function prints its tables and
/// reports its figures; `quick` is the short form. They throw std::runtime_error if something could not be measured.
namespace bench {

/// 15,000 clients lose their server at once and come back, with and without the jitter of their backoff.
void run_return(Report& report, bool quick);

/// 1,000 links that read slowly beside links that do not.
void run_slow_readers(Report& report, bool quick);

/// Floods of hellos, of connections that say nothing, of garbage and of empty lines beside real clients.
void run_floods(Report& report, bool quick);

}  // namespace bench
