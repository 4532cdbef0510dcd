// How long a line takes from board to bridge and back, and how much goes over each channel, by the bus models in
// virtual time: the same figures on every machine. Prints the tables of docs/bridge.md.

#include <cstdint>
#include <cstdio>
#include <string>

#include <CLI/CLI.hpp>

#include "bus/measure.hpp"

namespace tautline::sim {
namespace {

constexpr std::size_t line_sizes[] = {8, 32, 64, 128};

struct Options {
  std::uint32_t wake_us = 100;
  std::uint32_t handler_us = 2;
};

/// What the original does: an exchange each 100 ms, in which each side sends its length (two bytes) and up to 200
/// bytes. Its figures are computed, from that alone.
struct Original {
  static constexpr double pause_ms = 100;
  static constexpr double payload = 200;
};

std::string milliseconds(Nanoseconds ns) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", static_cast<double>(ns) / ns_per_ms);
  return text;
}

Pair::Settings settings_of(const Options& options, const bridge::StreamTimes& times = {}) {
  Pair::Settings settings;
  settings.wake_ns = {options.wake_us * ns_per_us, options.wake_us * ns_per_us};
  settings.times = times;
  return settings;
}

bool print_lines(Pair& pair, const char* channel) {
  bool arrived = true;
  for (const Side from : {Side::board, Side::bridge}) {
    std::printf("| %s | %s |", channel, from == Side::board ? "board to bridge" : "bridge to board");
    for (const std::size_t bytes : line_sizes) {
      const LineTimes times = measure_lines(pair, from, bytes);
      arrived = arrived && times.arrived;
      std::printf(" %s (%s) |", milliseconds(times.median_ns).c_str(), milliseconds(times.longest_ns).c_str());
    }
    std::printf("\n");
  }
  return arrived;
}

void print_throughput(Pair& pair, const char* channel) {
  const Throughput up = measure_throughput(pair, true, false);
  const Throughput down = measure_throughput(pair, false, true);
  const Throughput both = measure_throughput(pair, true, true);
  std::printf("| %s | %.0f | %.0f | %.0f + %.0f |\n", channel, up.to_bridge, down.to_board, both.to_bridge,
              both.to_board);
}

/// Calls `use` with each channel.
template <class Use>
void with_each_channel(const Options& options, Use use) {
  for (const std::uint32_t clock_hz : {100'000U, 400'000U}) {
    I2cSettings i2c;
    i2c.clock_hz = clock_hz;
    i2c.handler_ns = options.handler_us * ns_per_us;
    I2cPair pair(settings_of(options), i2c);
    const std::string name = "I2C " + std::to_string(clock_hz / 1000) + " kHz";
    if (come_up(pair)) use(pair, name.c_str());
  }
  for (const std::uint32_t baud : {9'600U, 115'200U, 921'600U}) {
    SerialSettings serial;
    serial.baud = baud;
    SerialPair pair(settings_of(options, bridge::uart_times(baud)), serial);
    const std::string name = "UART " + std::to_string(baud) + " baud";
    if (come_up(pair)) use(pair, name.c_str());
  }
}

int run(const Options& options) {
  std::printf(
      "By the bus models, in virtual time; nothing was measured on hardware. A program's loop turns %u us after\n"
      "what wakes it, the slave's interrupt handler holds the clock %u us at each byte.\n\n",
      options.wake_us, options.handler_us);
  std::printf("One line over an idle channel, ms from write to the other end's having it: median (longest of 99)\n\n");
  std::printf("| channel | way | 8 bytes | 32 bytes | 64 bytes | 128 bytes |\n|---|---|---|---|---|---|\n");
  bool arrived = true;
  with_each_channel(options, [&](Pair& pair, const char* name) { arrived = print_lines(pair, name) && arrived; });
  std::printf("| the original's design, I2C 400 kHz (computed) | either |");
  for (const std::size_t bytes : line_sizes) {
    // Address, length, address, line: nine bits each; the other side has nothing to say but its length.
    const double transfer_ms = static_cast<double>(bytes + 8) * 9 / 400;
    std::printf(" %.1f (%.1f) |", Original::pause_ms / 2 + transfer_ms, Original::pause_ms + transfer_ms);
  }
  std::printf("\n\nBytes of the stream each second, when the channel is never idle\n\n");
  std::printf("| channel | only board to bridge | only bridge to board | both ways at once |\n|---|---|---|---|\n");
  with_each_channel(options, print_throughput);
  constexpr double original = Original::payload * 1000 / Original::pause_ms;
  std::printf("| the original's design (computed) | %.0f | %.0f | %.0f + %.0f |\n", original, original, original,
              original);
  return arrived ? 0 : 1;
}

}  // namespace
}  // namespace tautline::sim

int main(int argc, char** argv) {
  tautline::sim::Options options;
  CLI::App app("Latency and throughput of the channels between board and bridge, by the bus models");
  app.add_option("--wake-us", options.wake_us, "from an event to the program's turn")->capture_default_str();
  app.add_option("--handler-us", options.handler_us, "of the I2C slave's interrupt handler, for each byte")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  return tautline::sim::run(options);
}
