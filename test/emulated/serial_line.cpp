#include "serial_line.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

namespace tautline::test {

SerialLine::SerialLine(std::uint32_t seed) : noise_(seed) {
  start();
}

SerialLine::~SerialLine() {
  stop();
  close(hosted);
  close(bridge);
}

void SerialLine::start() {
  stop_ = false;
  thread_ = std::thread([this] { run(); });
}

void SerialLine::stop() {
  stop_ = true;
  thread_.join();
}

void SerialLine::close(End end) {
  for (int* const descriptor : {&sockets_[end].own, &sockets_[end].peer}) {
    if (*descriptor >= 0) ::close(*descriptor);
    *descriptor = -1;
  }
}

int SerialLine::plug(End end) {
  stop();
  close(end);
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) throw std::runtime_error("no socket pair");
  sockets_[end] = {ends[0], ends[1]};
  waiting_[end].clear();
  start();
  return ends[1];
}

void SerialLine::run() {
  constexpr int look_at_stop_ms = 10;
  while (!stop_) {
    // A descriptor of -1 is left out.
    pollfd ready[2] = {};
    for (const End end : {hosted, bridge}) {
      const int wanted = POLLIN | (waiting_[end].empty() ? 0 : POLLOUT);
      ready[end] = {sockets_[end].own, static_cast<short>(wanted), 0};
    }
    ::poll(ready, 2, look_at_stop_ms);
    for (const End end : {hosted, bridge}) {
      if ((ready[end].revents & POLLIN) != 0) take(end);
    }
    pass(hosted);
    pass(bridge);
  }
}

void SerialLine::take(End from) {
  constexpr std::size_t max_waiting = 4096;
  char bytes[1024];
  const ssize_t count = ::recv(sockets_[from].own, bytes, sizeof bytes, MSG_DONTWAIT);
  if (count <= 0) return;
  passed_[from] += static_cast<unsigned>(count);
  std::string& waiting = waiting_[from == hosted ? bridge : hosted];
  waiting += noise_.pass(bytes, static_cast<std::size_t>(count));
  if (waiting.size() > max_waiting) waiting.resize(max_waiting);
}

void SerialLine::pass(End to) {
  std::string& waiting = waiting_[to];
  if (waiting.empty() || sockets_[to].own < 0) return;
  const ssize_t count = ::send(sockets_[to].own, waiting.data(), waiting.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (count > 0) waiting.erase(0, static_cast<std::size_t>(count));
}

}  // namespace tautline::test
