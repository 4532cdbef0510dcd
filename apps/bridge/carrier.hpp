#pragma once

#include "options.hpp"

namespace tautline::bridge_program {

/// Carries the link of the hosted board until SIGTERM or SIGINT. Throws what says what is wrong with the options or the
/// devices.
void carry(const Options& options);

}  // namespace tautline::bridge_program
