#include "tautline/server/timer_wheel.hpp"

#include <cstdint>
#include <cstdlib>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tautline/core/serial.hpp"

// A failure of a random test names its seed; TAUTLINE_SEED=<seed> runs that one alone.

namespace tautline::test {
namespace {

/// Advances one millisecond at a time and returns when each timer fired.
std::vector<std::uint32_t> fire_times(TimerWheel& wheel, std::uint32_t from_ms, std::uint32_t until_ms) {
  std::vector<std::uint32_t> times;
  for (std::uint32_t now = from_ms; now != until_ms + 1; ++now) {
    wheel.advance(now, [&](Timer&) { times.push_back(now); });
  }
  return times;
}

TEST(TimerWheel, fires_once_and_exactly_at_the_deadline) {
  TimerWheel wheel(1000);
  Timer timer;
  wheel.arm(timer, 1700);
  EXPECT_FALSE(wheel.empty());
  EXPECT_EQ(fire_times(wheel, 1000, 3000), (std::vector<std::uint32_t>{1700}));
  EXPECT_TRUE(wheel.empty());
  EXPECT_FALSE(timer.armed);
}

TEST(TimerWheel, a_deadline_that_has_passed_fires_with_the_next_millisecond) {
  TimerWheel wheel(1000);
  Timer now, past;
  wheel.arm(now, 1000);
  wheel.arm(past, 10);
  EXPECT_EQ(fire_times(wheel, 1000, 1010), (std::vector<std::uint32_t>{1001, 1001}));
}

TEST(TimerWheel, every_deadline_around_the_boundaries_of_a_level_fires_on_time) {
  for (const std::uint32_t start : {0U, 63U, 64U, 4095U, 4096U, (1U << 18U) - 1U, 0xFFFFFFFFU - 70U}) {
    for (const std::uint32_t boundary : {64U, 4096U, 1U << 18U}) {
      for (std::uint32_t ahead = boundary - 2; ahead <= boundary + 2; ++ahead) {
        TimerWheel wheel(start);
        Timer timer;
        wheel.arm(timer, start + ahead);
        unsigned fired = 0;
        wheel.advance(start + ahead - 1, [&](Timer&) { ++fired; });
        EXPECT_EQ(fired, 0U) << "early: " << start << " + " << ahead;
        EXPECT_TRUE(at_or_before(wheel.next_ms(), start + ahead));
        wheel.advance(start + ahead, [&](Timer&) { ++fired; });
        EXPECT_EQ(fired, 1U) << "late: " << start << " + " << ahead;
      }
    }
  }
}

TEST(TimerWheel, a_deadline_too_far_away_fires_at_the_longest) {
  TimerWheel wheel(5);
  Timer timer;
  wheel.arm(timer, 5 + 2 * TimerWheel::longest_ms);
  unsigned fired = 0;
  wheel.advance(5 + TimerWheel::longest_ms - 1, [&](Timer&) { ++fired; });
  EXPECT_EQ(fired, 0U);
  wheel.advance(5 + TimerWheel::longest_ms, [&](Timer&) { ++fired; });
  EXPECT_EQ(fired, 1U);
}

TEST(TimerWheel, a_timer_may_disarm_another_of_the_same_millisecond) {
  TimerWheel wheel(0);
  Timer a, b;
  wheel.arm(a, 100);
  wheel.arm(b, 100);
  unsigned fired = 0;
  wheel.advance(100, [&](Timer& timer) {
    ++fired;
    wheel.disarm(&timer == &a ? b : a);
  });
  EXPECT_EQ(fired, 1U);
  EXPECT_TRUE(wheel.empty());
}

TEST(TimerWheel, a_timer_that_arms_itself_anew_fires_again_within_one_advance) {
  TimerWheel wheel(0);
  Timer timer;
  wheel.arm(timer, 10);
  std::vector<std::uint32_t> deadlines;
  wheel.advance(35, [&](Timer& fired) {
    deadlines.push_back(fired.deadline_ms);
    wheel.arm(fired, fired.deadline_ms + 10);
  });
  EXPECT_EQ(deadlines, (std::vector<std::uint32_t>{10, 20, 30}));
}

TEST(TimerWheel, an_empty_wheel_may_sleep_for_more_than_half_the_range_of_the_clock) {
  TimerWheel wheel(0);
  const std::uint32_t much_later = (1U << 31U) + 12345;
  wheel.advance(much_later, [](Timer&) { FAIL(); });
  Timer timer;
  wheel.arm(timer, much_later + 1500);
  EXPECT_EQ(distance(timer.deadline_ms, much_later), 1500);
  unsigned fired = 0;
  wheel.advance(much_later + 1499, [&](Timer&) { ++fired; });
  EXPECT_EQ(fired, 0U);
  wheel.advance(much_later + 1500, [&](Timer&) { ++fired; });
  EXPECT_EQ(fired, 1U);
}

/// Random arming, disarming and advancing against a map from timer to deadline.
void compare_with_model(std::uint64_t seed) {
  SCOPED_TRACE("replay: TAUTLINE_SEED=" + std::to_string(seed) +
               " server_test --gtest_filter=TimerWheel.behaves_like_a_list_of_deadlines");
  std::mt19937_64 random(seed);
  const auto below = [&](std::uint32_t bound) { return static_cast<std::uint32_t>(random() % bound); };
  // Half of the runs cross the wrap of the clock.
  std::uint32_t now = below(2) == 0 ? static_cast<std::uint32_t>(random()) : 0U - below(200'000);
  TimerWheel wheel(now);
  std::vector<Timer> timers(40);
  std::map<Timer*, std::uint32_t> model;  // when it has to fire

  for (int step = 0; step < 400; ++step) {
    const std::uint32_t scale = 1U << below(26);  // also beyond the longest deadline
    Timer& timer = timers[below(static_cast<std::uint32_t>(timers.size()))];
    switch (below(4)) {
      case 0:
      case 1: {
        const std::uint32_t ahead = below(scale);
        wheel.arm(timer, now + ahead);
        model[&timer] = now + std::min(std::max(ahead, 1U), TimerWheel::longest_ms);
        break;
      }
      case 2:
        wheel.disarm(timer);
        model.erase(&timer);
        break;
      default: {
        now += below(scale);
        std::uint32_t last = 0;
        bool first = true;
        wheel.advance(now, [&](Timer& fired) {
          const auto expected = model.find(&fired);
          ASSERT_NE(expected, model.end()) << "fired a timer that is not armed";
          EXPECT_TRUE(at_or_before(expected->second, now)) << "fired early";
          EXPECT_FALSE(fired.armed);
          if (!first) {
            EXPECT_TRUE(at_or_before(last, expected->second)) << "fired out of order";
          }
          first = false;
          last = expected->second;
          model.erase(expected);
          if (below(4) == 0) {
            Timer& other = timers[below(static_cast<std::uint32_t>(timers.size()))];
            wheel.disarm(other);
            model.erase(&other);
          }
        });
        for (const auto& [late, deadline] : model) {
          ASSERT_TRUE(after(deadline, now)) << "not fired: " << deadline << " at " << now;
          ASSERT_TRUE(late->armed);
        }
        break;
      }
    }
    ASSERT_EQ(wheel.empty(), model.empty());
    for (const auto& [each, deadline] : model) {
      ASSERT_TRUE(at_or_before(wheel.next_ms(), deadline)) << "the next look comes after a deadline";
      ASSERT_TRUE(after(wheel.next_ms(), now)) << "a look at the past";
    }
    if (::testing::Test::HasFailure()) return;
  }
}

TEST(TimerWheel, behaves_like_a_list_of_deadlines) {
  if (const char* const seed = std::getenv("TAUTLINE_SEED")) {
    compare_with_model(std::strtoull(seed, nullptr, 10));
    return;
  }
  for (std::uint64_t seed = 1; seed <= 200 && !HasFailure(); ++seed) compare_with_model(seed);
}

}  // namespace
}  // namespace tautline::test
