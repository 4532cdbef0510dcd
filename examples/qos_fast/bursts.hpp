#pragma once

#include <chrono>
#include <iostream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <nlohmann/json.hpp>

#include "coroutine.hpp"
#include "number_check.hpp"
#include "tautline/core/line_rules.hpp"

namespace qos_fast {

/// The same on both sides.
struct Plan {
  int writers = 4;
  int bursts = 25;
  int burst_lines = 20;
  int period_ms = 300;

  void add_to(CLI::App& command) {
    const auto add = [&](const char* name, int& value, const char* text) {
      command.add_option(name, value, text)->check(CLI::Range(1, 10'000))->capture_default_str();
    };
    add("--writers", writers, "coroutines that write at the same time; the same on both sides");
    add("--bursts", bursts, "bursts of each; the same on both sides");
    add("--burst-lines", burst_lines, "lines of a burst; the same on both sides");
    add("--period", period_ms, "ms between two bursts");
  }
  long lines_of_a_writer() const { return static_cast<long>(bursts) * burst_lines; }
};

/// Several coroutines that write bursts of numbered lines to one Link: a tautline::Connection or a posix::AsyncClient.
template <class Link>
class BurstWriters {
 public:
  BurstWriters(const asio::any_io_executor& executor, Link link, const Plan& plan) : link_(link), plan_(plan) {
    for (int writer = 0; writer < plan.writers; ++writer) {
      asio::co_spawn(executor, write_bursts(writer), example::rethrow);
    }
  }

  /// All lines are written and acknowledged.
  bool all_delivered() const {
    return sent_ == plan_.lines_of_a_writer() * plan_.writers && link_.unacknowledged() == 0;
  }
  long sent() const { return sent_; }

 private:
  asio::awaitable<void> write_bursts(int writer) {
    nlohmann::json message = {{"writer", writer}, {"number", 0}};
    for (long number = 0; number < plan_.lines_of_a_writer(); ++number) {
      message["number"] = number;
      // Returns when the line is queued, in an outage too; pauses while the queue is full. The order stays.
      co_await link_.write(message.dump(), {.wait = false});
      ++sent_;
      if ((number + 1) % plan_.burst_lines == 0) co_await example::pause(std::chrono::milliseconds(plan_.period_ms));
    }
  }

  Link link_;
  const Plan& plan_;
  long sent_ = 0;
};

/// Checks the lines of the other side's writers, each series for itself.
class BurstChecks {
 public:
  explicit BurstChecks(const Plan& plan)
      : lines_of_a_writer_(plan.lines_of_a_writer()), checks_(static_cast<std::size_t>(plan.writers)) {}

  /// Throws if the line is none of BurstWriters.
  void received(const std::string& line) {
    const auto message = nlohmann::json::parse(line);
    checks_.at(message.at("writer").get<std::size_t>()).received(message.at("number").get<long>());
  }

  bool all_received() const {
    for (const example::NumberCheck& check : checks_) {
      if (check.next() < lines_of_a_writer_ || check.missed() != 0) return false;
    }
    return true;
  }

  /// One line for each writer; true if nothing is wrong.
  bool report(long sent) {
    bool all_well = true;
    for (std::size_t writer = 0; writer < checks_.size(); ++writer) {
      example::NumberCheck& check = checks_[writer];
      check.ended(lines_of_a_writer_);
      all_well = all_well && check.all_well();
      std::cout << "writer " << writer << ": " << check.text() << '\n';
    }
    std::cout << "sent=" << sent << std::endl;
    return all_well;
  }

 private:
  long lines_of_a_writer_;
  std::vector<example::NumberCheck> checks_;
};

}  // namespace qos_fast
