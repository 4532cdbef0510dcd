// Sixteen devices of all boards at one server, with outages at random: nothing is lost, doubled or out of order.

#include <csignal>
#include <cstdlib>
#include <random>

#include "board_test.hpp"

namespace tautline::test {
namespace {

constexpr int device_count = 16;
constexpr auto outages_for = std::chrono::seconds(60);

std::uint32_t seed_of_run() {
  const char* const given = std::getenv("TAUTLINE_SEED");
  return given != nullptr ? static_cast<std::uint32_t>(std::strtoul(given, nullptr, 10)) : std::random_device{}();
}

/// Takes something away from one device, or from all, and gives it back later.
class Outages {
 public:
  Outages(Rig& rig, std::vector<std::string> ids, std::uint32_t seed)
      : rig_(rig), ids_(std::move(ids)), random_(seed), ends_(ids_.size()) {}

  void one() {
    heal(false);
    if (below(50) == 0) return silence_server();
    const std::size_t which = below(ids_.size());
    if (ends_[which].kind != Kind::none) return;
    Emulator& device = rig_.device(ids_[which]);
    const Kind kind = below(2) == 0 ? Kind::cable : Kind::frozen;
    if (kind == Kind::cable) {
      device.set_link(false);
    } else {
      device.freeze();
    }
    ends_[which] = {kind, Clock::now() + std::chrono::milliseconds(50 + below(2500))};
    ++count_;
  }

  /// Ends those whose time has come, or all.
  void heal(bool all) {
    for (std::size_t i = 0; i < ids_.size(); ++i) {
      if (ends_[i].kind == Kind::none || (!all && Clock::now() < ends_[i].at)) continue;
      if (ends_[i].kind == Kind::cable) {
        rig_.device(ids_[i]).set_link(true);
      } else {
        rig_.device(ids_[i]).unfreeze();
      }
      ends_[i].kind = Kind::none;
    }
  }

  int count() const { return count_; }
  std::size_t below(std::size_t limit) { return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_); }

 private:
  using Clock = std::chrono::steady_clock;
  enum class Kind { none, cable, frozen };
  struct End {
    Kind kind = Kind::none;
    Clock::time_point at;
  };

  void silence_server() {
    rig_.server().signal(SIGSTOP);
    rig_.run_for(1000 + static_cast<int>(below(1500)));
    rig_.server().signal(SIGCONT);
    ++count_;
  }

  Rig& rig_;
  const std::vector<std::string> ids_;
  std::mt19937 random_;
  std::vector<End> ends_;
  int count_ = 0;
};

TEST(EmulatedFleet, AMinuteOfRandomOutages) {
  ASSERT_TRUE(has_firmware()) << "run script/firmware first";
  const std::uint32_t seed = seed_of_run();
  SCOPED_TRACE("replay: TAUTLINE_SEED=" + std::to_string(seed) + " test/emulated/run -R Fleet");
  std::vector<std::string> ids;
  for (int i = 1; i <= device_count; ++i) ids.push_back("device-" + std::to_string(i));
  Rig rig(ids, 1000);
  const Board* const boards[] = {&lm3s6965(), &mps2_an385(), &lx106()};
  for (std::size_t i = 0; i < ids.size(); ++i) {
    rig.add_device(*boards[i % 3], ids[i], {"period=100", "timeout=1000", "seed=" + std::to_string(seed + i)});
  }
  for (const std::string& id : ids) {
    ASSERT_TRUE(rig.until([&] { return rig.connects(id) >= 1; })) << id;
  }

  rig.start_traffic(100);
  Outages outages(rig, ids, seed);
  for (const auto end = std::chrono::steady_clock::now() + outages_for; std::chrono::steady_clock::now() < end;) {
    outages.one();
    rig.run_for(static_cast<int>(outages.below(300)));
  }
  outages.heal(true);

  std::size_t lines = 0, connects = 0;
  for (const std::string& id : ids) {
    rig.expect_exactly_once(id);
    EXPECT_GT(rig.at_server(id).size(), 50U) << id;
    lines += rig.at_server(id).size() + rig.at_device(id).size();
    connects += rig.connects(id);
  }
  EXPECT_GT(connects, ids.size() * 2) << "outages that nobody noticed prove nothing";
  std::cout << outages.count() << " outages, " << connects << " connections, " << lines << " lines" << std::endl;
}

}  // namespace
}  // namespace tautline::test
