#pragma once

#include "exit_status.hpp"
#include "options.hpp"

namespace tautline::cli {

/// `tautline connect`: stdin to the server, the server's lines to stdout.
ExitStatus connect(const ConnectOptions& options);

}  // namespace tautline::cli
