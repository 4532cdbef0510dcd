// Server and clients under load in both directions; the server is killed (SIGKILL) at random instants and started
// again, clients are killed at random too. At the end the accounting is exact, and the file passes its checks.
//
//   TAUTLINE_KILLS=1000 TAUTLINE_SEED=7 .../durable_kill_test     by hand; the default is 100 kills and a new seed

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "child.hpp"
#include "temporary_directory.hpp"

namespace tautline::test {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

unsigned setting(const char* name, unsigned otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : static_cast<unsigned>(std::strtoul(text, nullptr, 10));
}

/// Lines of another life have other numbers, so that what a killed process had under way is told apart.
constexpr long numbers_in_a_life = 1'000'000;

/// One client id and all its lives.
struct Node {
  std::string id;
  std::unique_ptr<Child> process;
  long lives = 0;
  std::vector<long> acknowledged;           ///< what write() returned for, over all lives
  std::vector<std::vector<long>> received;  ///< one vector a life
  std::vector<long> accepted;               ///< for it: what the server's write() returned for
};

class DurableKill : public ::testing::Test {
 protected:
  void SetUp() override {
    seed_ = setting("TAUTLINE_SEED", std::random_device{}());
    random_.seed(seed_);
    for (const char* const id : {"node-1", "node-2", "node-3", "node-4"}) nodes_[id].id = id;
  }
  void TearDown() override {
    nodes_.clear();
    server_.reset();
    if (HasFailure()) std::printf("replay (the same faults, at instants as near as may be): TAUTLINE_SEED=%u\n", seed_);
  }

  // ---- processes

  void start_server() {
    std::vector<std::string> command{TAUTLINE_DURABLE_HUB, file(), std::to_string(port_),
                                     std::to_string(++server_lives_ * numbers_in_a_life)};
    for (const auto& [id, node] : nodes_) command.push_back(id);
    ready_ = false;
    server_ = std::make_unique<Child>(command);
    ASSERT_TRUE(run_until([&] { return ready_; })) << "the server did not start";
  }
  void kill_server() {
    server_->signal(SIGKILL);
    server_->wait();
    read_all();
  }
  void start(Node& node) {
    node.received.emplace_back();
    node.process = std::make_unique<Child>(std::vector<std::string>{
        TAUTLINE_DURABLE_NODE, std::to_string(port_), node.id, std::to_string(++node.lives * numbers_in_a_life)});
  }
  /// The device loses its memory.
  void reboot(Node& node) {
    node.process->signal(SIGKILL);
    node.process->wait();
    read_all();
    start(node);
  }
  void read_all() {
    if (server_) server_->read([this](const std::string& line) { hear(line); });
    for (auto& [id, node] : nodes_) {
      if (node.process) node.process->read([this](const std::string& line) { hear(line); });
    }
  }
  void hear(const std::string& line) {
    char what[16] = "";
    char id[32] = "";
    long number = 0;
    const int fields = std::sscanf(line.c_str(), "%15s %31s %ld", what, id, &number);
    const std::string said = what;
    if (said == "ready") {
      port_ = std::atoi(id);
      ready_ = true;
    } else if (said == "drained") {
      drained_ += line + " ";
      ++drained_count_;
    } else if (fields == 3 && said == "accepted") {
      nodes_.at(id).accepted.push_back(number);
    } else if (fields == 3 && said == "acknowledged") {
      nodes_.at(id).acknowledged.push_back(number);
    } else if (fields == 3 && said == "got") {
      nodes_.at(id).received.back().push_back(number);
    } else {
      ADD_FAILURE() << "a program said: " << line;
    }
  }

  bool run_until(const std::function<bool()>& condition, std::chrono::milliseconds limit = 60s) {
    const auto end = Clock::now() + limit;
    while (!condition()) {
      if (Clock::now() >= end || HasFailure()) return false;
      std::this_thread::sleep_for(1ms);
      read_all();
    }
    return true;
  }
  void run_for(std::chrono::milliseconds time) {
    run_until([] { return false; }, time);
  }
  unsigned between(unsigned least, unsigned most) {
    return std::uniform_int_distribution<unsigned>(least, most)(random_);
  }

  // ---- the file

  std::string file() const { return (directory_ / "links.db").string(); }
  /// The first column of all rows.
  std::vector<std::string> execute(const std::string& sql) {
    sqlite3* database = nullptr;
    EXPECT_EQ(sqlite3_open(file().c_str(), &database), SQLITE_OK);
    std::vector<std::string> rows;
    const auto take = [](void* all, int, char** row, char**) {
      static_cast<std::vector<std::string>*>(all)->emplace_back(row[0] == nullptr ? "" : row[0]);
      return 0;
    };
    char* error = nullptr;
    EXPECT_EQ(sqlite3_exec(database, sql.c_str(), take, &rows, &error), SQLITE_OK) << sql << ": " << error;
    sqlite3_close(database);
    return rows;
  }

