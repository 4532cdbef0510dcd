#pragma once

#include "node_client.hpp"
#include "settings.hpp"

/// The client of the main demo on a board: writes a small list every period and prints what comes from the server. The
/// line `hang` from the server makes it hang, so that the watchdog has to help. It is also both ends of the remote
/// control: a change of the switch is written, and what the other end's switch says drives the output pin.
///
/// It is the same on a board with a network and on one without: node::Port and node::Client come from a header of one
/// of the folders networked/ and hosted/.
namespace node {

/// For ClientConfig::conn_cb.
void on_state(void*, bool up, tautline::Reason reason);
/// Before the client's first poll(): what was kept over a reset, if the settings say so.
void resume(Client& client, const Settings& settings);

/// The main loop, in one of two styles that do the same: node.cpp polls, node_coroutines.cpp has coroutines (C++20). An
/// image links one of them.
[[noreturn]] void run(Port& port, Client& client, const Settings& settings);

}  // namespace node
