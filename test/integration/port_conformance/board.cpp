// The checks of docs/porting.md as firmware for the boards of ports/. examples/firmware builds it, test/emulated runs
// it: words like `port=8200 closed=8201`.

#include "tautline/baremetal/board.hpp"

#include <cstring>
#include <string_view>

#include "tautline/baremetal/console.hpp"
#include "tautline/baremetal/port.hpp"
#include "tautline/core/decimal.hpp"
#include "tautline/port_conformance.hpp"

namespace {

namespace board = tautline::board;
using tautline::baremetal::print;

tautline::baremetal::Port port;

struct BoardHost {
  static tautline::baremetal::Port& port() { return ::port; }
  static std::uint32_t now_ms() { return board::now_ms(); }
  static void turn() {
    ::port.wifi.poll();
    board::wait();
  }
  static void report(const char* check, const char* problem) {
    print(check, ": ", problem == nullptr ? "ok" : problem, "\n");
  }
};

/// The number after `key`, which ends with "=".
std::uint16_t number_of(const char* arguments, const char* key) {
  const char* const at = std::strstr(arguments, key);
  if (at == nullptr) return 0;
  const char* const digits = at + std::strlen(key);
  const std::size_t count = std::strspn(digits, "0123456789");
  std::uint32_t number = 0;
  tautline::parse_decimal({digits, count}, number);
  return static_cast<std::uint16_t>(number);
}

}  // namespace

int main() {
  board::start();
  static char arguments[128];
  board::command_line(arguments, sizeof arguments);
  tautline::baremetal::Addresses addresses;
  addresses.own = "10.0.2.15";  // of QEMU's user network
  addresses.gateway = "10.0.2.2";
  addresses.dns = "10.0.2.3";
  port.wifi.start(addresses, board::boots());

  tautline::conformance::Settings settings;
  settings.host = "10.0.2.2";
  settings.port = number_of(arguments, "port=");
  settings.closed_port = number_of(arguments, "closed=");
  static BoardHost host;
  static tautline::conformance::PortConformance<BoardHost> checks(host, settings);
  const unsigned failed = checks.run();
  print(static_cast<std::uint32_t>(failed), " checks failed\n");
  while (true) {
    port.watchdog.feed();
    board::wait();
  }
}
