#include "bus/measure.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace tautline::sim {
namespace {

constexpr unsigned lines_measured = 99;

}  // namespace

bool come_up(Pair& pair) {
  pair.start(Side::board, 1);
  pair.start(Side::bridge, 2);
  return pair.run_until(pair.now_ns() + 10 * ns_per_s,
                        [&] { return pair.stream(Side::board).is_up() && pair.stream(Side::bridge).is_up(); });
}

LineTimes measure_lines(Pair& pair, Side from, std::size_t line_bytes) {
  const std::string bytes(line_bytes + bytes_around_line, 'x');
  bridge::ByteStream& to = pair.stream(other_than(from));
  LineTimes times;
  std::vector<Nanoseconds> taken;
  for (unsigned line = 0; line < lines_measured; ++line) {
    // Never in step with the signs of life or with the milliseconds of the programs' clocks.
    pair.run_until(pair.now_ns() + ns_per_s + line * 10'313 * ns_per_us);
    const Nanoseconds begin_ns = pair.now_ns();
    times.arrived = pair.stream(from).write(bytes) == bytes.size() && times.arrived;
    pair.wake(from);
    times.arrived =
        pair.run_until(begin_ns + ns_per_s, [&] { return to.readable_bytes() == bytes.size(); }) && times.arrived;
    taken.push_back(pair.now_ns() - begin_ns);
    while (to.readable_bytes() != 0) to.consume(to.readable().size());
  }
  std::sort(taken.begin(), taken.end());
  times.median_ns = taken[taken.size() / 2];
  times.longest_ns = taken.back();
  return times;
}

Throughput measure_throughput(Pair& pair, bool board_writes, bool bridge_writes, unsigned seconds) {
  const std::string bytes(bridge::max_packet_payload, 'x');
  std::array<std::uint64_t, 2> read{};
  bool stopped = false;
  pair.on_poll = [&](Side side) {
    bridge::ByteStream& stream = pair.stream(side);
    while (stream.readable_bytes() != 0) {
      read[index_of(side)] += stream.readable().size();
      stream.consume(stream.readable().size());
    }
    if (stopped || !(side == Side::board ? board_writes : bridge_writes)) return;
    while (stream.writable() != 0) stream.write(bytes);
  };
  pair.wake(Side::board);
  pair.wake(Side::bridge);
  pair.run_until(pair.now_ns() + ns_per_s);  // until it runs evenly
  read = {};
  pair.run_until(pair.now_ns() + seconds * ns_per_s);
  const Throughput result{static_cast<double>(read[index_of(Side::bridge)]) / seconds,
                          static_cast<double>(read[index_of(Side::board)]) / seconds};
  stopped = true;
  pair.run_until(pair.now_ns() + 5 * ns_per_s);  // what is on its way
  pair.on_poll = nullptr;
  return result;
}

}  // namespace tautline::sim
