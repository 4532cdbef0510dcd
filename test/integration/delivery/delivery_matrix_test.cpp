// qos and wait in all combinations, in both directions, on both protocols: when write() returns, what arrives through
// outages, and in which order. docs/delivery.md is the table of this.

#include <gtest/gtest.h>

#include "delivery_fixture.hpp"

namespace tautline::test {
namespace {

std::vector<Cell> cells(bool qos) {
  std::vector<Cell> result;
  for (const Dialect protocol : {Dialect::protocol_2, Dialect::protocol_1}) {
    for (const bool to_server : {true, false}) {
      for (const bool wait : {true, false}) result.push_back({protocol, to_server, qos, wait});
    }
  }
  return result;
}

// ---- with qos

class QosLines : public DeliveryTest {
 protected:
  /// Starts writes side by side, each before the one before it is done.
  void start_lines(int count) {
    for (int i = 0; i < count; ++i) {
      expected.push_back("line " + std::to_string(expected.size()) + ";");
      writes.push_back(start_write(expected.back(), cell_options()));
    }
  }
  std::size_t done() const {
    return static_cast<std::size_t>(
        std::count_if(writes.begin(), writes.end(), [](const auto& write) { return write->done; }));
  }
  void expect_all_arrived(const char* after) {
    ASSERT_TRUE(until([&] { return got.size() >= expected.size() && done() == writes.size(); }))
        << after << ": " << got.size() << " lines of " << expected.size() << " arrived, " << done() << " writes of "
        << writes.size() << " returned";
    ASSERT_EQ(got, expected) << after;
  }

  std::vector<std::string> expected;
  std::vector<std::shared_ptr<Task>> writes;
};

TEST_P(QosLines, arrive_once_and_in_order_through_outages) {
  connect_through_relay();
  start_reading();
  start_lines(3);
  expect_all_arrived("no outage");

  // Lines arrive, their acknowledgements are lost.
  const std::size_t done_before = done();
  relay->hold(back());
  start_lines(5);
  ASSERT_TRUE(until([&] { return got.size() > done_before; }));
  EXPECT_EQ(done() - done_before, GetParam().wait ? 0U : 5U);
  cut_and_come_back();
  expect_all_arrived("acknowledgements were lost");

  // Lines are lost.
  relay->hold(forward());
  start_lines(5);
  ASSERT_TRUE(until([&] { return relay->came(forward(), expected[expected.size() - 5]); }));
  cut_and_come_back();
  expect_all_arrived("lines were lost");

  // Nothing passes until both ends know it; what was on its way arrives late.
  relay->hold();
  start_lines(5);
  ASSERT_TRUE(until([&] { return is_down(); }));
  start_lines(5);
  relay->release();
  expect_all_arrived("a freeze");

  // Half open: what goes to the server passes, nothing comes back until the client has given up.
  relay->hold(Relay::to_client);
  start_lines(5);
  const std::uint32_t before = connects();
  ASSERT_TRUE(until([&] { return !client->status() || connects() != before; }));
  relay->release();
  expect_all_arrived("a half-open connection");

  start_lines(1);  // a late duplicate would come before it
  expect_all_arrived("the end");
  for (const auto& write : writes) EXPECT_FALSE(write->failure);
}

TEST_P(QosLines, write_returns_when_documented) {
  connect_through_relay();
  relay->hold(forward());
  const auto first = start_write("first", cell_options());
  ASSERT_TRUE(until([&] { return relay->came(forward(), "first"); }));
  if (!GetParam().wait) {
    EXPECT_TRUE(first->done) << "queued is enough";
    relay->hold();
    ASSERT_TRUE(until([&] { return is_down(); }));
    const auto second = start_write("second", cell_options());
    ASSERT_TRUE(until([&] { return second->done; })) << "an outage is no reason to wait";
    EXPECT_TRUE(is_down());
    relay->release();
    start_reading();
    ASSERT_TRUE(until([&] { return got.size() == 2; }));
    EXPECT_EQ(got, (std::vector<std::string>{"first", "second"}));
    return;
  }
  pump(30ms);
  EXPECT_FALSE(first->done) << "the peer has not got it";
  relay->release();
  if (protocol_2() && !to_server()) {
    std::string_view line;
    ASSERT_TRUE(until([&] { return client->try_readline(line); }));
    EXPECT_EQ(line, "first");
    pump(30ms);
    EXPECT_FALSE(first->done) << "handed out is not taken";
    client->accept();
    ASSERT_TRUE(until([&] { return first->done; }));
  } else {
    ASSERT_TRUE(until([&] { return first->done; })) << "it is in the peer's inbox, though nobody reads";
  }
  EXPECT_FALSE(first->failure);
}

INSTANTIATE_TEST_SUITE_P(Matrix, QosLines, testing::ValuesIn(cells(true)),
                         [](const auto& instance) { return instance.param.name(); });

// ---- without qos

class PlainLines : public DeliveryTest {
 protected:
  std::string next_line() { return "plain " + std::to_string(++count_) + ";"; }
  /// Its number, 0 for another line.
  static int number_of(const std::string& line) { return line.rfind("plain ", 0) == 0 ? std::stoi(line.substr(6)) : 0; }

