#include "tautline/posix/port.hpp"

#include <poll.h>
#include <unistd.h>

#include <cstdio>
#include <ctime>
#include <random>
#include <string>

#include "tautline/core/serial.hpp"

namespace tautline::posix {
namespace {

void tell_stderr(const std::string& problem) {
  std::fprintf(stderr, "tautline: %s\n", problem.c_str());
}

}  // namespace

Port::Port(const PortOptions& options)
    : wifi(options.interface),
      watchdog(options.watchdog, options.complain ? options.complain : tell_stderr),
      led(options.led, options.led_root) {}

std::uint32_t SystemRandom::next() {
  return std::random_device{}();
}

void StderrLog::state(LinkState state, Reason reason) {
  const bool ended = state == LinkState::waiting || state == LinkState::closed || state == LinkState::wifi_down;
  if (ended && reason != Reason::none) {
    std::fprintf(stderr, "tautline: %s (%s)\n", to_string(state), to_string(reason));
  } else {
    std::fprintf(stderr, "tautline: %s\n", to_string(state));
  }
}

std::uint32_t Port::now_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint32_t>(static_cast<std::uint64_t>(now.tv_sec) * 1000U +
                                    static_cast<std::uint64_t>(now.tv_nsec) / 1000000U);
}

bool Port::wait(std::uint32_t deadline_ms, int also) {
  pollfd waiting[3] = {{transport.descriptor(), 0, 0}, {also, POLLIN, 0}, {wifi.descriptor(), POLLIN, 0}};
  if (transport.wants_read()) waiting[0].events |= POLLIN;
  if (transport.wants_write()) waiting[0].events |= POLLOUT;
  // Without interest a closed socket would still report POLLHUP and wake at once.
  if (waiting[0].events == 0) waiting[0].fd = -1;
  transport.forget_interest();
  const std::int32_t left = distance(deadline_ms, now_ms());
  ::poll(waiting, 3, left > 0 ? left : 0);
  return (waiting[1].revents & (POLLIN | POLLHUP | POLLERR)) != 0;
}

}  // namespace tautline::posix
