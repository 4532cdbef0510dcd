#include "bus/i2c_bus.hpp"

#include <cassert>

namespace tautline::sim {

using bridge::I2cStatus;

bool I2cBus::fault(std::uint32_t ppm) {
  if (!chance_.happens(ppm)) return false;
  ++counters_.faults;
  return true;
}

// ---- the master -----------------------------------------------------------------------------------

void I2cBus::begin(const char* out, char* in, std::size_t size) {
  assert(phase_ == Phase::free && size != 0);
  out_ = out;
  in_ = in;
  size_ = size;
  at_ = 0;
  status_ = I2cStatus::busy;
  ++counters_.transfers;
  if (stuck()) {
    phase_ = Phase::blocked;
    next_ns_ = stuck_until_ns_;
  } else {
    send_address();
  }
}

void I2cBus::send_address() {
  phase_ = Phase::address;
  // START, address and direction, acknowledgement.
  next_ns_ = now_ns_ + 10 * bit_ns_ + settings_.handler_ns;
}

void I2cBus::abort() {
  if (phase_ == Phase::free) return;
  ++counters_.aborted;
  phase_ = Phase::free;
  status_ = I2cStatus::failed;
  if (addressed_) exchange_->on_stop();
  addressed_ = false;
  next_ns_ = never_ns;
  out_ = nullptr;
  in_ = nullptr;
  // Nine clocks and STOP.
  const Nanoseconds free_ns = now_ns_ + 10 * bit_ns_;
  if (!stuck() || !fault(faults_.abort_in_vain_ppm)) stuck_until_ns_ = free_ns;
}

void I2cBus::reset_master() {
  const bool in_transfer = phase_ != Phase::free && phase_ != Phase::blocked;
  const bool slave_sends = in_transfer && addressed_ && in_ != nullptr;
  phase_ = Phase::free;
  status_ = I2cStatus::failed;
  next_ns_ = never_ns;
  out_ = nullptr;
  in_ = nullptr;
  if (slave_sends && fault(faults_.reset_leaves_low_ppm)) stick(now_ns_ + chance_.draw(faults_.stuck_ns));
}

void I2cBus::stick(Nanoseconds until_ns) {
  stuck_until_ns_ = until_ns;
  if (phase_ == Phase::free) return;
  if (phase_ != Phase::blocked) phase_ = Phase::stuck;
  next_ns_ = until_ns;
}

// ---- the slave ------------------------------------------------------------------------------------

void I2cBus::arm(bridge::I2cExchange& exchange) {
  exchange_ = &exchange;
  addressed_ = false;
  if (phase_ == Phase::held) on_addressed();
}

void I2cBus::disarm() {
  exchange_ = nullptr;
  addressed_ = false;
}

void I2cBus::reset_slave() {
  disarm();
  if (phase_ == Phase::held) stop(Phase::failure);
}

// ---- time -----------------------------------------------------------------------------------------

Wakes I2cBus::advance(Nanoseconds now_ns) {
  Wakes wakes;
  while (next_ns_ <= now_ns && next_ns_ != never_ns) {
    now_ns_ = next_ns_;
    step(wakes);
  }
  now_ns_ = now_ns;
  return wakes;
}

void I2cBus::step(Wakes& wakes) {
  switch (phase_) {
    case Phase::free:
    case Phase::held: next_ns_ = never_ns; break;
    case Phase::blocked: send_address(); break;
    case Phase::address: on_address(); break;
    case Phase::bytes: on_byte(); break;
    case Phase::stuck: stop(Phase::failure); break;
    case Phase::success: end(I2cStatus::done, wakes); break;
    case Phase::failure: end(I2cStatus::failed, wakes); break;
  }
}

void I2cBus::on_address() {
  addressed_ = false;
  if (fault(faults_.refuse_address_ppm) || fault(faults_.flip_ppm)) return stop(Phase::failure);
  if (exchange_ != nullptr && !exchange_->complete()) return on_addressed();
  if (settings_.unarmed == Unarmed::refuses) return stop(Phase::failure);
  phase_ = Phase::held;
  next_ns_ = never_ns;
}

void I2cBus::on_addressed() {
  addressed_ = true;
  exchange_->on_start(in_ != nullptr);
  phase_ = Phase::bytes;
  if (in_ != nullptr) fetch();
  next_byte();
}

void I2cBus::on_byte() {
  if (fault(faults_.stuck_ppm)) return stick(now_ns_ + chance_.draw(faults_.stuck_ns));
  if (out_ != nullptr) {
    if (!addressed_ || fault(faults_.refuse_byte_ppm)) return stop(Phase::failure);
    take_byte();
  } else {
    give_byte();
  }
  ++counters_.bytes;
  if (at_ == size_) return stop(Phase::success);
  next_byte();
}

void I2cBus::take_byte() {
  const char byte = out_[at_++];
  exchange_->on_byte(fault(faults_.flip_ppm) ? chance_.flip(byte) : byte);
}

void I2cBus::give_byte() {
  in_[at_++] = fault(faults_.flip_ppm) ? chance_.flip(shifting_) : shifting_;
  if (at_ != size_ || settings_.prefetches) fetch();
}

void I2cBus::fetch() {
  // Nobody drives SDA for a slave that is gone: it reads as ones.
  shifting_ = addressed_ ? exchange_->on_read() : '\xFF';
}

void I2cBus::next_byte() {
  next_ns_ = now_ns_ + 9 * bit_ns_;
  if (!addressed_) return;
  next_ns_ += settings_.handler_ns;
  if (fault(faults_.short_stretch_ppm)) next_ns_ += chance_.draw(faults_.short_stretch_ns);
  if (fault(faults_.long_stretch_ppm)) next_ns_ += chance_.draw(faults_.long_stretch_ns);
}

void I2cBus::stop(Phase phase) {
  phase_ = phase;
  next_ns_ = now_ns_ + bit_ns_;
}

void I2cBus::end(I2cStatus status, Wakes& wakes) {
  if (status == I2cStatus::failed) ++counters_.failed;
  status_ = status;
  phase_ = Phase::free;
  if (addressed_) {
    exchange_->on_stop();
    if (exchange_->complete()) wakes.add(Side::board);
  }
  addressed_ = false;
  next_ns_ = never_ns;
  out_ = nullptr;
  in_ = nullptr;
  wakes.add(Side::bridge);
}

}  // namespace tautline::sim
