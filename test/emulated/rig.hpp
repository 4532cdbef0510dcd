#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "emulator.hpp"
#include "program.hpp"
#include "temporary_directory.hpp"

namespace tautline::test {

struct RigOptions {
  int server_timeout_ms = 700;
  bool durable = false;  ///< the server has a store
};

/// A real server (`tautline serve`) on a free port of the loopback, emulated devices that talk to it, and the account
/// of what was exchanged. All lines are numbered: those of a device by its firmware, from 0 in each of its lives; those
/// for a device by the rig, from 0.
class Rig {
 public:
  explicit Rig(std::vector<std::string> ids, int server_timeout_ms = 700)
      : Rig(std::move(ids), RigOptions{server_timeout_ms}) {}
  Rig(std::vector<std::string> ids, const RigOptions& options);
  ~Rig();
  Rig(const Rig&) = delete;
  Rig& operator=(const Rig&) = delete;

  Program& server() { return *server_; }
  /// Again on the same port, after stop_server() or kill_server().
  void start_server();
  /// SIGTERM; returns the exit status, 0 if nothing was left behind.
  int stop_server();
  void kill_server();

  /// A device that calls itself by one of the ids. More settings as `timeout=700`.
  Emulator& add_device(const Board& board, const std::string& id, const std::vector<std::string>& settings = {},
                       const EmulatorOptions& options = {});
  Emulator& device(const std::string& id) { return *devices_.at(id); }

  /// Runs until the condition holds; false: it did not within the time. Meanwhile each device is sent a line every
  /// `period_ms` if traffic was switched on.
  bool until(const std::function<bool()>& condition, int limit_ms = 30'000);
  void run_for(int ms);
  /// Called in each turn of until(), for what else connects the devices.
  void each_turn(std::function<void()> action) { each_turn_ = std::move(action); }
  void start_traffic(int period_ms);
  void stop_traffic() { period_ms_ = 0; }
  /// One line for a device that is no number.
  void send(const std::string& id, const std::string& line) { server_->send(id + "\t" + line + "\n"); }

  /// Numbers of the lines from a device that the server has printed, in the order of printing; `life`: 1 until the
  /// first reset of the board.
  const std::vector<int>& at_server(const std::string& id, int life = 1);
  /// Numbers of the lines that the application of the device has got in that life, in the order of getting.
  std::vector<int> at_device(const std::string& id, int life = 1);
  /// How many lines were written for a device, and how many a device has written in a life.
  int sent_to_device(const std::string& id) { return sent_[id]; }
  int written_by_device(const std::string& id, int life = 1);
  /// How many lines of its life the device knows to be with the server.
  int acknowledged_to_device(const std::string& id, int life = 1);
  /// How often the link of the device came up.
  std::size_t connects(const std::string& id) { return device(id).count("link up"); }

  /// At least so many more lines in both directions than now?
  bool until_more_lines(const std::string& id, int count, int limit_ms = 30'000);
  /// Stops traffic, waits until all that was written until then has arrived, and checks that each line came exactly
  /// once and in order, both ways. (For a device in its first life.)
  void expect_exactly_once(const std::string& id);

 private:
  void keep_output();
  void push_lines();

  const std::vector<std::string> ids_;
  const int timeout_ms_;
  std::optional<TemporaryDirectory> store_directory_;  ///< none: the server has no store
  std::string port_ = "0";
  std::unique_ptr<Program> server_;
  std::size_t parsed_ = 0;  ///< bytes of the server's output
  std::map<std::pair<std::string, int>, std::vector<int>> at_server_;
  std::map<std::string, std::unique_ptr<Emulator>> devices_;
  std::map<std::string, int> sent_;
  std::function<void()> each_turn_;
  int period_ms_ = 0;
  std::chrono::steady_clock::time_point next_push_;
};

/// 0, 1, 2, ...
bool counts_up_from_0(const std::vector<int>& numbers);
/// For a failure: the first places where the numbers do not count up by one.
std::string irregularities(const std::vector<int>& numbers);

}  // namespace tautline::test
