// Several writers at once, writes that are cancelled or time out, and the order that wait=True keeps on protocol 1.

#include <map>

#include <asio/experimental/awaitable_operators.hpp>
#include <gtest/gtest.h>

#include "delivery_fixture.hpp"

namespace tautline::test {
namespace {

using namespace asio::experimental::awaitable_operators;
using Lines = std::vector<std::string>;

class Writers : public DeliveryTest {
 protected:
  /// Small queues, so that writers have to wait for room.
  void connect_with_small_queues() {
    ServerOptions small = options();
    small.outbox_lines = 6;
    posix::AsyncClientConfig few = config();
    few.max_line = 32;
    few.queued_lines = 3;
    connect_through_relay(small, few);
  }
  void expect_arrived(const Lines& expected) {
    EXPECT_TRUE(until([&] { return got.size() >= expected.size(); }));
    EXPECT_EQ(got, expected);
  }
};

// ---- side by side

constexpr int writers = 8;
constexpr int lines_each = 40;

TEST_P(Writers, side_by_side_lose_and_double_nothing_and_each_keeps_its_order) {
  connect_with_small_queues();
  start_reading();
  std::vector<std::shared_ptr<Task>> tasks;
  const auto write_all = [&](int writer) -> asio::awaitable<void> {
    for (int i = 0; i < lines_each; ++i) {
      co_await write_and_wait(std::to_string(writer) + " " + std::to_string(i), {.wait = (writer + i) % 3 == 0});
    }
  };
  for (int writer = 0; writer < writers; ++writer) tasks.push_back(spawn(write_all(writer)));
  for (const std::size_t when : {50U, 120U}) {
    ASSERT_TRUE(until([&] { return got.size() >= when; }));
    relay->hold(when == 50 ? back() : forward());
    pump(20ms);
    cut_and_come_back();
  }
  ASSERT_TRUE(until([&] {
    return got.size() >= writers * lines_each &&
           std::all_of(tasks.begin(), tasks.end(), [](const auto& task) { return task->done; });
  })) << got.size()
      << " lines arrived";
  EXPECT_EQ(got.size(), static_cast<std::size_t>(writers * lines_each));
  std::map<std::string, int> next;
  for (const std::string& line : got) {
    const std::size_t space = line.find(' ');
    EXPECT_EQ(line.substr(space + 1), std::to_string(next[line.substr(0, space)]++)) << line;
  }
  for (const auto& task : tasks) EXPECT_FALSE(task->failure);
}

TEST_P(Writers, that_wait_for_room_are_served_in_the_order_of_their_calls) {
  connect_with_small_queues();
  relay->hold();
  Lines expected = fill_queue();
  std::vector<std::shared_ptr<Task>> waiting;
  for (int i = 0; i < 30; ++i) {
    expected.push_back("waiting " + std::to_string(i));
    waiting.push_back(start_write(expected.back(), {.wait = i % 2 == 0}));
  }
  pump(20ms);
  for (const auto& write : waiting) EXPECT_FALSE(write->done);
  relay->release();
  start_reading();
  expect_arrived(expected);
  EXPECT_TRUE(until(
      [&] { return std::all_of(waiting.begin(), waiting.end(), [](const auto& write) { return write->done; }); }));
}

// ---- cancelled

TEST_P(Writers, one_cancelled_before_its_line_was_queued_sends_nothing) {
  connect_with_small_queues();
  relay->hold();
  Lines expected = fill_queue();
  for (const bool wait : {true, false}) {
    CancellableWrite cancelled;
    write("cancelled", {.wait = wait}, cancelled.token());
    pump(20ms);
    EXPECT_FALSE(cancelled.outcome);
    cancelled.cancel();
    ASSERT_TRUE(until([&] { return cancelled.outcome.has_value(); }));
    EXPECT_EQ(*cancelled.outcome, asio::error::operation_aborted);
  }
  expected.push_back("last");
  start_write("last", {});
  relay->release();
  start_reading();
  expect_arrived(expected);
}

TEST_P(Writers, one_cancelled_after_its_line_was_queued_says_so_and_the_line_arrives_once) {
  connect_with_small_queues();
  relay->hold(back());
  CancellableWrite cancelled;
  write("kept", {}, cancelled.token());
  ASSERT_TRUE(until([&] { return relay->came(forward(), "kept"); }));
  EXPECT_FALSE(cancelled.outcome);
  cancelled.cancel();
  ASSERT_TRUE(until([&] { return cancelled.outcome.has_value(); }));
  EXPECT_EQ(*cancelled.outcome, Error::delivery_pending);
  cut_and_come_back();
  start_write("last", {});
  start_reading();
  expect_arrived({"kept", "last"});
}

TEST_P(Writers, one_without_qos_cancelled_in_an_outage_sends_nothing) {
  connect_with_small_queues();
  relay->hold();
  ASSERT_TRUE(until([&] { return is_down(); }));
  CancellableWrite cancelled;
  write("cancelled", {.qos = false}, cancelled.token());
  pump(20ms);
  EXPECT_FALSE(cancelled.outcome);
  cancelled.cancel();
  ASSERT_TRUE(until([&] { return cancelled.outcome.has_value(); }));
  EXPECT_EQ(*cancelled.outcome, asio::error::operation_aborted);
  relay->release();
  start_write("last", {});
  start_reading();
  expect_arrived({"last"});
}

TEST_P(Writers, behind_a_cancelled_one_go_on) {
  connect_with_small_queues();
  relay->hold();
  Lines expected = fill_queue();
  CancellableWrite cancelled;
  write("cancelled", {}, cancelled.token());
  const auto behind = start_write("behind", {});
  expected.push_back("behind");
  pump(20ms);
  cancelled.cancel();
  relay->release();
  start_reading();
  expect_arrived(expected);
  EXPECT_TRUE(until([&] { return behind->done; }));
}

// ---- timed out

TEST_P(Writers, one_that_times_out_tells_whether_its_line_still_arrives) {
  connect_with_small_queues();
  relay->hold();
  const auto times_out = [&](const std::string& line) -> asio::awaitable<bool> {
    const auto first = co_await (write_and_wait(line, {}) || delay(50ms));
    co_return first.index() == 1;
  };
  EXPECT_TRUE(run(times_out("queued in time")));
  Lines expected = fill_queue();
  expected.insert(expected.begin(), "queued in time");
  EXPECT_TRUE(run(times_out("not queued in time")));
  relay->release();
  start_reading();
  expected.push_back("last");
  start_write("last", {});
  expect_arrived(expected);
}

TEST_P(Writers, one_with_a_timeout_that_is_long_enough_is_not_disturbed_by_it) {
  connect_with_small_queues();
  start_reading();
  const auto in_time = [&]() -> asio::awaitable<bool> {
    const auto first = co_await (write_and_wait("quick", {}) || delay(patience));
    co_return first.index() == 0;
  };
  EXPECT_TRUE(run(in_time()));
  expect_arrived({"quick"});
}

INSTANTIATE_TEST_SUITE_P(Links, Writers, each_link(), link_name);

// ---- wait=True on protocol 1

using WithWait1 = Writers;
using WithoutWait1 = Writers;

/// An existing device may discard, unacknowledged, what it has no room for: a line behind it must not be on its way.
TEST_P(WithWait1, a_line_is_not_sent_before_those_before_it_are_acknowledged) {
  connect_through_relay();
  start_reading();
  start_write("first of all", {});  // on protocol 1 it travels alone in any case
  ASSERT_TRUE(until([&] { return has("first of all"); }));
  pump(20ms);
  relay->hold(back());
  start_write("ordered 1", {});
  start_write("ordered 2", {});
  ASSERT_TRUE(until([&] { return has("ordered 1"); }));
  pump(50ms);
  EXPECT_FALSE(relay->came(forward(), "ordered 2"));
  relay->release();
  ASSERT_TRUE(until([&] { return has("ordered 2"); }));
  EXPECT_EQ(got, (Lines{"first of all", "ordered 1", "ordered 2"}));
}

TEST_P(WithoutWait1, lines_are_sent_at_once) {
  connect_through_relay();
  start_reading();
  start_write("first of all", {});
  ASSERT_TRUE(until([&] { return has("first of all"); }));
  pump(20ms);
  relay->hold(back());
  start_write("at once 1", {.wait = false});
  start_write("at once 2", {.wait = false});
  ASSERT_TRUE(until([&] { return has("at once 2"); })) << "while no acknowledgement comes";
  EXPECT_EQ(got, (Lines{"first of all", "at once 1", "at once 2"}));
}

INSTANTIATE_TEST_SUITE_P(Links, WithWait1,
                         testing::Values(Cell{Dialect::protocol_1, true}, Cell{Dialect::protocol_1, false}), link_name);
INSTANTIATE_TEST_SUITE_P(Links, WithoutWait1,
                         testing::Values(Cell{Dialect::protocol_1, true}, Cell{Dialect::protocol_1, false}), link_name);

}  // namespace
}  // namespace tautline::test
