// The stream between board and bridge under everything at once: packets lost and damaged, a bus that refuses, sticks
// and stretches, lost edges, bytes lost and added on a serial line, ends that restart at any moment, programs that
// write and read as they like. What is read in a session is a beginning of what the other end wrote in it, each session
// is read at most once, and when the faults stop everything arrives. A failure names its seed; TAUTLINE_SEED=<seed>
// runs that one alone.

#include <array>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <functional>
#include <iostream>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "bus/pair.hpp"

namespace tautline::sim {
namespace {

constexpr Nanoseconds chaos_ns = 8 * ns_per_s;
/// The longest fault, the longest silence, and coming up again.
constexpr Nanoseconds calm_ns = 30 * ns_per_s;

/// Over a line that carries whole packets: late, in order, perhaps not, perhaps damaged.
class PacketPair : public Pair {
 public:
  PacketPair(const Settings& settings, Random& random) : Pair(settings), random_(random) {}

  std::uint32_t lost_permille = 0;
  std::uint32_t damaged_permille = 0;
  Nanoseconds latest_ns = 50 * ns_per_ms;

 protected:
  Nanoseconds parts_next_ns() const override {
    Nanoseconds next = never_ns;
    for (const auto& line : lines_) {
      if (!line.empty()) next = std::min(next, line.front().at_ns);
    }
    return next;
  }
  Wakes advance_parts(Nanoseconds now_ns) override {
    Wakes wakes;
    for (const Side to : {Side::board, Side::bridge}) {
      std::deque<Packet>& line = lines_[index_of(to)];
      for (; !line.empty() && line.front().at_ns <= now_ns; line.pop_front()) {
        if (runs(to)) arrived_[index_of(to)].push_back(line.front());
        wakes.add(to);
      }
    }
    return wakes;
  }
  void make_channel(Side side, std::uint32_t random) override { stream(side).start(random, now_ms(side)); }
  void reset_side(Side side) override { arrived_[index_of(side)].clear(); }
  void poll_channel(Side side) override {
    std::deque<Packet>& arrived = arrived_[index_of(side)];
    for (; !arrived.empty(); arrived.pop_front()) {
      if (arrived.front().damaged) {
        stream(side).damaged();
      } else {
        stream(side).receive(arrived.front().bytes, now_ms(side));
      }
    }
    stream(side).poll(now_ms(side));
    for (int packets = 0; packets < 8; ++packets) {
      char packet[bridge::max_packet_bytes];
      const std::size_t bytes = stream(side).produce(packet, now_ms(side));
      if (bytes == 0) return;
      send(other_than(side), {packet, bytes});
    }
  }
  std::uint32_t channel_deadline_ms(Side side) const override {
    return const_cast<PacketPair*>(this)->stream(side).deadline_ms(now_ms(side));
  }

 private:
  struct Packet {
    Nanoseconds at_ns;
    std::string bytes;
    bool damaged;
  };
  void send(Side to, std::string bytes) {
    if (random_.permille(lost_permille)) return;
    std::deque<Packet>& line = lines_[index_of(to)];
    const Nanoseconds before_ns = line.empty() ? now_ns() : line.back().at_ns;
    const Nanoseconds at_ns = std::max(before_ns, now_ns() + random_.spread(0, latest_ns));
    line.push_back({at_ns, std::move(bytes), random_.permille(damaged_permille)});
  }

  Random& random_;
  std::array<std::deque<Packet>, 2> lines_;    ///< to the side of this index
  std::array<std::deque<Packet>, 2> arrived_;  ///< its program has not looked yet
};

/// The programs at both ends, and what they wrote and read.
class Talk {
 public:
  Talk(Pair& pair, Random& random) : pair_(pair), random_(random) {
    pair.on_poll = [this](Side side) { turn(side); };
  }

  void restart(Side side) {
    pair_.start(side, static_cast<std::uint32_t>(random_.next()));
    ends_[index_of(side)].sessions = 0;  // a stream of its own, which counts from 0
  }
  /// From now on both write so much in each session, if they have not written more, and read at once.
  void calm_down(std::size_t bytes) { calm_bytes_ = bytes; }
  /// Has each end read all that the other one wrote in the present session?
  bool all_arrived() const {
    return has_all(ends_[0], ends_[1]) && has_all(ends_[1], ends_[0]) && ends_[0].written >= calm_bytes_ &&
           ends_[1].written >= calm_bytes_;
  }
  std::size_t bytes_read() const { return bytes_read_; }

