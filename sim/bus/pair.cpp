#include "bus/pair.hpp"

namespace tautline::sim {
namespace {

/// A program whose deadline is over turns again after this time; a real one takes longer for a turn.
constexpr Nanoseconds shortest_turn_ns = 20 * ns_per_us;

}  // namespace

void Pair::start(Side side, std::uint32_t random) {
  stop(side);
  streams_[index_of(side)] = std::make_unique<Stream>(settings_.times);
  make_channel(side, random);
  due_ns_[index_of(side)] = now_ns_;
}

void Pair::stop(Side side) {
  if (!runs(side)) return;
  reset_side(side);
  streams_[index_of(side)].reset();
  due_ns_[index_of(side)] = never_ns;
}

void Pair::run_until(Nanoseconds until_ns) {
  run_until(until_ns, [] { return false; });
}

bool Pair::run_until(Nanoseconds until_ns, const std::function<bool()>& condition) {
  while (!condition()) {
    const Nanoseconds next = std::min({parts_next_ns(), due_ns_[0], due_ns_[1]});
    if (next > until_ns) {
      now_ns_ = until_ns;
      advance_parts(now_ns_);
      return false;
    }
    now_ns_ = next;
    turn();
  }
  return true;
}

void Pair::turn() {
  const Wakes wakes = advance_parts(now_ns_);
  for (const Side side : {Side::board, Side::bridge}) {
    if (!runs(side)) continue;
    Nanoseconds& due = due_ns_[index_of(side)];
    if (side == Side::board ? wakes.board : wakes.bridge)
      due = std::min(due, now_ns_ + settings_.wake_ns[index_of(side)]);
    if (due <= now_ns_) poll(side);
  }
}

void Pair::poll(Side side) {
  ++polls_[index_of(side)];
  poll_channel(side);
  if (on_poll) on_poll(side);
  if (!runs(side)) return;
  poll_channel(side);
  const auto wait_ms = static_cast<std::int32_t>(channel_deadline_ms(side) - now_ms(side));
  due_ns_[index_of(side)] = wait_ms <= 0 ? now_ns_ + shortest_turn_ns
                                         : (now_ns_ / ns_per_ms + static_cast<std::uint32_t>(wait_ms)) * ns_per_ms;
}

// ---- I2C ------------------------------------------------------------------------------------------

Wakes I2cPair::advance_parts(Nanoseconds now_ns) {
  Wakes wakes = bus.advance(now_ns);
  wakes |= syn.advance(now_ns);
  wakes |= ack.advance(now_ns);
  return wakes;
}

void I2cPair::make_channel(Side side, std::uint32_t random) {
  if (side == Side::board) {
    hosted_ = std::make_unique<Hosted>(bus.slave(), syn.pin(side), ack.pin(side), stream(side));
    hosted_->start(random, now_ms(side));
  } else {
    bridge_ = std::make_unique<Bridge>(bus.master(), syn.pin(side), ack.pin(side), stream(side));
    bridge_->start(random, now_ms(side));
  }
}

void I2cPair::reset_side(Side side) {
  if (side == Side::board) {
    bus.reset_slave();
    syn.pin(side).release();
    hosted_.reset();
  } else {
    bus.reset_master();
    ack.pin(side).release();
    bridge_.reset();
  }
}

void I2cPair::poll_channel(Side side) {
  if (side == Side::board) {
    hosted_->poll(now_ms(side));
  } else {
    bridge_->poll(now_ms(side));
  }
}

std::uint32_t I2cPair::channel_deadline_ms(Side side) const {
  return side == Side::board ? hosted_->deadline_ms(now_ms(side)) : bridge_->deadline_ms(now_ms(side));
}

// ---- serial line ----------------------------------------------------------------------------------

void SerialPair::make_channel(Side side, std::uint32_t random) {
  channels_[index_of(side)] = std::make_unique<Channel>(line.uart(side), stream(side));
  channels_[index_of(side)]->start(random, now_ms(side));
}

void SerialPair::reset_side(Side side) {
  line.reset(side);
  channels_[index_of(side)].reset();
}

}  // namespace tautline::sim
