// The hosted board: slave on the bus, master of the bridge's reset line.

#include "numbered_lines.hpp"
#include "tautline/baremetal/board.hpp"
#include "tautline/baremetal/console.hpp"
#include "tautline/bridge/bridge_reset.hpp"
#include "tautline/bridge/i2c_hosted_channel.hpp"
#include "tautline/rp2040/board.hpp"
#include "tautline/rp2040/i2c_slave.hpp"
#include "wiring.hpp"

namespace {

namespace board = tautline::board;
namespace bridge = tautline::bridge;
namespace rp2040 = tautline::rp2040;

using Pin = const rp2040::Pin;

rp2040::I2cSlave slave;
bridge::StoredStream<> stream;
bridge::I2cHostedChannel<rp2040::I2cSlave, Pin> channel(slave, wiring::syn, wiring::ack, stream);
bridge::BridgeReset<Pin> reset(wiring::bridge_reset);
NumberedLines lines(stream);

}  // namespace

int main() {
  board::start();
  tautline::baremetal::print("hosted starts\n");
  wiring::syn.start();
  wiring::ack.start();
  wiring::bridge_reset.start();
  slave.start();
  lines.start();
  channel.start(rp2040::random_number(), board::now_ms());
  reset.start(board::now_ms());
  while (true) {
    const std::uint32_t now_ms = board::now_ms();
    channel.poll(now_ms);
    if (reset.poll(stream, now_ms)) tautline::baremetal::print("resets the bridge\n");
    if (lines.poll(now_ms)) channel.poll(now_ms);
    board::wait();
  }
}