 private:
  struct End {
    std::uint32_t sessions = 0;   ///< of the stream, as last seen
    std::uint32_t id = 0;         ///< of what it writes in this session; no other has it
    std::size_t written = 0;      ///< in this session
    std::string read;             ///< in this session
    std::uint32_t id_read = 0;    ///< of what it reads; 0: not known yet
    std::size_t checked = 0;      ///< of read
    std::uint32_t newest_id = 0;  ///< the latest of the other's that it has read from, in any session
  };
  static constexpr std::size_t id_bytes = 4;

  static bool has_all(const End& to, const End& from) {
    return to.id_read == from.id && to.read.size() == from.written;
  }
  /// A session's bytes: its id, then what follows from it.
  static char byte_of(std::uint32_t id, std::size_t at) {
    if (at < id_bytes) return static_cast<char>(id >> (8 * at));
    return static_cast<char>(Random::mix((std::uint64_t{id} << 32U) + at));
  }

  void turn(Side side) {
    const bridge::ByteStream& stream = pair_.stream(side);
    End& end = ends_[index_of(side)];
    if (stream.sessions() != end.sessions) {
      const std::uint32_t newest_id = end.newest_id;
      end = {};
      end.sessions = stream.sessions();
      end.id = ++next_id_;
      end.newest_id = newest_id;
    }
    if (!stream.is_up()) return;
    if (calm_bytes_ != 0 || random_.permille(500)) read(side);
    if (calm_bytes_ != 0) {
      write(side, calm_bytes_ - std::min(calm_bytes_, end.written));
    } else if (random_.permille(300)) {
      write(side, random_.spread(1, 600));
    }
  }
  void write(Side side, std::size_t count) {
    End& end = ends_[index_of(side)];
    std::string bytes;
    for (std::size_t i = 0; i < count; ++i) bytes += byte_of(end.id, end.written + i);
    end.written += pair_.stream(side).write(bytes);
  }
  void read(Side side) {
    End& end = ends_[index_of(side)];
    const std::string_view bytes = pair_.stream(side).readable();
    const std::size_t count = calm_bytes_ != 0 ? bytes.size() : random_.below(bytes.size() + 1);
    end.read += bytes.substr(0, count);
    bytes_read_ += count;
    pair_.stream(side).consume(count);
    check(end, ends_[index_of(other_than(side))]);
  }
  void check(End& end, const End& other) {
    if (end.read.size() < id_bytes) return;
    if (end.id_read == 0) {
      for (std::size_t i = id_bytes; i-- > 0;)
        end.id_read = end.id_read << 8U | static_cast<unsigned char>(end.read[i]);
      ASSERT_GT(end.id_read, end.newest_id) << "a session is read twice, or an old one";
      ASSERT_LE(end.id_read, next_id_) << "a session that nobody had";
      end.newest_id = end.id_read;
    }
    for (; end.checked < end.read.size(); ++end.checked) {
      ASSERT_EQ(end.read[end.checked], byte_of(end.id_read, end.checked)) << "at byte " << end.checked;
    }
    if (end.id_read == other.id) {
      ASSERT_LE(end.read.size(), other.written);
    }
  }

