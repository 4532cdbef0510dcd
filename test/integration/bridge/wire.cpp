#include "wire.hpp"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>

namespace tautline::test {
namespace {

using Clock = std::chrono::steady_clock;

int open_pty() {
  const int master = ::posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  termios settings{};
  if (master < 0 || ::grantpt(master) != 0 || ::unlockpt(master) != 0 || ::tcgetattr(master, &settings) != 0) {
    throw std::runtime_error("no pty");
  }
  // Else it would echo what comes before its program has opened it.
  ::cfmakeraw(&settings);
  ::tcsetattr(master, TCSANOW, &settings);
  return master;
}

}  // namespace

Wire::Wire(std::string folder, std::uint32_t seed) : folder_(std::move(folder)), noise_(seed) {
  start();
  plug(hosted);
  plug(bridge);
}

Wire::~Wire() {
  stop();
  for (const int master : masters_) {
    if (master >= 0) ::close(master);
  }
}

void Wire::start() {
  stop_ = false;
  thread_ = std::thread([this] { run(); });
}

void Wire::stop() {
  stop_ = true;
  thread_.join();
}

void Wire::unplug(End end) {
  stop();
  std::filesystem::remove(path(end));
  if (masters_[end] >= 0) ::close(masters_[end]);
  masters_[end] = -1;
  late_[end].clear();
  start();
}

void Wire::plug(End end) {
  stop();
  masters_[end] = open_pty();
  std::filesystem::create_symlink(::ptsname(masters_[end]), path(end));
  start();
}

void Wire::run() {
  constexpr int look_again_ms = 5;
  bool is_open[2] = {true, true};
  while (!stop_) {
    // A pty that no program has open reports that at once, all the time: it is left out every other time.
    pollfd waiting[2] = {{is_open[hosted] ? masters_[hosted] : -1, POLLIN, 0},
                         {is_open[bridge] ? masters_[bridge] : -1, POLLIN, 0}};
    const bool has_late = !late_[hosted].empty() || !late_[bridge].empty();
    ::poll(waiting, 2, has_late ? 1 : look_again_ms);
    for (const End end : {hosted, bridge}) {
      is_open[end] = (waiting[end].revents & POLLHUP) == 0;
      if ((waiting[end].revents & POLLIN) != 0) take(end);
    }
    deliver(hosted);
    deliver(bridge);
  }
}

void Wire::take(End from) {
  char bytes[4096];
  const ssize_t count = ::read(masters_[from], bytes, sizeof bytes);
  if (count <= 0) return;
  passed_[from] += static_cast<unsigned>(count);
  late_[from == hosted ? bridge : hosted].push_back(
      {Clock::now() + std::chrono::milliseconds(delay_ms_), noise_.pass(bytes, static_cast<std::size_t>(count))});
}

void Wire::deliver(End to) {
  for (auto& late = late_[to]; !late.empty() && late.front().at <= Clock::now(); late.pop_front()) {
    const std::string& bytes = late.front().bytes;
    if (masters_[to] < 0 || bytes.empty()) continue;
    [[maybe_unused]] const auto written = ::write(masters_[to], bytes.data(), bytes.size());
  }
}

}  // namespace tautline::test
