#include <cstdio>

#include "tautline/core/backoff.hpp"
#include "tautline/core/line_rules.hpp"

// One thing from a header and one that must be linked.
int main() {
  tautline::Backoff backoff;
  const auto delay_ms = backoff.next_ms(7);
  if (delay_ms > tautline::Backoff::first_ms || !tautline::is_valid_id("hall-lamp")) return 1;
  std::puts("consumer: core works");
}
