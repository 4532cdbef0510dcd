// The bridge of a whole link: it carries bytes between the I2C channel and the server.

#include "harness_network.hpp"
#include "tautline/baremetal/board.hpp"
#include "tautline/baremetal/console.hpp"
#include "tautline/bridge/bridge.hpp"
#include "tautline/bridge/i2c_bridge_channel.hpp"
#include "tautline/rp2040/i2c_master.hpp"
#include "wiring.hpp"

namespace {

namespace board = tautline::board;
namespace bridge = tautline::bridge;
namespace rp2040 = tautline::rp2040;

rp2040::I2cMaster master;
bridge::StoredStream<> stream;
bridge::I2cBridgeChannel<rp2040::I2cMaster, const rp2040::Pin> channel(master, wiring::syn, wiring::ack, stream);
harness::NetworkPort port;
bridge::Bridge<harness::NetworkPort> the_bridge(port, stream);

}  // namespace

int main() {
  board::start();
  tautline::baremetal::print("bridge starts\n");
  wiring::syn.start();
  wiring::ack.start();
  master.start();
  channel.start(rp2040::random_number(), board::now_ms());
  while (true) {
    const std::uint32_t now_ms = board::now_ms();
    channel.poll(now_ms);
    the_bridge.poll(now_ms);
    channel.poll(now_ms);
    board::wait();
  }
}
