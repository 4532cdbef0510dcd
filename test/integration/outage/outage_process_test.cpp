// A process fails: killed, stopped in order, frozen; while lines flow both ways.

#include <algorithm>

#include "outage_fixture.hpp"

namespace tautline::test {
namespace {

class ServerKilled : public Outage {
 public:
  /// Returns when the client has noticed.
  void kill_server() {
    if (HasFatalFailure()) return;
    const std::int64_t killed_at = monotonic_ms();
    hub_process->signal(SIGKILL);
    ASSERT_EQ(hub_process->wait(patience_ms), 1000 + SIGKILL);
    ASSERT_TRUE(until([&] { return !node().changes.back().up; }));
    print_noticed_by_client(killed_at);
  }
  void restart() {
    if (HasFatalFailure()) return;
    start_hub();
    expect_flow();
    finish();
  }
  void print_noticed_by_client(std::int64_t killed_at) {
    for (const Change& change : node().changes) {
      if (change.up || change.at_ms < killed_at) continue;
      std::printf("server killed: the client noticed after %lld ms\n",
                  static_cast<long long>(change.at_ms - killed_at));
      return;
    }
  }

  /// What the protocol document promises for a server that keeps its records in RAM, and nothing beyond it.
  void expect_what_is_promised() {
    if (HasFatalFailure()) return;
    ASSERT_EQ(hubs.size(), 2U);
    const Story& before = hubs[0].story();
    const Story& after = hubs[1].story();
    const auto& written = node().written;

    // To the server: what the client knew to be acknowledged when it met the new server never comes again; everything
    // else comes, once, in order. What the old one had acknowledged and not read is lost, no other line.
    ASSERT_GE(node().changes.size(), 3U);
    const Change& up_again = node().changes.back();
    ASSERT_TRUE(up_again.up);
    acknowledged = up_again.acknowledged_before;
    read_before = before.received.size();
    ASSERT_LE(acknowledged, written.size());
    ASSERT_LE(read_before, written.size());
    expect_same("the server killed read", part(written, 0, read_before), before.received);
    expect_same("its successor read", part(written, acknowledged, written.size()), after.received);
    expect_same("acknowledged in the end", written, node().acknowledged);

    // To the client: what arrived of the first life is in order, without a gap, with everything that was acknowledged;
    // the rest died with the server. Of the second life everything arrives, once, in order.
    const auto& received = node().received;
    const auto second = std::find_if(received.begin(), received.end(), [](const Line& line) { return line.life == 2; });
    const auto from_first = static_cast<std::size_t>(second - received.begin());
    ASSERT_LE(from_first, before.written.size());
    EXPECT_GE(from_first, before.acknowledged.size());
    expect_same("of the first life", part(before.written, 0, from_first), part(received, 0, from_first));
    expect_same("of the second life", after.written, part(received, from_first, received.size()));
    lost_to_client = before.written.size() - from_first;
    std::printf("to the server: %zu acknowledged and unread lines lost, %zu delivered twice; to the client: %zu lost\n",
                acknowledged > read_before ? acknowledged - read_before : 0,
                read_before > acknowledged ? read_before - acknowledged : 0, lost_to_client);
  }

  std::size_t acknowledged = 0;  ///< lines that the client knew to be in the server's keeping
  std::size_t read_before = 0;   ///< lines that the application of the killed server had read
  std::size_t lost_to_client = 0;
};

TEST_F(ServerKilled, and_restarted) {
  start_hub();
  start_node();
  expect_flow();
  kill_server();
  restart();
  expect_what_is_promised();
}

TEST_F(ServerKilled, while_its_application_reads_no_more) {
  const std::size_t limit = 300;
  start_hub(limit);
  start_node();
  expect_flow();
  ASSERT_TRUE(until([&] { return node().acknowledged.size() > limit + 100; }));
  kill_server();
  restart();
  expect_what_is_promised();
  EXPECT_EQ(read_before, limit);
  EXPECT_GT(acknowledged, limit + 100) << "lines that were acknowledged and not read: lost";
}

// Lines are under way in both directions when it dies: read and not known to be acknowledged, written and not arrived.
TEST_F(ServerKilled, while_the_client_does_not_hear_it) {
  start_hub();
  start_node();
  expect_flow();
  run_in(network.node, {"iptables", "-A", "INPUT", "-j", "DROP"});
  const std::size_t known = node().acknowledged.size();
  ASSERT_TRUE(until([&] { return hub().received.size() > known + 10; }));
  ASSERT_TRUE(until([&] { return hub().written.size() > node().received.size() + 10; }));
  kill_server();
  run_in(network.node, {"iptables", "-D", "INPUT", "-j", "DROP"});
  restart();
  expect_what_is_promised();
  EXPECT_GT(read_before, acknowledged) << "delivered twice";
  EXPECT_GT(lost_to_client, 0U);
}

TEST_F(Outage, the_server_is_stopped_in_order_and_restarted) {
  start_hub();
  start_node();
  expect_flow();
  const std::int64_t stopped_at = monotonic_ms();
  hub_process->signal(SIGTERM);
  ASSERT_EQ(hub_process->wait(patience_ms), 0);
  ASSERT_TRUE(hub().has_note("stopped 0 0 0")) << "unacknowledged, unread, not parted: " << hub().notes.back();
  print_noticed("server stopped", stopped_at);
  start_hub();
  expect_flow();
  finish();
  expect_exactly_once();
}

TEST_F(Outage, the_server_is_frozen_for_longer_than_the_timeout) {
  start_hub();
  start_node();
  expect_flow();
  const std::int64_t frozen_at = monotonic_ms();
  hub_process->signal(SIGSTOP);
  pause(2 * longer_than_the_timeout_ms);
  hub_process->signal(SIGCONT);
  expect_noticed("server frozen", frozen_at);
  expect_flow();
  finish();
  expect_exactly_once();
}

TEST_F(Outage, the_client_is_frozen_for_longer_than_the_timeout) {
  start_hub();
  start_node();
  expect_flow();
  const std::int64_t frozen_at = monotonic_ms();
  node_process->signal(SIGSTOP);
  pause(longer_than_the_timeout_ms);
  node_process->signal(SIGCONT);
  expect_noticed("client frozen", frozen_at);
  expect_flow();
  finish();
  expect_exactly_once();
}

}  // namespace
}  // namespace tautline::test
