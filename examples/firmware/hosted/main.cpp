// The same firmware for a board without a network: it reaches the server through a bridge on the second UART, and
// resets that by a pin.

#include "node.hpp"
#include "serial_line.hpp"
#include "start.hpp"
#include "tautline/baremetal/board.hpp"
#include "tautline/baremetal/console.hpp"

namespace {

namespace board = tautline::board;
using tautline::baremetal::print;

/// The bridge in the emulator has a cable; WiFi would have its name and password here.
constexpr tautline::bridge::HostedSettings bridge_settings{"", "", 5000};

}  // namespace

namespace node {

void Events::report(const tautline::bridge::BridgeReport& report) {
  print("bridge runs for ", report.uptime_s, " s, network up ", report.wifi_connects);
  print(" times, server reached ", report.connects, " times\n");
}
void Events::bridge_up() {
  print("bridge up\n");
}
void Events::bridge_down() {
  print("bridge down\n");
}
void Events::bridge_reset() {
  print("bridge reset\n");
}

}  // namespace node

int main() {
  const node::Settings& settings = node::start();
  board::start_serial(line_baud);
  static node::Port port;
  port.random.seed(node::seed_of(settings) ^ board::boots() << 16U);

  static tautline::baremetal::Uart uart;
  static tautline::baremetal::ResetLine reset_line;
  static tautline::bridge::StoredStream<> stream;
  static node::Channel channel(uart, stream);
  static node::Events events;
  static node::Client client(channel, port, reset_line, node::client_config(settings), bridge_settings, events);
  node::resume(client, settings);
  node::run(port, client, settings);
}
