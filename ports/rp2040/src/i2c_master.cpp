#include "tautline/rp2040/i2c_master.hpp"

#include "i2c_block.hpp"
#include "tautline/rp2040/board.hpp"

namespace tautline::rp2040 {
namespace {

/// The block asks for more while a quarter of its FIFO is left: 4 bytes, 90 us.
constexpr std::uint32_t low_water = i2c::fifo_bytes / 4;

I2cMaster* the_master = nullptr;

}  // namespace

void I2cMaster::start() {
  the_master = this;
  enable_interrupt(Interrupt::i2c_0, on_interrupt);
  i2c::connect_pins();
  abort();
  status_ = bridge::I2cStatus::done;
}

void I2cMaster::abort() {
  // With the block in reset no interrupt comes in between.
  i2c::hold_in_reset();
  i2c::free_bus();
  i2c::configure(i2c::control_master | i2c::control_no_slave);
  reg(i2c::target_address) = address_;
  reg(i2c::transmit_threshold) = low_water;
  reg(i2c::enable) = 1;
  bus_is_held_ = false;
  status_ = bridge::I2cStatus::failed;
}

void I2cMaster::begin_write(const char* data, std::size_t size) {
  begin(data, nullptr, size);
}

void I2cMaster::begin_read(char* data, std::size_t size) {
  begin(nullptr, data, size);
}

void I2cMaster::begin(const char* out, char* in, std::size_t size) {
  out_ = out;
  in_ = in;
  size_ = size;
  commanded_ = received_ = 0;
  has_failed_ = false;
  status_ = bridge::I2cStatus::busy;
  touch(i2c::clear_stop);
  feed();
}

bridge::I2cStatus I2cMaster::status() {
  // Freed here and not in the interrupt handler, which would hold up everything for 50 us.
  if (bus_is_held_) abort();
  return status_;
}

bool I2cMaster::on_interrupt() {
  return the_master->handle_interrupt();
}

bool I2cMaster::handle_interrupt() {
  const std::uint32_t pending = reg(i2c::interrupts);
  if ((pending & i2c::interrupt_abort) != 0) {
    const std::uint32_t source = reg(i2c::abort_source);
    touch(i2c::clear_abort);
    has_failed_ = true;
    // Somebody held SDA low. No STOP of ours follows.
    if ((source & i2c::arbitration_lost) != 0) {
      bus_is_held_ = true;
      finish(bridge::I2cStatus::failed);
      return true;
    }
  }
  drain();
  if ((pending & i2c::interrupt_stop) != 0) {
    touch(i2c::clear_stop);
    const bool is_whole = !has_failed_ && commanded_ == size_ && (in_ == nullptr || received_ == size_);
    finish(is_whole ? bridge::I2cStatus::done : bridge::I2cStatus::failed);
    return true;
  }
  feed();
  return false;
}

void I2cMaster::drain() {
  while (reg(i2c::receive_level) != 0) {
    const auto byte = static_cast<char>(reg(i2c::data) & 0xffU);
    if (in_ != nullptr && received_ < size_) in_[received_++] = byte;
  }
}

/// Commands for the block, as many as its FIFO takes; and which interrupts say that it is time for more.
void I2cMaster::feed() {
  std::uint32_t mask = i2c::interrupt_abort | i2c::interrupt_stop;
  while (!has_failed_ && commanded_ < size_ && reg(i2c::transmit_level) < i2c::fifo_bytes) {
    // Not more reads than the other FIFO has room for.
    if (in_ != nullptr && commanded_ - received_ >= i2c::fifo_bytes) break;
    const std::uint32_t last = commanded_ + 1 == size_ ? i2c::data_stop : 0;
    const std::uint32_t byte = in_ != nullptr ? i2c::data_read : static_cast<unsigned char>(out_[commanded_]);
    reg(i2c::data) = byte | last;
    ++commanded_;
  }
  if (in_ != nullptr) mask |= i2c::interrupt_receive_full;
  if (out_ != nullptr && !has_failed_ && commanded_ < size_) mask |= i2c::interrupt_transmit_empty;
  reg(i2c::interrupt_mask) = mask;
}

void I2cMaster::finish(bridge::I2cStatus status) {
  reg(i2c::interrupt_mask) = 0;
  status_ = status;
}

}  // namespace tautline::rp2040
