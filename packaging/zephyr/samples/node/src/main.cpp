// Writes a line every ten seconds and prints what the server says.
//
// On the server:  tautline serve --port 8123 --expect node

#include <zephyr/sys/printk.h>

#include "tautline/core/serial.hpp"
#include "tautline/zephyr/port.hpp"

namespace {

constexpr std::uint32_t period_ms = 10000;

tautline::ClientConfig configured() {
  tautline::ClientConfig config;
  config.my_id = "node";
  config.server = "192.168.1.10";
  config.port = 8123;
  config.verbose = true;
  return config;
}

// Static: too large for the main thread's stack, and the resolver refers to the port.
tautline::zephyr::Port port;

}  // namespace

int main() {
  static tautline::Client<tautline::zephyr::Port> client(port, configured());

  std::uint32_t next_ms = port.now_ms();
  while (true) {
    const std::uint32_t now_ms = port.now_ms();
    client.poll(now_ms);

    std::string_view line;
    while (client.readline(line)) printk("server: %.*s\n", static_cast<int>(line.size()), line.data());

    const bool due = tautline::at_or_before(next_ms, now_ms);
    if (due && client.write("still here").status == tautline::WriteStatus::ok) next_ms = now_ms + period_ms;
    port.wait(client.deadline_ms());
  }
}