  /// On a link that is up a line arrives; only an outage in between, which a loaded machine may make, excuses it.
  bool one_arrives() {
    for (int attempt = 0; attempt < 5; ++attempt) {
      if (!until([&] { return is_up(); })) return false;
      const std::string line = next_line();
      const std::uint32_t before = connects();
      const auto write = start_write(line, cell_options());
      const auto undisturbed = [&] { return connects() == before && is_up(); };
      if (!until([&] { return (write->done && has(line)) || !undisturbed(); })) return false;
      if (has(line)) return true;
    }
    return false;
  }
  void expect_each_once_and_in_order() {
    int last = 0;
    for (const std::string& line : got) {
      const int number = number_of(line);
      if (number == 0) continue;
      EXPECT_GT(number, last) << "twice, or out of order";
      last = number;
    }
  }

 private:
  int count_ = 0;
};

TEST_P(PlainLines, arrive_at_most_once_through_outages) {
  connect_through_relay();
  start_reading();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(one_arrives()) << i;
  // A burst: a receiver may have room for its first line only, but those that arrive are in order.
  for (int i = 0; i < 5; ++i) start_write(next_line(), cell_options());
  pump(50ms);
  ASSERT_TRUE(one_arrives());

  // The line arrives, and nothing that says so: write() does not wait for that.
  relay->hold(back());
  const std::string arrived = next_line();
  const auto unanswered = start_write(arrived, cell_options());
  ASSERT_TRUE(until([&] { return has(arrived); }));
  EXPECT_TRUE(unanswered->done);
  cut_and_come_back();
  ASSERT_TRUE(one_arrives());

  // The line is lost on its way.
  relay->hold(forward());
  const std::string lost = next_line();
  const auto unheard = start_write(lost, cell_options());
  ASSERT_TRUE(until([&] { return relay->came(forward(), lost); }));
  EXPECT_TRUE(unheard->done);
  cut_and_come_back();
  ASSERT_TRUE(one_arrives());

  // A freeze that is not known yet takes the line.
  relay->hold();
  const auto frozen = start_write(next_line(), cell_options());
  ASSERT_TRUE(until([&] { return frozen->done && is_down(); }));
  relay->release();
  ASSERT_TRUE(one_arrives());

  start_write("end", {});  // a late duplicate would come before it
  ASSERT_TRUE(until([&] { return has("end"); }));
  expect_each_once_and_in_order();
  EXPECT_FALSE(protocol_2() && has(lost)) << "it is never sent again";
}

TEST_P(PlainLines, pause_while_the_link_is_down) {
  connect_through_relay();
  start_reading();
  ASSERT_TRUE(one_arrives());
  relay->hold();
  ASSERT_TRUE(until([&] { return is_down(); }));
  const std::string line = next_line();
  const auto write = start_write(line, cell_options());
  pump(50ms);
  EXPECT_FALSE(write->done);
  EXPECT_EQ(try_write("refused", false), WriteStatus::would_block);
  EXPECT_TRUE(is_down());
  relay->release();
  ASSERT_TRUE(until([&] { return write->done; }));
  EXPECT_FALSE(write->failure);
  const std::uint32_t once = connects();
  EXPECT_TRUE(until([&] { return has(line) || connects() != once; }));
  EXPECT_FALSE(has("refused"));
}

TEST_P(PlainLines, overtake_lines_that_wait_for_credit_on_protocol_2_only) {
  constexpr std::uint32_t window = 8;
  constexpr std::size_t lines = 30;
  ServerOptions server_options = options();
  server_options.window = window;
  posix::AsyncClientConfig client_config = config();
  client_config.window = window;
  connect_through_relay(server_options, client_config);
  start_reading();
  ASSERT_TRUE(one_arrives());
  const std::size_t before = got.size();
  relay->hold(back());  // no credit comes back
  for (std::size_t i = 0; i < lines; ++i) start_write("qos " + std::to_string(i), {.wait = false});
  const std::string plain = next_line();
  const std::uint32_t once = connects();
  start_write(plain, cell_options());
  if (protocol_2()) {
    ASSERT_TRUE(until([&] { return has(plain) || connects() != once; }));
    EXPECT_LE(got.size(), before + window + 1);
  }
  relay->release();
  ASSERT_TRUE(until([&] { return has("qos 29") && (has(plain) || connects() != once); }));
  EXPECT_TRUE(protocol_2() || !has(plain) || got.back() == plain);
}

INSTANTIATE_TEST_SUITE_P(Matrix, PlainLines, testing::ValuesIn(cells(false)),
                         [](const auto& instance) { return instance.param.name(); });

}  // namespace
}  // namespace tautline::test
