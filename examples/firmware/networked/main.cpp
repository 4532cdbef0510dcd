// Firmware for all boards of ports/: the main demo's client with watchdog, LED and connection callback.

#include "node.hpp"
#include "start.hpp"
#include "tautline/baremetal/board.hpp"
#include "tautline/baremetal/port.hpp"

namespace {

node::Port port;

}  // namespace

int main() {
  const node::Settings& settings = node::start();
  tautline::baremetal::Addresses addresses;
  addresses.own = settings.ip;
  addresses.gateway = settings.gateway;
  addresses.dns = settings.dns;
  port.wifi.start(addresses, node::seed_of(settings) ^ tautline::board::boots() << 16U);

  static node::Client client(port, node::client_config(settings));
  node::resume(client, settings);
  node::run(port, client, settings);
}
