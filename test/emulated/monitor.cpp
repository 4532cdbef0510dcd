#include "monitor.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <stdexcept>

namespace tautline::test {
namespace {

constexpr int answer_limit_ms = 20'000;

}  // namespace

// ---- Channel ------------------------------------------------------------------------------------

Channel::Channel() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) throw std::runtime_error("no socket pair");
  own_ = ends[0];
  peer_ = ends[1];
}

Channel::~Channel() {
  close_peer();
  ::close(own_);
}

void Channel::close_peer() {
  if (peer_ >= 0) ::close(peer_);
  peer_ = -1;
}

void Channel::send(const std::string& line) const {
  const std::string bytes = line + "\n";
  if (::send(own_, bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size())) {
    throw std::runtime_error("QEMU does not take: " + line);
  }
}

bool Channel::receive(std::string& line, int limit_ms) {
  using Clock = std::chrono::steady_clock;
  const auto limit = Clock::now() + std::chrono::milliseconds(limit_ms);
  while (true) {
    const std::size_t end = received_.find('\n');
    if (end != std::string::npos) {
      line = received_.substr(0, end);
      if (!line.empty() && line.back() == '\r') line.pop_back();
      received_.erase(0, end + 1);
      return true;
    }
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(limit - Clock::now()).count();
    pollfd waiting{own_, POLLIN, 0};
    if (::poll(&waiting, 1, static_cast<int>(std::max<long long>(left, 0))) != 1) return false;
    char bytes[4096];
    const ssize_t count = ::recv(own_, bytes, sizeof bytes, 0);
    if (count <= 0) throw std::runtime_error("QEMU has ended");
    received_.append(bytes, static_cast<std::size_t>(count));
  }
}

// ---- Monitor ------------------------------------------------------------------------------------

void Monitor::open() {
  channel_.close_peer();
  std::string greeting;
  if (!channel_.receive(greeting, answer_limit_ms)) throw std::runtime_error("QEMU does not greet");
  command("qmp_capabilities");
}

nlohmann::json Monitor::command(const std::string& name, const nlohmann::json& arguments) {
  channel_.send(nlohmann::json{{"execute", name}, {"arguments", arguments}}.dump());
  std::string line;
  while (channel_.receive(line, answer_limit_ms)) {
    const nlohmann::json message = nlohmann::json::parse(line);
    if (message.contains("event")) events_.push_back(message["event"].get<std::string>());
    if (message.contains("error")) throw std::runtime_error(name + ": " + message["error"].dump());
    if (message.contains("return")) return message["return"];
  }
  throw std::runtime_error("no answer to " + name);
}

std::size_t Monitor::events(const std::string& name) {
  std::string line;
  while (channel_.receive(line, 0)) {
    const nlohmann::json message = nlohmann::json::parse(line);
    if (message.contains("event")) events_.push_back(message["event"].get<std::string>());
  }
  return static_cast<std::size_t>(std::count(events_.begin(), events_.end(), name));
}

// ---- Pins ---------------------------------------------------------------------------------------

void Pins::open(Monitor& monitor) {
  channel_.close_peer();
  // The ports have no names; their registers lie in this order, and so does what QEMU made first.
  for (const auto& child : monitor.command("qom-list", {{"path", "/machine/unattached"}})) {
    if (child["type"] == "child<pl061_luminary>")
      ports_.push_back("/machine/unattached/" + child["name"].get<std::string>());
  }
  const auto number = [](const std::string& path) { return std::stoi(path.substr(path.find('[') + 1)); };
  std::sort(ports_.begin(), ports_.end(), [&](const auto& a, const auto& b) { return number(a) < number(b); });
}

void Pins::drive(const std::string& port, unsigned pin, bool on) {
  ask("set_irq_in " + port + " unnamed-gpio-in " + std::to_string(pin) + (on ? " 1" : " 0"));
}

bool Pins::output(unsigned pin) {
  take_reports();
  return levels_.at(pin);
}

std::size_t Pins::falls(unsigned pin) {
  take_reports();
  return falls_.at(pin);
}

void Pins::take_reports() {
  std::string line;
  while (channel_.receive(line, 0)) note(line);
}

void Pins::ask(const std::string& request) {
  channel_.send(request);
  std::string line;
  while (channel_.receive(line, answer_limit_ms)) {
    if (line.rfind("OK", 0) == 0) return;
    if (line.rfind("FAIL", 0) == 0 || line.rfind("ERR", 0) == 0) throw std::runtime_error(request + ": " + line);
    note(line);
  }
  throw std::runtime_error("no answer to " + request);
}

/// "IRQ raise 3" and "IRQ lower 3" come unasked.
void Pins::note(const std::string& line) {
  unsigned pin = 0;
  if (std::sscanf(line.c_str(), "IRQ raise %u", &pin) == 1 && pin < levels_.size()) levels_[pin] = true;
  if (std::sscanf(line.c_str(), "IRQ lower %u", &pin) == 1 && pin < levels_.size()) {
    if (levels_[pin]) ++falls_[pin];
    levels_[pin] = false;
  }
}

}  // namespace tautline::test
