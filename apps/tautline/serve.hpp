#pragma once

#include "exit_status.hpp"
#include "options.hpp"

namespace tautline::cli {

/// `tautline serve`: stdin `id TAB line` to the clients, their lines as `id TAB line` to stdout.
ExitStatus serve(const ServeOptions& options);

}  // namespace tautline::cli
