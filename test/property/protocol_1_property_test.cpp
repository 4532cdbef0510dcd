#include <array>
#include <bitset>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "tautline/core/framing.hpp"
#include "tautline/core/protocol_1.hpp"

// Protocol 1 under loss, outages and reboots, against the two ways a peer may tell duplicates. A failure names its
// seed; TAUTLINE_SEED=<seed> runs that one alone.

namespace tautline::test {
namespace {

constexpr std::uint32_t timeout_ms = 2000;
constexpr unsigned default_seeds = 300;

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  /// 0 to bound - 1
  unsigned below(unsigned bound) { return static_cast<unsigned>(engine_() % bound); }
  bool percent(unsigned chance) { return below(100) < chance; }

 private:
  std::mt19937_64 engine_;
};

/// How deployed peers tell duplicates: 256 bits; receiving i sets its bit and clears the byte 16 bytes further on; 00
/// clears all.
class BitMapPeer {
 public:
  static constexpr bool hears_first_message_once = false;  // a repeated 00 looks like a reboot to it
  void connection_begins() {}
  bool is_new(std::uint8_t number, std::string_view) {
    if (number == 0) seen_.reset();
    const bool fresh = !seen_.test(number);
    seen_.set(number);
    const unsigned cleared = (number / 8U + 16) % 32 * 8;
    for (unsigned bit = 0; bit < 8; ++bit) seen_.reset(cleared + bit);
    return fresh;
  }

 private:
  std::bitset<256> seen_;
};

/// Ours.
class WindowPeer {
 public:
  static constexpr bool hears_first_message_once = true;
  void connection_begins() { first_of_connection_ = true; }
  bool is_new(std::uint8_t number, std::string_view payload) {
    const auto verdict = receiver_.judge(number, payload, first_of_connection_);
    first_of_connection_ = false;
    if (verdict == Receiver1::Verdict::duplicate) return false;
    receiver_.take(number, payload, verdict);
    return true;
  }

 private:
  Receiver1 receiver_;
  bool first_of_connection_ = true;
};

struct Written {
  std::uint8_t tag = 0;
  bool may_be_lost = false;  ///< the sender rebooted before its acknowledgement
  bool was_first = false;    ///< carried 00
  unsigned deliveries = 0;
};

template <typename Peer>
class World {
 public:
  explicit World(std::uint64_t seed) : random_(seed) { connect(); }

  void run() {
    const unsigned steps = 200 + random_.below(1500);
    for (unsigned step = 0; step < steps && !testing::Test::HasFailure(); ++step) {
      if (random_.percent(3)) loss_ = std::array{0U, 0U, 5U, 30U, 100U}[random_.below(5)];
      if (random_.percent(2)) connect();
      if (random_.below(1000) == 0) reboot();
      if (random_.percent(40)) write(1 + random_.below(30));
      exchange(random_.below(800));
    }
    loss_ = 0;
    for (unsigned step = 0; step < 600 && !queue_.empty(); ++step) exchange(500);
    EXPECT_TRUE(queue_.empty()) << "does not recover";
    check();
  }

 private:
  void connect() {
    acks_.clear();
    peer_.connection_begins();
    sender_.start_server(numbers_, timeout_ms, now_ms_);
    now_ms_ += 300;
  }

  void reboot() {
    for (std::uint32_t ticket = numbers_.base; ticket != numbers_.next; ++ticket) {
      lines_[first_of_life_ + ticket - 1].may_be_lost = true;
    }
    first_of_life_ = lines_.size();
    numbers_ = Link1Numbers{};
    queue_.clear();
    connect();
  }

  void write(unsigned count) {
    const unsigned plain_percent = std::array{0U, 50U, 100U}[random_.below(3)];
    const unsigned ordered_percent = std::array{0U, 0U, 30U}[random_.below(3)];
    while (count-- > 0 && queue_.size() < 300) {
      std::uint8_t tag = random_.percent(plain_percent) ? tag_1::plain : std::uint8_t{0};
      if (tag == 0 && random_.percent(ordered_percent)) tag = tag_1::ordered;
      ASSERT_TRUE(queue_.push("line " + std::to_string(lines_.size()), tag));
      ++numbers_.next;
      lines_.push_back({tag, false, false, 0});
    }
  }

