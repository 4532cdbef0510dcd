#pragma once

#include <array>
#include <functional>
#include <memory>

#include "bus/i2c_bus.hpp"
#include "bus/part.hpp"
#include "bus/serial_line.hpp"
#include "bus/wire.hpp"
#include "tautline/bridge/byte_stream.hpp"
#include "tautline/bridge/i2c_bridge_channel.hpp"
#include "tautline/bridge/i2c_hosted_channel.hpp"
#include "tautline/bridge/uart_channel.hpp"

namespace tautline::sim {

/// A hosted board and a bridge, each with the program's loop of docs/bridge.md around a channel, and nothing above the
/// stream but what the caller does in on_poll. Runs in virtual time from event to event.
class Pair {
 public:
  struct Settings {
    std::array<Nanoseconds, 2> wake_ns{};  ///< from an event to the poll that it causes: what else the programs do
    bridge::StreamTimes times;
    std::array<std::uint32_t, 2> clock_ms{0xFFFF'F000U, 77};  ///< of each side at the begin; the board's wraps soon
  };
  using Stream = bridge::StoredStream<>;

  explicit Pair(const Settings& settings) : settings_(settings) {}
  virtual ~Pair() = default;
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;

  /// Starts the program of this side, or starts it again as after a reset: nothing is left of the one before.
  void start(Side side, std::uint32_t random);
  /// Puts this side into reset.
  void stop(Side side);
  bool runs(Side side) const { return streams_[index_of(side)] != nullptr; }
  /// Of a side that runs.
  bridge::ByteStream& stream(Side side) { return *streams_[index_of(side)]; }

  /// Called in each turn of a program, between the two polls of its channel.
  std::function<void(Side)> on_poll;

  /// Does everything until then.
  void run_until(Nanoseconds until_ns);
  /// Until the condition, asked after each event, holds. False: it did not until then.
  bool run_until(Nanoseconds until_ns, const std::function<bool()>& condition);
  Nanoseconds now_ns() const { return now_ns_; }
  /// As this side's programs see the time.
  std::uint32_t now_ms(Side side) const {
    return settings_.clock_ms[index_of(side)] + static_cast<std::uint32_t>(now_ns_ / ns_per_ms);
  }
  /// Something happened to a program that the parts do not know of: its turn comes now.
  void wake(Side side) { due_ns_[index_of(side)] = std::min(due_ns_[index_of(side)], now_ns_); }
  /// Turns of the program's loop, since the begin. One that turns without pause has a deadline that lies.
  std::uint64_t polls(Side side) const { return polls_[index_of(side)]; }

 protected:
  virtual Nanoseconds parts_next_ns() const = 0;
  virtual Wakes advance_parts(Nanoseconds now_ns) = 0;
  virtual void make_channel(Side side, std::uint32_t random) = 0;
  virtual void reset_side(Side side) = 0;
  virtual void poll_channel(Side side) = 0;
  virtual std::uint32_t channel_deadline_ms(Side side) const = 0;

 private:
  void poll(Side side);
  void turn();

  const Settings settings_;
  Nanoseconds now_ns_ = 0;
  std::array<std::unique_ptr<Stream>, 2> streams_;
  std::array<Nanoseconds, 2> due_ns_{never_ns, never_ns};
  std::array<std::uint64_t, 2> polls_{};
};

/// Over I2C.
class I2cPair : public Pair {
 public:
  explicit I2cPair(const Settings& settings = {}, const I2cSettings& i2c = {}, Random* random = nullptr,
                   const I2cFaults& i2c_faults = {}, const WireFaults& wire_faults = {})
      : Pair(settings), bus(i2c, random, i2c_faults), syn(random, wire_faults), ack(random, wire_faults) {}

  I2cBus bus;
  Wire syn;
  Wire ack;

 protected:
  Nanoseconds parts_next_ns() const override { return std::min({bus.next_ns(), syn.next_ns(), ack.next_ns()}); }
  Wakes advance_parts(Nanoseconds now_ns) override;
  void make_channel(Side side, std::uint32_t random) override;
  void reset_side(Side side) override;
  void poll_channel(Side side) override;
  std::uint32_t channel_deadline_ms(Side side) const override;

 private:
  using Hosted = bridge::I2cHostedChannel<I2cBus::Slave, Wire::Pin>;
  using Bridge = bridge::I2cBridgeChannel<I2cBus::Master, Wire::Pin>;
  std::unique_ptr<Hosted> hosted_;
  std::unique_ptr<Bridge> bridge_;
};

/// Over a serial line.
class SerialPair : public Pair {
 public:
  explicit SerialPair(const Settings& settings = {}, const SerialSettings& serial = {}, Random* random = nullptr,
                      const SerialFaults& faults = {})
      : Pair(settings), line(serial, random, faults) {}

  SerialLine line;

 protected:
  Nanoseconds parts_next_ns() const override { return line.next_ns(); }
  Wakes advance_parts(Nanoseconds now_ns) override { return line.advance(now_ns); }
  void make_channel(Side side, std::uint32_t random) override;
  void reset_side(Side side) override;
  void poll_channel(Side side) override { channels_[index_of(side)]->poll(now_ms(side)); }
  std::uint32_t channel_deadline_ms(Side side) const override {
    return channels_[index_of(side)]->deadline_ms(now_ms(side));
  }

 private:
  using Channel = bridge::UartChannel<SerialLine::Uart>;
  std::array<std::unique_ptr<Channel>, 2> channels_;
};

}  // namespace tautline::sim
