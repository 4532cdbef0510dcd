// The smallest device application, a client over a port that does nothing, for script/size. It is linked, never run.

#include "device.hpp"

#include <string_view>

namespace size_test {
namespace {

Port port;
volatile std::uint32_t clock_ms = 0;

tautline::ClientConfig config() {
  tautline::ClientConfig config;
  config.my_id = "1";
  config.server = "10.0.0.1";
  return config;
}

}  // namespace
}  // namespace size_test

int main() {
  static size_test::Client client(size_test::port, size_test::config());
  while (true) {
    client.poll(size_test::clock_ms);
    std::string_view line;
    while (client.readline(line)) client.write(line);
  }
}