  Pair& pair_;
  Random& random_;
  std::array<End, 2> ends_;
  std::uint32_t next_id_ = 0;
  std::size_t calm_bytes_ = 0;
  std::size_t bytes_read_ = 0;
};

/// Restarts while faults happen, then none; returns how many bytes were read.
std::size_t run(Pair& pair, Random& random, const std::function<void()>& stop_faults) {
  Talk talk(pair, random);
  talk.restart(Side::board);
  talk.restart(Side::bridge);
  // None at all, one in a while, or so often that hardly a session lives.
  const Nanoseconds pause_ns[] = {chaos_ns, 2 * ns_per_s, 100 * ns_per_ms};
  const Nanoseconds longest_ns = pause_ns[random.below(3)];
  while (pair.now_ns() < chaos_ns && !::testing::Test::HasFatalFailure()) {
    pair.run_until(pair.now_ns() + random.spread(ns_per_us, longest_ns));
    const Side side = random.permille(500) ? Side::board : Side::bridge;
    if (random.permille(500)) {
      pair.stop(side);
      pair.run_until(pair.now_ns() + random.spread(ns_per_us, ns_per_s));
    }
    talk.restart(side);
  }
  stop_faults();
  talk.calm_down(1000);
  const bool arrived = pair.run_until(pair.now_ns() + calm_ns, [&] { return talk.all_arrived(); });
  EXPECT_TRUE(arrived) << "nothing stands in its way, and not all arrives";
  return talk.bytes_read();
}

/// Calls `property` with seeds of a run of its own, or with the one that is asked for.
void for_seeds(unsigned count, const std::function<std::size_t(std::uint64_t)>& property) {
  const char* const given = std::getenv("TAUTLINE_SEED");
  const std::uint64_t base = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  std::size_t bytes_read = 0;
  for (unsigned i = 0; i < (given != nullptr ? 1 : count); ++i) {
    bytes_read += property(base + i);
    if (!::testing::Test::HasFailure()) continue;
    const testing::TestInfo& test = *testing::UnitTest::GetInstance()->current_test_info();
    std::cout << "replay: TAUTLINE_SEED=" << base + i
              << " <build directory>/test/property/bridge_property_test --gtest_filter=" << test.test_suite_name()
              << "." << test.name() << std::endl;
    return;
  }
  std::cout << bytes_read << " bytes read" << std::endl;
}

Pair::Settings any_settings(Random& random) {
  Pair::Settings settings;
  for (Nanoseconds& wake_ns : settings.wake_ns) wake_ns = random.permille(500) ? random.spread(0, 20 * ns_per_ms) : 0;
  return settings;
}
/// Most faults are absent in a run, so that each is also met alone; those that are there are rare or frequent.
std::uint32_t any_ppm(Random& random, std::uint32_t most) {
  return random.permille(600) ? 0 : static_cast<std::uint32_t>(random.spread(1, most));
}

TEST(BridgeStream, gives_what_was_written_over_a_line_that_loses_and_damages_packets) {
  for_seeds(60, [](std::uint64_t seed) {
    Random random(seed);
    PacketPair pair(any_settings(random), random);
    pair.lost_permille = any_ppm(random, 500);
    pair.damaged_permille = any_ppm(random, 500);
    return run(pair, random, [&] { pair.lost_permille = pair.damaged_permille = 0; });
  });
}

TEST(BridgeStream, gives_what_was_written_over_a_serial_line) {
  for_seeds(8, [](std::uint64_t seed) {
    Random random(seed);
    constexpr std::uint32_t bauds[] = {9'600, 38'400, 115'200};
    SerialSettings serial{.baud = bauds[random.below(3)], .receive_bytes = random.permille(500) ? 64U : 4096U};
    const SerialFaults faults{.drop_ppm = any_ppm(random, 30'000),
                              .flip_ppm = any_ppm(random, 30'000),
                              .insert_ppm = any_ppm(random, 30'000)};
    Pair::Settings settings = any_settings(random);
    settings.times = bridge::uart_times(serial.baud);
    // A program that comes too late for its receiver would lose bytes for ever.
    const Nanoseconds room_ns = serial.receive_bytes * 10 * ns_per_s / serial.baud / 2;
    for (Nanoseconds& wake_ns : settings.wake_ns) wake_ns = std::min(wake_ns, room_ns);
    SerialPair pair(settings, serial, &random, faults);
    return run(pair, random, [&] { pair.line.set_faults({}); });
  });
}

TEST(BridgeStream, gives_what_was_written_over_i2c) {
  for_seeds(40, [](std::uint64_t seed) {
    Random random(seed);
    I2cSettings i2c;
    i2c.clock_hz = random.permille(500) ? 400'000 : 100'000;
    i2c.unarmed = random.permille(500) ? Unarmed::refuses : Unarmed::holds_clock;
    i2c.prefetches = random.permille(300);
    const I2cFaults faults{.refuse_address_ppm = any_ppm(random, 300'000),
                           .refuse_byte_ppm = any_ppm(random, 10'000),
                           .flip_ppm = any_ppm(random, 10'000),
                           .short_stretch_ppm = any_ppm(random, 10'000),
                           .long_stretch_ppm = any_ppm(random, 300),
                           .stuck_ppm = any_ppm(random, 300),
                           .abort_in_vain_ppm = any_ppm(random, 1'000'000),
                           .reset_leaves_low_ppm = any_ppm(random, 1'000'000)};
    const WireFaults wires{.lost_edge_ppm = any_ppm(random, 300'000),
                           .lost_wake_ppm = any_ppm(random, 500'000),
                           .stuck_ppm = any_ppm(random, 10'000)};
    I2cPair pair(any_settings(random), i2c, &random, faults, wires);
    return run(pair, random, [&] {
      pair.bus.set_faults({});
      pair.syn.set_faults({});
      pair.ack.set_faults({});
    });
  });
}

}  // namespace
}  // namespace tautline::sim
