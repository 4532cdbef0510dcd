#pragma once

#include "settings.hpp"
#include "tautline/client/client.hpp"

/// How a node begins, on a board with a network and on one without.
namespace node {

/// Starts the board, reads the settings and says on the console that it has started. The settings stay where they are.
const Settings& start();
/// The client's configuration by the settings.
tautline::ClientConfig client_config(const Settings& settings);

}  // namespace node
