#pragma once

#include <stdlib.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "network.hpp"
#include "record.hpp"

namespace tautline::test {

/// A server and a client in two network namespaces, exchanging numbered lines in both directions all the time.
///
/// Needs root, network namespaces and iptables. Where one is missing the tests are skipped and say why; with
/// TAUTLINE_REQUIRE_NAMESPACES in the environment that is a failure.
class Outage : public ::testing::Test {
 public:
  static constexpr int patience_ms = 30'000;
  /// Long enough for either side to notice.
  static constexpr int longer_than_the_timeout_ms = 2'000;

  void SetUp() override {
    const std::string missing = network.make();
    if (missing.empty()) return;
    if (::getenv("TAUTLINE_REQUIRE_NAMESPACES") != nullptr) FAIL() << missing;
    GTEST_SKIP() << missing;
  }
  void TearDown() override {
    node_process.reset();
    hub_process.reset();
    std::error_code ignored;
    if (!directory_.empty()) std::filesystem::remove_all(directory_, ignored);
  }

  // ---- the programs

  /// Starts the server, in its first or a later life.
  void start_hub(long read_limit = 0) {
    hubs.emplace_back(file("hub" + std::to_string(hubs.size() + 1)));
    hub_process = std::make_unique<Process>(
        network.hub, std::vector<std::string>{TAUTLINE_OUTAGE_HUB, file("hub" + std::to_string(hubs.size())),
                                              std::to_string(hubs.size()), std::to_string(read_limit)});
    ASSERT_TRUE(until([&] { return hub().has_note("started"); }));
  }
  void start_node(const std::string& server = Network::hub_address, const std::string& hosts = {}) {
    node_process = std::make_unique<Process>(
        network.node, std::vector<std::string>{TAUTLINE_OUTAGE_NODE, file("node"), server}, hosts);
    node_reader_ = std::make_unique<RecordReader>(file("node"));
    ASSERT_TRUE(until([&] { return node().has_note("started"); }));
  }
  std::string file(const std::string& name) {
    if (directory_.empty()) {
      directory_ = ::testing::TempDir() + "tautline_outage_XXXXXX";
      EXPECT_NE(::mkdtemp(directory_.data()), nullptr);
    }
    return directory_ + "/" + name;
  }

  const Story& node() { return node_reader_->story(); }
  /// The present life of the server.
  const Story& hub() { return hubs.back().story(); }

  // ---- the course of a test

  template <typename Condition>
  bool until(Condition condition, int limit_ms = patience_ms) {
    const std::int64_t limit = monotonic_ms() + limit_ms;
    while (!condition()) {
      if (monotonic_ms() >= limit) return false;
      pause(10);
    }
    return true;
  }
  static void pause(int ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); }

  /// Lines arrive on both sides.
  void expect_flow(std::size_t lines = 200) {
    if (HasFatalFailure()) return;
    const std::size_t at_node = node().received.size() + lines;
    const std::size_t at_hub = hub().received.size() + lines;
    ASSERT_TRUE(until([&] { return node().received.size() >= at_node; })) << state();
    ASSERT_TRUE(until([&] { return hub().received.size() >= at_hub; })) << state();
  }
  /// Both sides take the link for down; says how long that took, and asserts nothing about it.
  void expect_noticed(const char* what, std::int64_t since_ms) {
    if (HasFatalFailure()) return;
    ASSERT_TRUE(until([&] { return noticed_after(node(), since_ms) >= 0; })) << state();
    ASSERT_TRUE(until([&] { return noticed_after(hub(), since_ms) >= 0; })) << state();
    print_noticed(what, since_ms);
  }
  void print_noticed(const char* what, std::int64_t since_ms) {
    print_noticed_by("client", what, node(), since_ms);
    print_noticed_by("server", what, hub(), since_ms);
  }
  /// Both stop writing; what is under way arrives and is acknowledged.
  void finish() {
    if (HasFatalFailure()) return;
    node_process->signal(SIGUSR1);
    hub_process->signal(SIGUSR1);
    ASSERT_TRUE(until([&] { return node().has_note("drained") && hub().has_note("drained"); })) << state();
  }
  void run_in(const Namespace& in, const std::vector<std::string>& command) {
    const std::string error = in.run(command);
    ASSERT_EQ(error, "");
  }

  // ---- what must hold

  /// Every line that was written arrived exactly once, in order, and was acknowledged: over all lives of the server.
  void expect_exactly_once() {
    if (HasFatalFailure()) return;
    std::vector<Line> written_by_hubs, received_by_hubs;
    for (RecordReader& reader : hubs) {
      append(written_by_hubs, reader.story().written);
      append(received_by_hubs, reader.story().received);
    }
    expect_same("client to server", node().written, received_by_hubs);
    expect_same("server to client", written_by_hubs, node().received);
    expect_same("acknowledged to the client", node().written, node().acknowledged);
    std::printf("%zu lines to the server, %zu to the client, %zu connections\n", node().written.size(),
                written_by_hubs.size(), ups(node()));
  }
  static void expect_same(const char* what, const std::vector<Line>& expected, const std::vector<Line>& actual) {
    for (std::size_t i = 0; i < expected.size() && i < actual.size(); ++i) {
      ASSERT_EQ(to_string(actual[i]), to_string(expected[i])) << what << ", place " << i << " (life and number)";
    }
    ASSERT_EQ(actual.size(), expected.size()) << what;
    ASSERT_FALSE(actual.empty()) << what;
  }
  static std::vector<Line> part(const std::vector<Line>& lines, std::size_t from, std::size_t to) {
    const auto at = [&](std::size_t i) { return lines.begin() + static_cast<std::ptrdiff_t>(i); };
    return {at(from), at(to)};
  }
  static std::size_t ups(const Story& story) {
    std::size_t count = 0;
    for (const Change& change : story.changes) count += change.up ? 1 : 0;
    return count;
  }

  Network network;
  std::unique_ptr<Process> hub_process, node_process;
  std::vector<RecordReader> hubs;  ///< the records of all lives of the server

 private:
  static void append(std::vector<Line>& to, const std::vector<Line>& more) {
    to.insert(to.end(), more.begin(), more.end());
  }
  /// -1: it did not.
  static std::int64_t noticed_after(const Story& story, std::int64_t since_ms) {
    for (const Change& change : story.changes) {
      if (!change.up && change.at_ms >= since_ms) return change.at_ms - since_ms;
    }
    return -1;
  }
  static void print_noticed_by(const char* who, const char* what, const Story& story, std::int64_t since_ms) {
    const std::int64_t after_ms = noticed_after(story, since_ms);
    if (after_ms < 0) {
      std::printf("%s: the %s noticed nothing\n", what, who);
    } else {
      std::printf("%s: the %s noticed after %lld ms\n", what, who, static_cast<long long>(after_ms));
    }
  }
  std::string state() {
    std::string text = "client received " + std::to_string(node().received.size()) + " of " +
                       std::to_string(hub().written.size()) + ", server " + std::to_string(hub().received.size()) +
                       " of " + std::to_string(node().written.size()) + "; client's link:";
    for (const Change& change : node().changes) text += (change.up ? " up" : " down (" + change.reason + ")");
    return text;
  }

  std::unique_ptr<RecordReader> node_reader_;
  std::string directory_;
};

}  // namespace tautline::test
