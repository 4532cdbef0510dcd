#include "rig.hpp"

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <sstream>

#include <gtest/gtest.h>

namespace tautline::test {

Rig::Rig(std::vector<std::string> ids, const RigOptions& options)
    : ids_(std::move(ids)), timeout_ms_(options.server_timeout_ms) {
  if (options.durable) store_directory_.emplace(std::filesystem::temp_directory_path());
  start_server();
}

Rig::~Rig() {
  server_.reset();  // before its store is removed
}

// ---- the server ---------------------------------------------------------------------------------

void Rig::start_server() {
  std::string expected;
  for (const std::string& id : ids_) expected += (expected.empty() ? "" : ",") + id;
  std::vector<std::string> words{"serve",  "--address", "127.0.0.1",
                                 "--port", port_,       "--expect",
                                 expected, "--timeout", std::to_string(timeout_ms_)};
  if (store_directory_) {
    words.insert(words.end(), {"--store", (*store_directory_ / "links.db").string()});
  } else {
    words.push_back("--no-wait");
  }
  server_ = std::make_unique<Program>(words);
  port_ = server_->port();
  parsed_ = 0;
}

int Rig::stop_server() {
  server_->signal(SIGTERM);
  const int status = server_->wait();
  keep_output();
  return status;
}

void Rig::kill_server() {
  server_->signal(SIGKILL);
  server_->wait();
  keep_output();
}

/// Each line of the output is `id TAB [number, connects, life]`.
void Rig::keep_output() {
  const std::string& output = server_->output();
  for (std::size_t end = 0; (end = output.find('\n', parsed_)) != std::string::npos; parsed_ = end + 1) {
    const std::string line = output.substr(parsed_, end - parsed_);
    const std::size_t tab = line.find('\t');
    int number = 0, connects = 0, life = 0;
    if (std::sscanf(line.c_str() + tab + 1, "[%d, %d, %d]", &number, &connects, &life) == 3) {
      at_server_[{line.substr(0, tab), life}].push_back(number);
    } else {
      ADD_FAILURE() << "not a line of the firmware: " << line;
    }
  }
}

// ---- devices and traffic ------------------------------------------------------------------------

Emulator& Rig::add_device(const Board& board, const std::string& id, const std::vector<std::string>& settings,
                          const EmulatorOptions& options) {
  std::vector<std::string> words{"id=" + id, "port=" + port_};
  words.insert(words.end(), settings.begin(), settings.end());
  devices_[id] = std::make_unique<Emulator>(board, words, options);
  return *devices_[id];
}

bool Rig::until(const std::function<bool()>& condition, int limit_ms) {
  return server_->until(
      [&] {
        push_lines();
        if (each_turn_) each_turn_();
        return condition();
      },
      limit_ms);
}

void Rig::run_for(int ms) {
  until([] { return false; }, ms);
}

void Rig::start_traffic(int period_ms) {
  period_ms_ = period_ms;
  next_push_ = std::chrono::steady_clock::now();
}

void Rig::push_lines() {
  const auto now = std::chrono::steady_clock::now();
  if (period_ms_ == 0 || now < next_push_) return;
  next_push_ = now + std::chrono::milliseconds(period_ms_);
  for (const auto& [id, device] : devices_) send(id, "[" + std::to_string(sent_[id]++) + ", 0]");
}

// ---- the account --------------------------------------------------------------------------------

const std::vector<int>& Rig::at_server(const std::string& id, int life) {
  keep_output();
  return at_server_[{id, life}];
}

std::vector<int> Rig::at_device(const std::string& id, int life) {
  std::vector<int> numbers;
  int in_life = 0;
  for (const std::string& line : device(id).console()) {
    int number = 0;
    std::sscanf(line.c_str(), "boot %d", &in_life);
    if (in_life == life && std::sscanf(line.c_str(), "got [%d", &number) == 1) numbers.push_back(number);
  }
  return numbers;
}

int Rig::written_by_device(const std::string& id, int life) {
  int written = 0;
  for (const std::string& line : device(id).console()) {
    int number = 0, connects = 0, in_life = 0;
    if (std::sscanf(line.c_str(), "wrote [%d, %d, %d]", &number, &connects, &in_life) == 3 && in_life == life)
      ++written;
  }
  return written;
}

int Rig::acknowledged_to_device(const std::string& id, int life) {
  int in_life = 0, acknowledged = 0;
  for (const std::string& line : device(id).console()) {
    std::sscanf(line.c_str(), "boot %d", &in_life);
    if (in_life == life) std::sscanf(line.c_str(), "acknowledged %d", &acknowledged);
  }
  return acknowledged;
}

bool Rig::until_more_lines(const std::string& id, int count, int limit_ms) {
  const std::size_t to_server = at_server(id).size() + static_cast<std::size_t>(count);
  const std::size_t to_device = at_device(id).size() + static_cast<std::size_t>(count);
  return until([&] { return at_server(id).size() >= to_server && at_device(id).size() >= to_device; }, limit_ms);
}

void Rig::expect_exactly_once(const std::string& id) {
  stop_traffic();
  const auto written = static_cast<std::size_t>(written_by_device(id));
  const auto sent = static_cast<std::size_t>(sent_[id]);
  EXPECT_TRUE(until([&] { return at_server(id).size() >= written && at_device(id).size() >= sent; }))
      << id << ": " << at_server(id).size() << " of " << written << " lines reached the server, "
      << at_device(id).size() << " of " << sent << " the device";
  EXPECT_TRUE(counts_up_from_0(at_server(id))) << id << " to the server: " << irregularities(at_server(id));
  EXPECT_TRUE(counts_up_from_0(at_device(id))) << "to " << id << ": " << irregularities(at_device(id));
  EXPECT_EQ(at_device(id).size(), sent);
}

bool counts_up_from_0(const std::vector<int>& numbers) {
  int expected = 0;
  for (const int number : numbers) {
    if (number != expected++) return false;
  }
  return true;
}

std::string irregularities(const std::vector<int>& numbers) {
  constexpr int shown = 10;
  std::ostringstream text;
  int last = -1, found = 0;
  for (const int number : numbers) {
    if (number != last + 1 && found++ < shown) text << number << " after " << last << "; ";
    last = number;
  }
  text << found << " places";
  return text.str();
}

}  // namespace tautline::test