  void exchange(std::uint32_t ms) {
    now_ms_ += ms;
    hear("");
    for (const std::string& ack : acks_) hear(ack);
    acks_.clear();
    std::array<char, 300> out{};
    while (const std::size_t count = sender_.produce(numbers_, queue_, out.data(), out.size(), now_ms_)) {
      release();
      ASSERT_LE(numbers_.in_flight, Sender1::max_in_flight);
      std::string_view bytes(out.data(), count);
      std::string_view line;
      while (take_line(bytes, line)) peer_hears(line);
    }
    release();
  }

  void hear(std::string_view line) {
    ASSERT_NE(sender_.receive(numbers_, line, now_ms_).event, Event::failed);
    release();
  }

  void release() {
    while (queue_.size() > numbers_.unacknowledged()) queue_.pop_front();
  }

  void peer_hears(std::string_view text) {
    const wire_1::Line line = wire_1::parse_line(text);
    if (line.kind != wire_1::Kind::message) return;
    const unsigned long index = std::stoul(std::string(line.payload.substr(5)));
    Written& written = lines_.at(index);
    if (line.number == 0) written.was_first = true;
    if (random_.percent(loss_)) return;
    if (peer_.is_new(line.number, line.payload)) {
      ++written.deliveries;
      if (written.tag == tag_1::ordered) check_all_before(index);
    }
    if (!random_.percent(loss_)) acks_.emplace_back(text.substr(0, 2));
  }

  void check_all_before(std::size_t index) {
    for (std::size_t i = 0; i < index; ++i) {
      const Written& earlier = lines_[i];
      const bool needed = (earlier.tag & tag_1::plain) == 0 && !earlier.may_be_lost;
      ASSERT_TRUE(!needed || earlier.deliveries > 0) << "line " << index << " overtook line " << i;
    }
  }

  void check() const {
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      const Written& line = lines_[i];
      const bool repeats = line.was_first && !Peer::hears_first_message_once;
      if (!repeats) {
        EXPECT_LE(line.deliveries, 1U) << "line " << i << " was delivered twice";
      }
      const bool may_miss = line.may_be_lost || (line.tag & tag_1::plain) != 0;
      if (!may_miss) {
        EXPECT_GE(line.deliveries, 1U) << "line " << i << " was acknowledged and swallowed";
      }
    }
  }

  Random random_;
  Peer peer_;
  Link1Numbers numbers_;
  Protocol1 sender_;
  std::vector<char> storage_ = std::vector<char>(1 << 15);
  LineQueue queue_{storage_.data(), storage_.size()};
  std::vector<Written> lines_;
  std::size_t first_of_life_ = 0;  ///< index of the line with ticket 1
  std::vector<std::string> acks_;
  std::uint32_t now_ms_ = 0xFFFF0000U;
  unsigned loss_ = 0;
};

template <typename Peer>
void run_worlds(std::string_view test_name) {
  const char* const chosen = std::getenv("TAUTLINE_SEED");
  const std::uint64_t first = chosen != nullptr ? std::strtoull(chosen, nullptr, 10) : 1;
  const std::uint64_t last = chosen != nullptr ? first : default_seeds;
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    World<Peer>(seed).run();
    if (testing::Test::HasFailure()) {
      FAIL() << "replay: TAUTLINE_SEED=" << seed << " core_protocol_1_property_test --gtest_filter=Protocol1Property."
             << test_name;
    }
  }
}

TEST(Protocol1Property, NothingIsLostOrDoubledAtAPeerWithABitMap) {
  run_worlds<BitMapPeer>("NothingIsLostOrDoubledAtAPeerWithABitMap");
}

TEST(Protocol1Property, NothingIsLostOrDoubledAtOurReceiver) {
  run_worlds<WindowPeer>("NothingIsLostOrDoubledAtOurReceiver");
}

}  // namespace
}  // namespace tautline::test
