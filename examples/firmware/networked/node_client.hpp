#pragma once

#include "tautline/baremetal/port.hpp"
#include "tautline/client/client.hpp"

/// The node on a board that has a network.
namespace node {

using Port = tautline::baremetal::Port;
using Client = tautline::Client<Port>;

/// In each turn of the main loop, before the client.
inline void poll_network(Port& port) {
  port.wifi.poll();
}

}  // namespace node
