// The firmware of a bridge: gives its network to a board without one, at the other end of the second UART. There is
// nothing to configure; what it has to do, it hears from that board.

#include "tautline/bridge/bridge.hpp"

#include "serial_line.hpp"
#include "tautline/baremetal/board.hpp"
#include "tautline/baremetal/console.hpp"
#include "tautline/baremetal/port.hpp"
#include "tautline/baremetal/serial.hpp"
#include "tautline/bridge/uart_channel.hpp"

namespace {

namespace board = tautline::board;
namespace bridge = tautline::bridge;
using tautline::baremetal::print;

/// Where lwIP is built without DHCP, the address that QEMU's user network gives to its guest.
constexpr tautline::baremetal::Addresses addresses{LWIP_DHCP ? "" : "10.0.2.15", "255.255.255.0",
                                                   LWIP_DHCP ? "" : "10.0.2.2"};

}  // namespace

int main() {
  board::start();
  print("\nboot ", board::boots(), " of the bridge\n");
  board::start_serial(line_baud);
  static tautline::baremetal::Port port;
  port.wifi.start(addresses, board::boots() << 16U);

  static tautline::baremetal::Uart uart;
  static bridge::StoredStream<> stream;
  static bridge::UartChannel channel(uart, stream);
  static bridge::Bridge<tautline::baremetal::Port> carrier(port, stream, {nullptr, true});
  channel.start(port.random.next(), board::now_ms());
  while (true) {
    port.wifi.poll();
    const std::uint32_t now_ms = board::now_ms();
    channel.poll(now_ms);
    carrier.poll(now_ms);
    channel.poll(now_ms);  // what the bridge said leaves in this turn
    board::wait();
  }
}