  // ---- what must hold

  void expect_client_to_server(const Node& node) {
    std::vector<long> effects;
    for (const std::string& line :
         execute("SELECT line FROM effects WHERE client = '" + node.id + "' ORDER BY number")) {
      effects.push_back(std::stol(line));
    }
    EXPECT_TRUE(std::is_sorted(effects.begin(), effects.end())) << node.id << ": out of order";
    EXPECT_EQ(std::adjacent_find(effects.begin(), effects.end()), effects.end()) << node.id << ": twice";
    for (const long number : node.acknowledged) {
      ASSERT_TRUE(std::binary_search(effects.begin(), effects.end(), number))
          << node.id << ": line " << number << " was acknowledged and is lost";
    }
    lines_to_server_ += effects.size();
  }

  /// Every line that the server's write returned for arrives, in order. Within a life of the client once; a line whose
  /// acknowledgement the killed client did not get out may come again in the next life, and only the last few can.
  void expect_server_to_client(const Node& node) {
    std::set<long> seen;
    for (const std::vector<long>& life : node.received) {
      EXPECT_TRUE(std::is_sorted(life.begin(), life.end())) << node.id << ": out of order";
      EXPECT_EQ(std::adjacent_find(life.begin(), life.end()), life.end()) << node.id << ": twice in one life";
      const long again = std::count_if(life.begin(), life.end(), [&](long number) { return seen.count(number) != 0; });
      EXPECT_LE(again, 16) << node.id << ": more came again than a window holds";
      repeated_ += again;
      seen.insert(life.begin(), life.end());
    }
    for (const long number : node.accepted) {
      ASSERT_EQ(seen.count(number), 1U) << node.id << ": line " << number << " was accepted and is lost";
    }
    lines_to_clients_ += seen.size();
  }

  TemporaryDirectory directory_{std::filesystem::temp_directory_path()};
  std::mt19937 random_;
  unsigned seed_ = 0;
  std::map<std::string, Node> nodes_;
  std::unique_ptr<Child> server_;
  long server_lives_ = 0;
  int port_ = 0;
  bool ready_ = false;
  std::size_t drained_count_ = 0;
  std::string drained_;
  std::size_t lines_to_server_ = 0, lines_to_clients_ = 0;
  long repeated_ = 0;
};

TEST_F(DurableKill, NothingIsLostOrRepeatedThroughKillsOfTheServerAndReboots) {
  const unsigned kills = setting("TAUTLINE_KILLS", 100);
  std::printf("seed %u, %u kills\n", seed_, kills);
  start_server();
  execute("CREATE TABLE effects (number INTEGER PRIMARY KEY, client TEXT, line TEXT)");
  for (auto& [id, node] : nodes_) start(node);
  unsigned reboots = 0;
  for (unsigned kill = 0; kill < kills && !HasFailure(); ++kill) {
    run_for(std::chrono::milliseconds(between(10, 450)));
    if (between(0, 9) == 0) {
      reboot(nodes_.at("node-" + std::to_string(between(1, 4))));
      ++reboots;
      run_for(std::chrono::milliseconds(between(0, 100)));
    }
    kill_server();
    start_server();
    if (kill % 50 == 49) {
      std::printf("%u kills, %u reboots\n", kill + 1, reboots);
      std::fflush(stdout);
    }
  }
  // A program that has only just been started would be ended by the signal.
  const auto runs = [](const auto& entry) { return !entry.second.received.back().empty(); };
  ASSERT_TRUE(run_until([&] { return std::all_of(nodes_.begin(), nodes_.end(), runs); }));
  for (auto& [id, node] : nodes_) node.process->signal(SIGUSR1);
  server_->signal(SIGUSR1);
  ASSERT_TRUE(run_until([&] { return drained_count_ == 2 * nodes_.size(); })) << drained_;
  const std::vector<std::string> none{"0"};
  ASSERT_TRUE(run_until([&] { return execute("SELECT count(*) FROM inbox") == none; })) << "the application reads on";
  server_->signal(SIGTERM);
  EXPECT_EQ(server_->wait(), 0);
  read_all();

  EXPECT_EQ(execute("PRAGMA integrity_check"), std::vector<std::string>{"ok"});
  EXPECT_EQ(execute("SELECT count(*) FROM outbox"), none);
  for (const auto& [id, node] : nodes_) {
    expect_client_to_server(node);
    expect_server_to_client(node);
  }
  EXPECT_GT(lines_to_server_, kills / 4);  // a hundred times that on a machine of its own
  EXPECT_GT(lines_to_clients_, kills / 4);
  std::printf("%u kills, %u reboots: %zu lines to the server, %zu to the clients, %ld repeated to rebooted clients\n",
              kills, reboots, lines_to_server_, lines_to_clients_, repeated_);
}

}  // namespace
}  // namespace tautline::test
