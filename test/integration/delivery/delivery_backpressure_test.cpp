// Nobody reads: memory stays bounded, nothing is lost, and it goes on when somebody reads again. A full queue: the
// writer chooses whether to pause or to be refused.

#include <malloc.h>

#include <gtest/gtest.h>

#include "delivery_fixture.hpp"

namespace tautline::test {
namespace {

using Lines = std::vector<std::string>;

/// Bytes that the process has from the heap; stands still under a sanitizer, which has a heap of its own.
std::size_t heap_bytes() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

class Backpressure : public DeliveryTest {
 protected:
  static constexpr std::uint32_t inbox_lines = 32;
  static constexpr std::uint32_t window = 8;
  static constexpr std::uint32_t outbox_lines = 24;
  static constexpr std::size_t client_queue_lines = 16;
  static constexpr std::size_t max_line = 64;

  void connect_with_small_queues(std::uint32_t timeout = timeout_ms) {
    ServerOptions small = options();
    small.timeout_ms = timeout;
    small.max_line = max_line;
    small.inbox_lines = inbox_lines;
    small.window = window;
    small.outbox_lines = outbox_lines;
    posix::AsyncClientConfig few = config();
    few.timeout_ms = timeout;
    few.max_line = max_line;
    few.window = window;
    few.queued_lines = client_queue_lines;
    few.io_bytes = 1024;
    connect_through_relay(small, few);
  }
  /// Of the full length, so that queues measured in bytes hold as many as their name says.
  static std::string full_line(std::size_t number) {
    std::string line = "line " + std::to_string(number) + " ";
    line.resize(max_line, '.');
    return line;
  }
  /// What may lie between two applications: the writer's queue and the reader's inbox. (The client's buffers are
  /// measured in bytes and may hold one line more than their name says.)
  std::size_t most_between() const {
    return to_server() ? client_queue_lines + 1 + inbox_lines : outbox_lines + window + 2;
  }
};

// ---- nobody reads

constexpr std::size_t many = 3000;

TEST_P(Backpressure, nobody_reads_and_the_writer_pauses_until_somebody_does) {
  connect_with_small_queues(1000);
  std::size_t written = 0;
  const auto write_all = [&]() -> asio::awaitable<void> {
    for (; written < many; ++written) co_await write_and_wait(full_line(written), {.wait = false});
  };
  const auto writer = spawn(write_all());
  ASSERT_TRUE(until([&] { return written >= window; }));
  pump(2500ms);  // several timeouts: a peer that does not read is no outage
  EXPECT_TRUE(is_up());
  EXPECT_EQ(connects(), 1U);
  EXPECT_FALSE(writer->done);
  EXPECT_LE(written, most_between());

  start_reading();
  ASSERT_TRUE(until([&] { return got.size() >= many; })) << got.size();
  ASSERT_EQ(got.size(), many);
  for (std::size_t i = 0; i < many; ++i) ASSERT_EQ(got[i], full_line(i));
  EXPECT_TRUE(until([&] { return writer->done; }));
}

TEST_P(Backpressure, nobody_reads_and_memory_stays_bounded_whatever_is_offered) {
  connect_with_small_queues();
  std::size_t taken = 0;
  const auto offer = [&](std::size_t lines) {
    for (std::size_t i = 0; i < lines; ++i) {
      if (try_write(full_line(taken)) == WriteStatus::ok) ++taken;
      if (i % 100 == 0) pump();
    }
  };
  offer(many);  // buffers and logs have their size now
  const std::size_t before = heap_bytes();
  offer(20 * many);
  const std::size_t after = heap_bytes();
  EXPECT_LE(after, before + 64 * 1024) << "offered: " << 20 * many * max_line << " bytes";
  EXPECT_LE(taken, most_between());
  start_reading();
  ASSERT_TRUE(until([&] { return got.size() >= taken; }));
  ASSERT_EQ(got.size(), taken);
  for (std::size_t i = 0; i < taken; ++i) ASSERT_EQ(got[i], full_line(i));
}

// ---- a full queue

TEST_P(Backpressure, a_full_queue_refuses_or_pauses_as_the_writer_chose) {
  connect_with_small_queues();
  relay->hold();
  Lines expected;
  while (expected.size() <= many && try_write(full_line(expected.size())) == WriteStatus::ok) {
    expected.push_back(full_line(expected.size()));
  }
  const std::size_t bound = to_server() ? client_queue_lines : outbox_lines;
  ASSERT_GE(expected.size(), bound);
  ASSERT_LE(expected.size(), to_server() ? bound + 1 : bound);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(try_write("refused"), WriteStatus::would_block);

  const auto paused = start_write("paused", {.wait = false});
  expected.push_back("paused");
  ASSERT_TRUE(until([&] { return is_down(); }));
  EXPECT_FALSE(paused->done);
  EXPECT_EQ(try_write("x"), WriteStatus::would_block) << "nobody overtakes one that waits for room";
  EXPECT_EQ(to_server() ? client->unacknowledged() : door->unacknowledged(), expected.size() - 1);

  relay->release();
  start_reading();
  ASSERT_TRUE(until([&] { return paused->done && got.size() >= expected.size(); }));
  EXPECT_FALSE(paused->failure);
  start_write("last", {});
  expected.push_back("last");
  ASSERT_TRUE(until([&] { return has("last"); }));
  EXPECT_EQ(got, expected) << "what was taken arrives once, what was refused does not";
}

INSTANTIATE_TEST_SUITE_P(Links, Backpressure, each_link(), link_name);

// ---- the server's choice for all writers

class ServerQueue : public Backpressure {
 protected:
  void connect_with(WhenFull when_full) {
    ServerOptions small = options();
    small.outbox_lines = outbox_lines;
    small.when_full = when_full;
    small.on_dropped = [this](const Connection&, std::uint32_t count) { told_dropped += count; };
    connect_through_relay(small, config());
    relay->hold();
    ASSERT_TRUE(until([&] { return is_down(); }));
  }
  std::uint32_t told_dropped = 0;
};

TEST_P(ServerQueue, that_refuses_fails_each_write_beyond_its_bound) {
  connect_with(WhenFull::refuse);
  const Lines expected = fill_queue();
  EXPECT_EQ(expected.size(), outbox_lines);
  for (const bool wait : {true, false}) {
    const auto refused = start_write("refused", {.wait = wait});
    ASSERT_TRUE(until([&] { return refused->done; }));
    EXPECT_EQ(refused->error(), Error::queue_full);
  }
  relay->release();
  start_reading();
  ASSERT_TRUE(until([&] { return got.size() >= expected.size() && door->unacknowledged() == 0; }));
  EXPECT_EQ(got, expected);
}

TEST_P(ServerQueue, that_drops_the_oldest_says_which_and_how_many) {
  connect_with(WhenFull::drop_oldest);
  Lines all;
  std::vector<std::shared_ptr<Task>> writes;
  for (std::uint32_t i = 0; i < 3 * outbox_lines; ++i) {
    all.push_back("line " + std::to_string(i));
    writes.push_back(start_write(all.back(), {}));
  }
  const std::size_t dropped = 2 * outbox_lines;
  EXPECT_TRUE(until([&] { return told_dropped == dropped; })) << told_dropped;
  EXPECT_EQ(door->dropped(), dropped);
  relay->release();
  start_reading();
  ASSERT_TRUE(
      until([&] { return std::all_of(writes.begin(), writes.end(), [](const auto& write) { return write->done; }); }));
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(writes[i]->error(), i < dropped ? make_error_code(Error::dropped) : std::error_code()) << all[i];
  }
  EXPECT_EQ(got, Lines(all.begin() + 2 * outbox_lines, all.end()));
}

INSTANTIATE_TEST_SUITE_P(Links, ServerQueue,
                         testing::Values(Cell{Dialect::protocol_2, false}, Cell{Dialect::protocol_1, false}),
                         link_name);

}  // namespace
}  // namespace tautline::test
