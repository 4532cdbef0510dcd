#include "tautline/baremetal/board.hpp"

namespace tautline::board {
namespace {

volatile std::uint32_t nothing = 0;  // the compiler must not know

}  // namespace

void start() {}
std::uint32_t now_ms() {
  return nothing;
}
void wait() {}
void put(char) {}
void toggle_led() {}
void start_watchdog(std::uint32_t) {}
void feed_watchdog() {}
bool stop_watchdog() {
  return nothing != 0;
}
void write_pin(unsigned, bool) {}
bool read_pin(unsigned) {
  return nothing != 0;
}
void start_ethernet(std::uint8_t (&)[6]) {}
bool send_frame(const pbuf&) {
  return nothing != 0;
}
pbuf* receive_frame() {
  return nothing != 0 ? reinterpret_cast<pbuf*>(nothing) : nullptr;
}
bool has_carrier() {
  return nothing != 0;
}
bool command_line(char*, std::size_t) {
  return nothing != 0;
}
void exit(int) {
  while (true) nothing = 0;
}

}  // namespace tautline::board
