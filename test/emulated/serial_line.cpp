#include "serial_line.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

namespace tautline::test {

SerialLine::SerialLine(std::uint32_t seed) : random_(seed) {
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
  start();
  return ends[1];
}

void SerialLine::run() {
  constexpr int look_at_stop_ms = 10;
  while (!stop_) {
    // A descriptor of -1 is left out.
    pollfd waiting[2] = {{sockets_[hosted].own, POLLIN, 0}, {sockets_[bridge].own, POLLIN, 0}};
    ::poll(waiting, 2, look_at_stop_ms);
    if ((waiting[hosted].revents & POLLIN) != 0) pass(hosted);
    if ((waiting[bridge].revents & POLLIN) != 0) pass(bridge);
  }
}

void SerialLine::pass(End from) {
  char bytes[4096];
  const ssize_t count = ::recv(sockets_[from].own, bytes, sizeof bytes, MSG_DONTWAIT);
  if (count <= 0) return;
  passed_[from] += static_cast<unsigned>(count);
  const std::string passed = spoil(bytes, static_cast<std::size_t>(count));
  const Socket& to = sockets_[from == hosted ? bridge : hosted];
  if (to.own >= 0) ::send(to.own, passed.data(), passed.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

std::string SerialLine::spoil(const char* bytes, std::size_t count) {
  if (cut_) {
    spoilt_ += static_cast<unsigned>(count);
    return {};
  }
  const unsigned one_in = damage_one_in_;
  std::string passed;
  for (std::size_t i = 0; i < count; ++i) {
    if (one_in == 0 || random_() % one_in != 0) {
      passed += bytes[i];
      continue;
    }
    ++spoilt_;
    const auto other = static_cast<char>(random_());
    switch (random_() % 3) {
      case 0: passed += static_cast<char>(bytes[i] ^ (1 << random_() % 8)); break;
      case 1: break;
      default: passed += {bytes[i], other}; break;
    }
  }
  return passed;
}

}  // namespace tautline::test
