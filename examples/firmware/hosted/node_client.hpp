#pragma once

#include "tautline/baremetal/hosted_board.hpp"
#include "tautline/baremetal/serial.hpp"
#include "tautline/bridge/hosted_client.hpp"
#include "tautline/bridge/uart_channel.hpp"

/// The node on a board without a network: its client reaches the server through a bridge on the second UART.
namespace node {

/// Tells on the console what a client with a network of its own has no word for.
struct Events : tautline::bridge::HostedEvents {
  void report(const tautline::bridge::BridgeReport& report);
  void bridge_up();
  void bridge_down();
  void bridge_reset();
};

using Port = tautline::baremetal::HostedBoard;
using Channel = tautline::bridge::UartChannel<tautline::baremetal::Uart>;
using Client = tautline::bridge::HostedClient<Channel, Port, tautline::baremetal::ResetLine, Events>;

/// The client polls its channel itself.
inline void poll_network(Port&) {}

}  // namespace node
