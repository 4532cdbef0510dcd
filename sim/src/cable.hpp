#pragma once

#include <cstdint>
#include <memory>

#include "bus/i2c_bus.hpp"
#include "bus/part.hpp"
#include "bus/serial_line.hpp"
#include "bus/wire.hpp"
#include "event_queue.hpp"
#include "tautline/bridge/byte_stream.hpp"

namespace tautline::sim {

struct Context;

/// One end of a shipped channel over one kind of cable.
class ChannelEnd {
 public:
  virtual ~ChannelEnd() = default;
  virtual void start(std::uint32_t random, std::uint32_t now_ms) = 0;
  virtual void poll(std::uint32_t now_ms) = 0;
  virtual std::uint32_t deadline_ms(std::uint32_t now_ms) const = 0;
  /// Packets or exchanges that it found to be damaged.
  virtual std::uint32_t damaged() const = 0;
};

/// The programs at the two ends of a cable.
class CableEnds {
 public:
  virtual ~CableEnds() = default;
  /// Something came over the cable that would wake this one.
  virtual void wake(Side side) = 0;
  /// What strike_after() asked for.
  virtual void struck() = 0;
};

enum class CableFault : std::uint8_t {
  noise,  ///< many bytes are damaged, refused, late
  cut,    ///< nothing passes
  stuck,  ///< one of its lines stays at one level
};

/// What joins a hosted board and its bridge. Its parts live in nanoseconds (sim/bus), the world in milliseconds: all
/// that they do within a millisecond happens in one event, in its order, and the programs that it wakes run in between.
class Cable {
 public:
  struct Counters {
    std::uint64_t bytes = 0;
    std::uint64_t transfers = 0;  ///< on an I2C bus
    std::uint64_t faults = 0;
  };

  Cable(Context& context, std::uint32_t index, CableEnds& ends) : context_(context), index_(index), ends_(ends) {}
  Cable(const Cable&) = delete;
  Cable& operator=(const Cable&) = delete;
  virtual ~Cable() = default;

  /// To the present: before a program acts on it.
  void catch_up();
  /// After a program did.
  void plan();
  /// Handles EventKind::cable.
  void on_event(std::uint32_t serial);

  /// Calls struck() in the middle of what goes over it, after so many more steps.
  void strike_after(unsigned steps) { strike_in_ = steps; }
  void strike_no_more() { strike_in_ = 0; }
  /// Does something go over it right now?
  bool is_busy() const { return parts_next_ns() < now_ns_ + ns_per_ms; }

  virtual std::unique_ptr<ChannelEnd> make_channel(Side side, bridge::ByteStream& stream) = 0;
  /// The program of this side is gone: its lines are inputs, its transfer ends where it is. Before its channel goes.
  virtual void release(Side side) = 0;
  virtual void hurt(CableFault fault, Time length) = 0;
  /// As it was before hurt().
  virtual void heal() = 0;
  /// No more faults at all.
  virtual void calm_down() = 0;
  virtual Counters counters() const = 0;

 protected:
  virtual Nanoseconds parts_next_ns() const = 0;
  virtual Wakes advance_parts(Nanoseconds now_ns) = 0;
  /// Until when all is looked at in one step, if something happens at `next_ns`.
  virtual Nanoseconds step_end_ns(Nanoseconds next_ns, Nanoseconds millisecond_end_ns) const = 0;

  Nanoseconds now_ns() const { return now_ns_; }
  Context& context_;

 private:
  std::uint32_t index_;
  CableEnds& ends_;
  Nanoseconds now_ns_ = 0;
  Wakes waiting_;  ///< not yet told
  Time planned_at_ = 0;
  std::uint32_t serial_ = 0;
  unsigned strike_in_ = 0;  ///< 0: not
  bool running_ = false;
};

/// UART: two wires, one for each direction.
class SerialCable final : public Cable {
 public:
  SerialCable(Context& context, std::uint32_t index, CableEnds& ends);

  std::unique_ptr<ChannelEnd> make_channel(Side side, bridge::ByteStream& stream) override;
  void release(Side side) override { line_.reset(side); }
  void hurt(CableFault fault, Time length) override;
  void heal() override { line_.set_faults(always_); }
  void calm_down() override;
  Counters counters() const override { return {line_.counters().bytes, 0, line_.counters().faults}; }

 protected:
  Nanoseconds parts_next_ns() const override { return line_.next_ns(); }
  Wakes advance_parts(Nanoseconds now_ns) override { return line_.advance(now_ns); }
  /// A program that is woken at each byte would do nothing else.
  Nanoseconds step_end_ns(Nanoseconds, Nanoseconds millisecond_end_ns) const override { return millisecond_end_ns; }

 private:
  SerialFaults always_;
  SerialLine line_;
};

/// I2C: the bus, and the handshake lines syn and ack.
class I2cCable final : public Cable {
 public:
  I2cCable(Context& context, std::uint32_t index, CableEnds& ends);

  std::unique_ptr<ChannelEnd> make_channel(Side side, bridge::ByteStream& stream) override;
  void release(Side side) override;
  void hurt(CableFault fault, Time length) override;
  void heal() override;
  void calm_down() override;
  Counters counters() const override {
    const I2cBus::Counters& bus = bus_.counters();
    return {bus.bytes, bus.transfers, bus.faults};
  }

 protected:
  Nanoseconds parts_next_ns() const override { return std::min({bus_.next_ns(), syn_.next_ns(), ack_.next_ns()}); }
  Wakes advance_parts(Nanoseconds now_ns) override;
  Nanoseconds step_end_ns(Nanoseconds next_ns, Nanoseconds) const override { return next_ns; }

 private:
  I2cFaults always_;
  WireFaults lines_always_;
  I2cBus bus_;
  Wire syn_;
  Wire ack_;
};

}  // namespace tautline::sim
