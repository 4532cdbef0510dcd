#include "bridge_port.hpp"

#include <string_view>

#include "message.hpp"

namespace tautline::bridge_program {
namespace {

constexpr const char* process_watchdog = "process";

}  // namespace

void NotedTransport::connect(const char* host, std::uint16_t port) {
  const bool is_ip6 = std::string_view(host).find(':') != std::string_view::npos;
  place_ = is_ip6 ? "[" + std::string(host) + "]" : std::string(host);
  place_ += ":" + std::to_string(port);
  noted_ = ConnectStatus::resolving;
  TcpTransport::connect(host, port);
}

BridgePort::BridgePort(const Options& options)
    : wifi(options.interface),
      watchdog(options.watchdog == process_watchdog ? std::string() : options.watchdog,
               [](const std::string& problem) { cli::say(problem); }) {}

}  // namespace tautline::bridge_program
