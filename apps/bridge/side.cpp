#include "side.hpp"

#include <algorithm>

#include "message.hpp"
#include "tautline/core/serial.hpp"

namespace tautline::bridge_program {
namespace {

using linux_bridge::GpioLine;

/// Of a byte, with start and stop.
constexpr std::uint64_t line_bits = 10;
/// While the driver's buffer is full it wakes the program by itself; this is only for what time has to judge.
constexpr std::uint32_t full_line_pause_ms = 100;
/// On the way to a board at most: twice the room that it has by default.
constexpr std::uint64_t bytes_on_the_way = 1024;

/// A slow line must not be sent again what its driver has not transmitted yet.
bridge::StreamTimes times_at(std::uint32_t baud) {
  bridge::StreamTimes times = bridge::uart_times(baud);
  const auto transmit_ms = static_cast<std::uint32_t>(bytes_on_the_way * line_bits * 1000 / baud);
  times.retry_ms += std::min(transmit_ms, times.silence_ms / 2);
  return times;
}

}  // namespace

UartSide::UartSide(const Options& options)
    : serial_(options.uart, options.baud, cli::say), stream_(times_at(options.baud)), channel_(serial_, stream_) {}

void UartSide::poll(std::uint32_t now_ms, bool) {
  serial_.poll(now_ms);
  channel_.poll(now_ms);
}

std::uint32_t UartSide::deadline_ms(std::uint32_t now_ms) const {
  if (!serial_.is_open()) return serial_.reopen_ms();
  return channel_.waits_for_room() ? now_ms + full_line_pause_ms : channel_.deadline_ms(now_ms);
}

pollfd UartSide::waiting() const {
  return {serial_.descriptor(), static_cast<short>(serial_.wants_write() ? POLLIN | POLLOUT : POLLIN), 0};
}

I2cSide::I2cSide(const Options& options)
    : device_(options.i2c, static_cast<std::uint8_t>(options.address)),
      syn_(options.syn, GpioLine::Use::watch),
      ack_(options.ack, GpioLine::Use::drive),
      channel_(device_, syn_, ack_, stream_) {}

void I2cSide::poll(std::uint32_t now_ms, bool event) {
  if (event) syn_.take_changes();
  channel_.poll(now_ms);
}

}  // namespace tautline::bridge_program
