#include "rig.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <random>

#include <gtest/gtest.h>

namespace tautline::test {
namespace {

constexpr int traffic_period_ms = 10;
constexpr const char* timeout_ms = "700";

std::uint32_t seed() {
  const char* const given = std::getenv("TAUTLINE_SEED");
  const auto number = given != nullptr ? static_cast<std::uint32_t>(std::stoul(given)) : std::random_device{}();
  std::printf("replay: TAUTLINE_SEED=%u bridge_program_test --gtest_filter=%s.%s\n", number,
              testing::UnitTest::GetInstance()->current_test_info()->test_suite_name(),
              testing::UnitTest::GetInstance()->current_test_info()->name());
  return number;
}

}  // namespace

Rig::Rig(bool has_store) : wire_(std::make_unique<Wire>(directory_.path().string(), seed())), has_store_(has_store) {
  start_server();
}

// ---- programs -----------------------------------------------------------------------------------

void Rig::start_server() {
  std::vector<std::string> words{"serve",    "--address", "127.0.0.1", "--port",   port_,
                                 "--expect", "1",         "--timeout", timeout_ms, "--no-wait"};
  if (has_store_) words.insert(words.end(), {"--store", (directory_.path() / "links.db").string()});
  server_ = std::make_unique<Program>(words);
  port_ = server_->port();
}

void Rig::start_bridge(const std::vector<std::string>& more) {
  std::vector<std::string> words{"--uart", wire_->path(Wire::bridge)};
  words.insert(words.end(), more.begin(), more.end());
  bridge_ = std::make_unique<Program>(words, std::string(), "tautline_bridge");
}

void Rig::start_client(const std::string& name, const std::vector<std::string>& more) {
  clients_.emplace_back();
  std::vector<std::string> words{"--uart",    wire_->path(Wire::hosted),
                                 "--server",  "127.0.0.1",
                                 "--port",    port_,
                                 "--timeout", timeout_ms,
                                 "--period",  "10"};
  if (name == "hosted_demo") words.insert(words.end(), {"--life", std::to_string(life())});
  words.insert(words.end(), more.begin(), more.end());
  client_ = std::make_unique<Program>(words, std::string(), name);
}

void Rig::kill_server() {
  server_->signal(SIGKILL);
  server_->wait();
  printed_before_ += server_->output();
  server_.reset();
}

int Rig::stop_server() {
  // From then on it reads no more of its input.
  const bool had_traffic = traffic_;
  traffic_ = false;
  EXPECT_TRUE(server_->until_input_read());
  server_->signal(SIGTERM);
  // The client has to acknowledge.
  int status = -1;
  until([&] { return (status = server_->wait(0)) != -1; });
  EXPECT_EQ(status, 0) << server_->errors();
  traffic_ = had_traffic;
  printed_before_ += server_->output();
  server_.reset();
  return status;
}

void Rig::kill_bridge() {
  bridge_->signal(SIGKILL);
  bridge_->wait();
}

void Rig::kill_client() {
  client_->signal(SIGKILL);
  client_->wait();
  clients_.back() = client_->output();
}

// ---- traffic ------------------------------------------------------------------------------------

bool Rig::until(const std::function<bool()>& condition, int limit_ms) {
  return wire_ && client_->until(
                      [&] {
                        push_lines();
                        if (server_) server_->run_for(0);
                        if (bridge_) bridge_->run_for(0);
                        return condition();
                      },
                      limit_ms);
}

void Rig::run_for(int ms) {
  until([] { return false; }, ms);
}

void Rig::push_lines() {
  const auto now = std::chrono::steady_clock::now();
  if (!traffic_ || !server_ || now < next_push_) return;
  next_push_ = now + std::chrono::milliseconds(traffic_period_ms);
  server_->send("1\t" + std::to_string(sent_++) + "\n");
}

bool Rig::until_more_lines(int count, int limit_ms) {
  const std::size_t to_server = at_server(life()).size() + static_cast<std::size_t>(count);
  const std::size_t to_client = at_client(life()).size() + static_cast<std::size_t>(count);
  return until([&] { return at_server(life()).size() >= to_server && at_client(life()).size() >= to_client; },
               limit_ms);
}

bool Rig::until_client_has_all() {
  traffic_ = false;
  return until([&] { return !at_client(life()).empty() && at_client(life()).back() == sent_ - 1; });
}

// ---- the account --------------------------------------------------------------------------------

std::vector<int> Rig::at_server(int life) {
  std::vector<int> numbers;
  for (const std::string& line : lines_of(printed_before_ + (server_ ? server_->output() : ""))) {
    int number = 0, of_life = 0;
    if (std::sscanf(line.c_str(), "1\t[%d, %d, ", &number, &of_life) != 2) ADD_FAILURE() << "a strange line: " << line;
    if (of_life == life) numbers.push_back(number);
  }
  return numbers;
}

std::vector<int> Rig::at_client(int life) {
  std::vector<int> numbers;
  const auto index = static_cast<std::size_t>(life - 1);
  for (const std::string& line : lines_of(life == this->life() ? client_->output() : clients_[index])) {
    int number = 0;
    if (std::sscanf(line.c_str(), "got %d", &number) == 1) numbers.push_back(number);
  }
  return numbers;
}

int Rig::acknowledged(int life) {
  int count = 0;
  const auto index = static_cast<std::size_t>(life - 1);
  for (const std::string& line : lines_of(life == this->life() ? client_->output() : clients_[index])) {
    std::sscanf(line.c_str(), "acknowledged %d", &count);
  }
  return count;
}

void Rig::expect_exactly_once() {
  EXPECT_TRUE(until_client_has_all()) << at_client().size() << " of " << sent_ << " lines reached the client";
  // It writes no more, waits for its acknowledgements, and ends.
  client_->signal(SIGUSR1);
  int status = -1;
  EXPECT_TRUE(until([&] { return (status = client_->wait(0)) != -1; })) << "the client waits for acknowledgements";
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(until([&] { return static_cast<int>(at_server().size()) >= acknowledged(); }));
  EXPECT_EQ(static_cast<int>(at_server().size()), acknowledged());
  EXPECT_TRUE(counts_up_from_0(at_server())) << "to the server";
  EXPECT_TRUE(counts_up_from_0(at_client())) << "to the client";
  EXPECT_EQ(static_cast<int>(at_client().size()), sent_);
  std::printf("%zu lines to the server, %zu to the client\n", at_server().size(), at_client().size());
  if (testing::Test::HasFailure()) {
    std::cerr << "bridge:\n" << bridge_->errors() << "client, end:\n";
    const std::string& text = client_->output();
    std::cerr << text.substr(text.size() > 2000 ? text.size() - 2000 : 0);
  }
}

testing::AssertionResult counts_up_from_0(const std::vector<int>& numbers) {
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (numbers[i] != static_cast<int>(i)) return testing::AssertionFailure() << numbers[i] << " at place " << i;
  }
  return testing::AssertionSuccess();
}

}  // namespace tautline::test
