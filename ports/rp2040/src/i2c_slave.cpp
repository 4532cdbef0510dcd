#include "tautline/rp2040/i2c_slave.hpp"

#include "i2c_block.hpp"
#include "tautline/rp2040/board.hpp"

namespace tautline::rp2040 {
namespace {

I2cSlave* the_slave = nullptr;

}  // namespace

void I2cSlave::start() {
  the_slave = this;
  i2c::hold_in_reset();
  i2c::connect_pins();
  enable_interrupt(Interrupt::i2c_0, on_interrupt);
}

void I2cSlave::arm(bridge::I2cExchange& exchange) {
  exchange_ = &exchange;
  transfer_begins_ = false;
  i2c::configure(i2c::control_stop_if_addressed | i2c::control_hold_when_full);
  reg(i2c::slave_address) = address_;
  reg(i2c::interrupt_mask) = i2c::interrupt_receive_full | i2c::interrupt_read_request | i2c::interrupt_abort |
                             i2c::interrupt_stop | i2c::interrupt_start;
  reg(i2c::enable) = 1;
}

void I2cSlave::disarm() {
  i2c::hold_in_reset();
}

bool I2cSlave::on_interrupt() {
  return the_slave->handle_interrupt();
}

/// The handler may be late, so several things may have happened. What tells their order: the first byte of a write is
/// marked as such; and while a read request is pending the clock is held, so that it is always the latest of them.
bool I2cSlave::handle_interrupt() {
  const std::uint32_t pending = reg(i2c::interrupts);
  // A byte that the master never fetched. The FIFO takes no others before this is cleared.
  if ((pending & i2c::interrupt_abort) != 0) touch(i2c::clear_abort);
  if ((pending & i2c::interrupt_start) != 0) {
    touch(i2c::clear_start);
    transfer_begins_ = true;
  }
  while (reg(i2c::receive_level) != 0) {
    const std::uint32_t value = reg(i2c::data);
    if ((value & i2c::data_first) != 0) exchange_->on_start(false);
    exchange_->on_byte(static_cast<char>(value & 0xffU));
  }
  if ((pending & i2c::interrupt_stop) != 0) {
    touch(i2c::clear_stop);
    exchange_->on_stop();
    if (exchange_->complete()) {
      // Until the main loop has seen it, the master is refused.
      disarm();
      return true;
    }
  }
  if ((pending & i2c::interrupt_read_request) != 0) {
    if (transfer_begins_) exchange_->on_start(true);
    transfer_begins_ = false;
    touch(i2c::clear_read_request);
    reg(i2c::data) = static_cast<unsigned char>(exchange_->on_read());
  }
  return false;
}

}  // namespace tautline::rp2040
