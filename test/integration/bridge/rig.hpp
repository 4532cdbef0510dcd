#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "program.hpp"
#include "temporary_directory.hpp"
#include "wire.hpp"

namespace tautline::test {

/// Real programs: a server (`tautline serve`), the bridge (`tautline_bridge`), a client behind it (`hosted_demo`), with
/// a Wire between the last two; and the account of what was exchanged. Lines of the client are numbered from 0 in each
/// of its lives, lines for it by the rig, from 0.
class Rig {
 public:
  explicit Rig(bool has_store = false);

  Wire& wire() { return *wire_; }
  Program& server() { return *server_; }
  Program& bridge() { return *bridge_; }
  Program& client() { return *client_; }

  /// Each again after it has ended or was killed.
  void start_server();
  void start_bridge(const std::vector<std::string>& more = {});
  void start_client(const std::string& name = "hosted_demo", const std::vector<std::string>& more = {});
  /// kill -9
  void kill_server();
  void kill_bridge();
  void kill_client();
  /// SIGTERM; returns the exit status, 0 if nothing was left behind.
  int stop_server();

  /// Runs until the condition holds; false: it did not within the time. Meanwhile the client is sent lines if traffic
  /// was switched on.
  bool until(const std::function<bool()>& condition, int limit_ms = 30'000);
  void run_for(int ms);
  void traffic(bool on) { traffic_ = on; }
  /// At least so many more lines both ways than now?
  bool until_more_lines(int count, int limit_ms = 30'000);
  /// Until the client has got all that was written for it.
  bool until_client_has_all();

  /// Numbers of the client's lines that the servers have printed, of that life, in the order of printing.
  std::vector<int> at_server(int life = 1);
  /// Numbers of the lines that the client has printed in that life.
  std::vector<int> at_client(int life = 1);
  /// How many of its lines the client knows to be with the server.
  int acknowledged(int life = 1);
  int sent() const { return sent_; }
  int life() const { return static_cast<int>(clients_.size()); }

  /// Stops the traffic and the client, which ends when all of its lines are acknowledged, and checks that each line
  /// came exactly once and in order, both ways. (For a client in its first life.)
  void expect_exactly_once();

 private:
  void push_lines();

  TemporaryDirectory directory_;
  std::unique_ptr<Wire> wire_;
  std::unique_ptr<Program> server_, bridge_, client_;
  const bool has_store_;
  std::string port_ = "0";
  std::string printed_before_;        ///< by servers that have ended
  std::vector<std::string> clients_;  ///< what the clients of all lives have printed; the last one's is in client_
  std::chrono::steady_clock::time_point next_push_;
  int sent_ = 0;
  bool traffic_ = false;
};

/// 0, 1, 2, ...
testing::AssertionResult counts_up_from_0(const std::vector<int>& numbers);

}  // namespace tautline::test
