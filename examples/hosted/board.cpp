#include "board.hpp"

#include <poll.h>

#include <iostream>

#include "tautline/core/serial.hpp"

namespace hosted {

void Options::add_to(CLI::App& app) {
  app.add_option("--uart", uart, "serial line to the bridge, for example /dev/ttyUSB0")->required();
  app.add_option("--baud", baud, "its speed, as on the bridge")->capture_default_str();
  app.add_option("--id", id, "this client's id, as the server expects it")->capture_default_str();
  app.add_option("--server", server, "the server, as the bridge can reach it")->capture_default_str();
  app.add_option("--port", port, "its TCP port")->capture_default_str();
  app.add_option("--ssid", ssid, "the network for the bridge; one on Linux has its own");
  app.add_option("--pw", pw, "its password");
  app.add_option("--timeout", timeout_ms, "ms of silence after which the link is down")->capture_default_str();
  app.add_option("--period", period_ms, "ms between lines; 0: as fast as they are taken")->capture_default_str();
  app.add_option("--report", report_ms, "ms between reports of the bridge; 0: none")->capture_default_str();
}

void Events::report(const tautline::bridge::BridgeReport& report) {
  std::cout << "bridge: up for " << report.uptime_s << " s, network came up " << report.wifi_connects
            << " times, server reached " << report.connects << " times, " << report.free_bytes << " bytes free"
            << std::endl;
}

void Events::server_up() {
  std::cout << "server up" << std::endl;
}

void Events::server_down(tautline::Reason reason) {
  std::cout << "server down: " << to_string(reason) << std::endl;
}

void Events::bridge_up() {
  std::cout << "bridge up" << std::endl;
}

void Events::bridge_down() {
  std::cout << "bridge down" << std::endl;
}

Board::Board(const Options& options)
    : serial_(options.uart, options.baud, [](const std::string& change) { std::cerr << change << std::endl; }),
      stream_(tautline::bridge::uart_times(options.baud)),
      channel_(serial_, stream_),
      client(channel_, local_, reset_line_, config(options),
             {options.ssid.c_str(), options.pw.c_str(), options.report_ms}, events_) {}

tautline::ClientConfig Board::config(const Options& options) const {
  tautline::ClientConfig config;
  config.my_id = options.id.c_str();
  config.server = options.server.c_str();
  config.port = options.port;
  config.timeout_ms = options.timeout_ms;
  return config;
}

std::uint32_t Board::poll() {
  serial_.poll(now_ms());
  return client.poll(now_ms());
}

void Board::wait(std::uint32_t deadline_ms) {
  if (!serial_.is_open()) deadline_ms = serial_.reopen_ms();
  pollfd waiting{serial_.descriptor(), POLLIN, 0};
  if (serial_.wants_write()) waiting.events |= POLLOUT;
  const std::int32_t left_ms = tautline::distance(deadline_ms, now_ms());
  ::poll(&waiting, 1, left_ms > 0 ? left_ms : 0);
}

}  // namespace hosted
