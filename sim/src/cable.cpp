#include "cable.hpp"

#include "tautline/bridge/i2c_bridge_channel.hpp"
#include "tautline/bridge/i2c_hosted_channel.hpp"
#include "tautline/bridge/uart_channel.hpp"
#include "world.hpp"

namespace tautline::sim {
namespace {

/// So many steps within one millisecond count as spinning: a byte on the fastest cable takes 10 us.
constexpr unsigned max_steps = 1'000;

template <class Channel>
class ChannelEndOf final : public ChannelEnd {
 public:
  template <class... Parts>
  explicit ChannelEndOf(Parts&... parts) : channel_(parts...) {}

  void start(std::uint32_t random, std::uint32_t now_ms) override { channel_.start(random, now_ms); }
  void poll(std::uint32_t now_ms) override { channel_.poll(now_ms); }
  std::uint32_t deadline_ms(std::uint32_t now_ms) const override { return channel_.deadline_ms(now_ms); }
  std::uint32_t damaged() const override {
    if constexpr (requires { channel_.damaged_frames(); }) return channel_.damaged_frames();
    if constexpr (requires { channel_.failures(); }) return channel_.failures();
    return 0;
  }

 private:
  Channel channel_;
};

std::uint32_t draw_ppm(Random& random, std::uint32_t most) {
  return static_cast<std::uint32_t>(random.spread(0, most));
}

SerialSettings draw_serial(Random& random) {
  constexpr std::uint32_t bauds[] = {57'600, 115'200, 230'400, 921'600};
  SerialSettings settings;
  settings.baud = bauds[random.below(std::size(bauds))];
  settings.transmit_bytes = random.spread(16, 1'024);
  settings.receive_bytes = random.spread(256, 4'096);
  return settings;
}

SerialFaults draw_serial_faults(Random& random, std::uint32_t most_ppm) {
  return {draw_ppm(random, most_ppm), draw_ppm(random, most_ppm), draw_ppm(random, most_ppm)};
}

I2cSettings draw_i2c(Random& random) {
  I2cSettings settings;
  settings.clock_hz = random.permille(500) ? 400'000 : 100'000;
  settings.unarmed = random.permille(500) ? Unarmed::refuses : Unarmed::holds_clock;
  settings.handler_ns = random.spread(0, 20 * ns_per_us);
  settings.prefetches = random.permille(500);
  return settings;
}

I2cFaults draw_i2c_faults(Random& random, std::uint32_t most_ppm) {
  I2cFaults faults;
  faults.refuse_address_ppm = draw_ppm(random, 20 * most_ppm);
  faults.refuse_byte_ppm = draw_ppm(random, most_ppm);
  faults.flip_ppm = draw_ppm(random, most_ppm);
  faults.short_stretch_ppm = draw_ppm(random, 10 * most_ppm);
  faults.long_stretch_ppm = draw_ppm(random, most_ppm / 50);
  faults.stuck_ppm = draw_ppm(random, most_ppm / 50);
  faults.abort_in_vain_ppm = draw_ppm(random, 200'000);
  faults.reset_leaves_low_ppm = 500'000;
  return faults;
}

WireFaults draw_line_faults(Random& random, std::uint32_t most_ppm) {
  WireFaults faults;
  faults.lost_wake_ppm = draw_ppm(random, most_ppm);
  return faults;
}

constexpr std::uint32_t always_ppm = 200;
constexpr std::uint32_t noise_ppm = 20'000;
constexpr std::uint32_t lost_edges_always_ppm = 2'000;
constexpr std::uint32_t lost_edges_noise_ppm = 500'000;

}  // namespace

// ---- time ---------------------------------------------------------------------------------------

void Cable::catch_up() {
  const Nanoseconds present_ns = context_.now * ns_per_ms;
  if (present_ns <= now_ns_) return;
  now_ns_ = present_ns;
  waiting_ |= advance_parts(now_ns_);
}

void Cable::plan() {
  if (running_) return;
  const Nanoseconds next_ns = waiting_.any() ? now_ns_ : parts_next_ns();
  if (next_ns == never_ns) return;
  const Time at = std::max(context_.now, next_ns / ns_per_ms);
  if (planned_at_ != 0 && planned_at_ <= at && planned_at_ >= context_.now) return;
  planned_at_ = at;
  context_.events.push(at, EventKind::cable, index_, ++serial_);
}

void Cable::on_event(std::uint32_t serial) {
  if (serial != serial_) return;
  planned_at_ = 0;
  running_ = true;
  const Nanoseconds end_ns = (context_.now + 1) * ns_per_ms - 1;
  for (unsigned steps = 0;; ++steps) {
    if (steps > max_steps) violated(Broken::spinning, "cable %u moves without end", index_);
    if (!waiting_.any()) {
      const Nanoseconds next_ns = parts_next_ns();
      if (next_ns > end_ns) break;
      now_ns_ = std::max(now_ns_, step_end_ns(next_ns, end_ns));
      waiting_ = advance_parts(now_ns_);
    }
    const Wakes wakes = waiting_;
    waiting_ = {};
    if (wakes.board) ends_.wake(Side::board);
    if (wakes.bridge) ends_.wake(Side::bridge);
    if (strike_in_ != 0 && --strike_in_ == 0) ends_.struck();
  }
  running_ = false;
  plan();
}

// ---- UART ---------------------------------------------------------------------------------------

SerialCable::SerialCable(Context& context, std::uint32_t index, CableEnds& ends)
    : Cable(context, index, ends),
      always_(draw_serial_faults(context.random, always_ppm)),
      line_(draw_serial(context.random), &context.random, always_) {}

std::unique_ptr<ChannelEnd> SerialCable::make_channel(Side side, bridge::ByteStream& stream) {
  return std::make_unique<ChannelEndOf<bridge::UartChannel<SerialLine::Uart>>>(line_.uart(side), stream);
}

void SerialCable::hurt(CableFault fault, Time) {
  constexpr std::uint32_t all_ppm = 1'000'000;
  if (fault == CableFault::noise) return line_.set_faults(draw_serial_faults(context_.random, noise_ppm));
  // A line that is stuck gives nothing, or framing errors that read as anything.
  SerialFaults faults;
  (fault == CableFault::cut ? faults.drop_ppm : faults.flip_ppm) = all_ppm;
  // Both wires, or one.
  const std::uint64_t which = context_.random.below(4);
  if (which != 0) line_.set_faults(Side::board, faults);
  if (which != 1) line_.set_faults(Side::bridge, faults);
}

void SerialCable::calm_down() {
  always_ = {};
  line_.set_faults(always_);
}

// ---- I2C ----------------------------------------------------------------------------------------

I2cCable::I2cCable(Context& context, std::uint32_t index, CableEnds& ends)
    : Cable(context, index, ends),
      always_(draw_i2c_faults(context.random, always_ppm)),
      lines_always_(draw_line_faults(context.random, lost_edges_always_ppm)),
      bus_(draw_i2c(context.random), &context.random, always_),
      syn_(&context.random, lines_always_),
      ack_(&context.random, lines_always_) {}

std::unique_ptr<ChannelEnd> I2cCable::make_channel(Side side, bridge::ByteStream& stream) {
  using Pin = Wire::Pin;
  if (side == Side::board) {
    return std::make_unique<ChannelEndOf<bridge::I2cHostedChannel<I2cBus::Slave, Pin>>>(bus_.slave(), syn_.pin(side),
                                                                                        ack_.pin(side), stream);
  }
  return std::make_unique<ChannelEndOf<bridge::I2cBridgeChannel<I2cBus::Master, Pin>>>(bus_.master(), syn_.pin(side),
                                                                                       ack_.pin(side), stream);
}

void I2cCable::release(Side side) {
  if (side == Side::board) {
    bus_.reset_slave();
    syn_.pin(side).release();
  } else {
    bus_.reset_master();
    ack_.pin(side).release();
  }
}

void I2cCable::hurt(CableFault fault, Time length) {
  Random& random = context_.random;
  const Nanoseconds until_ns = now_ns() + length * ns_per_ms;
  if (fault == CableFault::noise) {
    bus_.set_faults(draw_i2c_faults(random, noise_ppm));
    const WireFaults faults = draw_line_faults(random, lost_edges_noise_ppm);
    syn_.set_faults(faults);
    ack_.set_faults(faults);
  } else if (fault == CableFault::cut) {
    I2cFaults faults = always_;
    faults.refuse_address_ppm = 1'000'000;
    bus_.set_faults(faults);
    syn_.stick(true, until_ns);
    ack_.stick(true, until_ns);
  } else {
    switch (random.below(3)) {
      case 0: bus_.stick(until_ns); break;
      case 1: syn_.stick(random.permille(500), until_ns); break;
      default: ack_.stick(random.permille(500), until_ns); break;
    }
  }
}

void I2cCable::heal() {
  bus_.set_faults(always_);
  syn_.set_faults(lines_always_);
  ack_.set_faults(lines_always_);
  // Where a line was stuck until the end of the fault, it is free now.
}

void I2cCable::calm_down() {
  always_ = {};
  lines_always_ = {};
  heal();
  catch_up();
  bus_.stick(now_ns());
  syn_.stick(syn_.level(), now_ns());
  ack_.stick(ack_.level(), now_ns());
}

Wakes I2cCable::advance_parts(Nanoseconds now_ns) {
  Wakes wakes = bus_.advance(now_ns);
  wakes |= syn_.advance(now_ns);
  wakes |= ack_.advance(now_ns);
  return wakes;
}

}  // namespace tautline::sim
