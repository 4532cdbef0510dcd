// The peer: what an idle client costs in Mosquitto.

#include <cstdio>
#include <filesystem>
#include <stdexcept>

#include "disk.hpp"
#include "load.hpp"
#include "mosquitto.hpp"
#include "scale_idle.hpp"
#include "scale_process.hpp"

namespace bench {
namespace {

constexpr const char* contender = "Mosquitto";
constexpr int server_core = 0;

}  // namespace

void run_mosquitto(Report& report, bool quick) {
  if (!Mosquitto::installed()) throw std::runtime_error("mosquitto is not installed");
  const unsigned links = quick ? 1'000 : 10'000;
  const WorkDirectory directory(std::filesystem::temp_directory_path());
  const Mosquitto mosquitto(server_core, directory.path());
  pause_for(0.2);
  const std::uint64_t before = anonymous_bytes_of(mosquitto.pid());
  LoadOptions options;
  options.port = mosquitto.port();
  options.links = links;
  const Load load(options, [](unsigned index) { return mqtt_publisher(index, 1, 32); });
  pause_for(0.5);
  const double bytes = static_cast<double>(anonymous_bytes_of(mosquitto.pid()) - before) / links;
  std::printf("Mosquitto, %u idle clients without a subscription: %.0f B a client\n\n", links, bytes);
  std::fflush(stdout);
  report.describe({.name = contender,
                   .hops = 2,
                   .durability = "none",
                   .description = "2.0.11 of Debian, clients with a clean session, no subscription and no keepalive"});
  report.add({.section = "scale",
              .name = memory_title,
              .unit = "B",
              .parameters = {{"links", links}, {"ids", "all admitted"}},
              .contender = contender,
              .values = {{bytes}}});
}

}  // namespace bench
