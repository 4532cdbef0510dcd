#pragma once

#include <memory>

#include "load.hpp"
#include "speaker.hpp"

namespace bench {

/// Lines of protocol 2 ("D<n> <payload>", acknowledged by "A<n> <m>"), greeted as options.greeting says; with
/// Greeting::tautline_1 those of protocol 1. `index` from 0; the client's id is options.first_id + index.
std::unique_ptr<Speaker> speak_lines(const LoadOptions& options, unsigned index);

}  // namespace bench
