// Firmware for all boards of ports/: the main demo's client with watchdog, LED and connection callback.

#include "node.hpp"
#include "settings.hpp"
#include "tautline/baremetal/board.hpp"
#include "tautline/baremetal/console.hpp"
#include "tautline/baremetal/port.hpp"

namespace {

namespace board = tautline::board;
using tautline::baremetal::print;

constexpr int status_of_wrong_arguments = 2;

char arguments[256];
node::Settings settings;
tautline::baremetal::Port port;

void read_settings() {
  if (!board::command_line(arguments, sizeof arguments)) return;
  char* at = arguments;
  if (node::parse(at, settings)) return;
  print("not understood: ", at, "\n");
  board::exit(status_of_wrong_arguments);
}

tautline::ClientConfig client_config() {
  tautline::ClientConfig config;
  config.my_id = settings.id;
  config.server = settings.server;
  config.port = settings.port;
  config.timeout_ms = settings.timeout_ms;
  config.conn_cb = node::on_state;
  config.verbose = settings.verbose;
  config.led = true;
  config.wdog = true;
  return config;
}

}  // namespace

int main() {
  board::start();
  read_settings();
  print("\n");  // a reset may have cut a line short
  print("boot ", board::boots(), " of ", settings.id, "\n");

  tautline::baremetal::Addresses addresses;
  addresses.own = settings.ip;
  addresses.gateway = settings.gateway;
  addresses.dns = settings.dns;
  port.wifi.start(addresses, node::seed_of(settings) ^ board::boots() << 16U);

  static node::Client client(port, client_config());
  node::resume(client, settings);
  node::run(port, client, settings);
}
