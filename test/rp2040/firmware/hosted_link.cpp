// The hosted board of a whole link: its client writes numbered lines to the server and checks the server's.

#include <string_view>

#include "harness_network.hpp"
#include "tautline/baremetal/board.hpp"
#include "tautline/baremetal/console.hpp"
#include "tautline/bridge/hosted_client.hpp"
#include "tautline/bridge/i2c_hosted_channel.hpp"
#include "tautline/core/decimal.hpp"
#include "tautline/rp2040/board.hpp"
#include "tautline/rp2040/i2c_slave.hpp"
#include "wiring.hpp"

namespace {

namespace board = tautline::board;
namespace bridge = tautline::bridge;
namespace rp2040 = tautline::rp2040;
using tautline::baremetal::print;

constexpr std::uint32_t period_ms = 10;
constexpr std::uint32_t line_count = 400;

struct Log {
  void state(tautline::LinkState state, tautline::Reason reason) {
    print("link: ", tautline::to_string(state), ", ", tautline::to_string(reason), "\n");
  }
};

/// What this board has besides its bridge.
struct Local {
  harness::Random random;
  harness::NoWatchdog watchdog;
  harness::NoLed led;
  Log log;
};

struct Events : bridge::HostedEvents {
  void server_up() { print("server up\n"); }
  void bridge_up() { print("bridge up\n"); }
  void bridge_down() { print("bridge down\n"); }
  void bridge_reset() { print("resets the bridge\n"); }
};

using Pin = const rp2040::Pin;
using Channel = bridge::I2cHostedChannel<rp2040::I2cSlave, Pin>;
using Client = bridge::HostedClient<Channel, Local, Pin, Events>;

rp2040::I2cSlave slave;
bridge::StoredStream<> stream;
Channel channel(slave, wiring::syn, wiring::ack, stream);
Local local;
Events events;

/// Lines "up 0", "up 1", ... to the server; "down 0", "down 1", ... from it, each once and in order.
class Traffic {
 public:
  void turn(Client& client, std::uint32_t now_ms) {
    std::string_view line;
    while (client.readline(line)) check(line);
    if (written_ == line_count || !tautline::at_or_before(next_ms_, now_ms)) return;
    char text[16] = {'u', 'p', ' '};
    const char* const end = tautline::put_decimal(text + 3, written_);
    if (client.write({text, static_cast<std::size_t>(end - text)}).status != tautline::WriteStatus::ok) return;
    next_ms_ = now_ms + period_ms;
    if (++written_ == line_count) print("all written\n");
  }

 private:
  void check(std::string_view line) {
    char text[16] = {'d', 'o', 'w', 'n', ' '};
    const char* const end = tautline::put_decimal(text + 5, expected_);
    if (line != std::string_view(text, static_cast<std::size_t>(end - text))) {
      print("wrong: instead of down ", expected_, " came: ", line, "\n");
      return;
    }
    ++expected_;
    if (expected_ % 50 == 0) print("received ", expected_, "\n");
  }

  std::uint32_t written_ = 0;
  std::uint32_t next_ms_ = 0;
  std::uint32_t expected_ = 0;
};

}  // namespace

int main() {
  board::start();
  print("hosted starts\n");
  wiring::syn.start();
  wiring::ack.start();
  wiring::bridge_reset.start();
  slave.start();
  tautline::ClientConfig config;
  config.my_id = "board";
  config.server = "harness";
  config.verbose = true;
  static Client client(channel, local, wiring::bridge_reset, config, {}, events);
  Traffic traffic;
  while (true) {
    const std::uint32_t now_ms = board::now_ms();
    client.poll(now_ms);
    traffic.turn(client, now_ms);
    if (tautline::at_or_before(client.deadline_ms(), now_ms)) client.poll(now_ms);
    board::wait();
  }
}
