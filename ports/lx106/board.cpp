// The ESP8266's core in QEMU's board kc705-nommu: UART, LEDs, timer, and a watchdog made of the timer.

#include "tautline/baremetal/board.hpp"

#include <cstring>

#include "lx106.hpp"
#include "tautline/baremetal/parts.hpp"
#include "tautline/baremetal/registers.hpp"

int call_main() __asm__("main");  // C++ forbids to call main() by its name

extern "C" {

// start.S
[[noreturn]] void emulator_exit(int status);
int emulator_argument_count();
std::size_t emulator_arguments_size();
void emulator_arguments(void* to);

// Called from start.S.
[[noreturn]] void start_program();
void on_level_1_interrupt();

// Set by the linker script.
using Function = void (*)();
extern const Function constructors_begin[], constructors_end[];
}

namespace tautline::board {
namespace {

constexpr int status_of_return = 78;

constexpr std::uint32_t cycles_per_ms = 40'000;
constexpr std::uint32_t tick_ms = 10;

constexpr std::uintptr_t uart = 0x9d050020;
constexpr std::uintptr_t uart_status = uart + 0x14;

constexpr std::uintptr_t leds = 0x9d020008;
constexpr std::uintptr_t inputs = 0x9d02000c;
constexpr std::uintptr_t reset_register = 0x9d020010;
constexpr std::uint32_t reset_word = 0xdead;
constexpr unsigned led_pin = 7;  // the others are pins

constexpr std::uint32_t timer_interrupt = 1U << 6;

std::uint32_t last_cycles = 0;        ///< at the last full millisecond
std::uint32_t milliseconds = 0;       ///< until then
volatile std::uint32_t ticks = 0;     ///< of the timer interrupt
volatile std::uint32_t reset_at = 0;  ///< the tick at which the watchdog resets; 0: it does not run
std::uint32_t watchdog_ticks = 0;

std::uint32_t cycles() {
  std::uint32_t count = 0;
  __asm__ volatile("rsr %0, ccount" : "=a"(count));
  return count;
}

/// Setting the comparison also acknowledges the interrupt. A comparison that is past when it is set would match after a
/// whole turn of the counter, 107 s later: an emulator that the host keeps waiting in between gets there.
void set_timer() {
  constexpr std::uint32_t period = tick_ms * cycles_per_ms;
  std::uint32_t at = 0;
  do {
    at = cycles() + period;
    __asm__ volatile("wsr %0, ccompare0\n esync" ::"a"(at) : "memory");
  } while (static_cast<std::int32_t>(cycles() - at) >= 0);
}

void enable_interrupts(std::uint32_t which) {
  __asm__ volatile("wsr %0, intenable\n rsync" ::"a"(which) : "memory");
}

std::uint32_t hold_interrupts() {
  std::uint32_t state = 0;
  __asm__ volatile("rsil %0, 1" : "=a"(state)::"memory");
  return state;
}

void release_interrupts(std::uint32_t state) {
  __asm__ volatile("wsr %0, ps\n rsync" ::"a"(state) : "memory");
}

}  // namespace

void start() {
  last_cycles = cycles();
  set_timer();
  enable_interrupts(timer_interrupt);
}

std::uint32_t now_ms() {
  const std::uint32_t passed = (cycles() - last_cycles) / cycles_per_ms;
  last_cycles += passed * cycles_per_ms;
  milliseconds += passed;
  return milliseconds;
}

void wait() {
  const std::uint32_t state = hold_interrupts();
  enable_interrupts(timer_interrupt | ethernet_interrupt | (has_serial ? serial_interrupt : 0));
  // `waiti 0` opens all levels and sleeps in one step.
  if (!frame_waits() && !(has_serial && serial_work_waits())) __asm__ volatile("waiti 0" ::: "memory");
  release_interrupts(state);
}

void put(char character) {
  if (has_serial) return;  // the UART is the line to a hosted board
  constexpr std::uint32_t transmit_empty = 0x20;
  while ((reg(uart_status) & transmit_empty) == 0) {
  }
  reg(uart) = static_cast<unsigned char>(character);
}

void toggle_led() {
  reg(leds) = reg(leds) ^ 1U << led_pin;
}

void write_pin(unsigned pin, bool on) {
  if (pin >= led_pin) return;
  reg(leds) = on ? reg(leds) | 1U << pin : reg(leds) & ~(1U << pin);
}

bool read_pin(unsigned pin) {
  return pin < led_pin && (reg(inputs) >> pin & 1U) != 0;
}

/// The machine has no watchdog: the timer's interrupt counts instead. It helps as long as interrupts are taken.
void start_watchdog(std::uint32_t timeout_ms) {
  watchdog_ticks = timeout_ms / tick_ms + 1;
  feed_watchdog();
}

void feed_watchdog() {
  if (watchdog_ticks == 0) return;
  const std::uint32_t at = ticks + watchdog_ticks;
  reset_at = at == 0 ? 1 : at;
}

bool stop_watchdog() {
  watchdog_ticks = 0;
  reset_at = 0;
  return true;
}

/// The emulator gives what main() of a hosted program gets: pointers, a null pointer, then the words one after another,
/// each with a NUL at its end. Only the words stay, with blanks between them.
bool command_line(char* text, std::size_t size) {
  const auto count = static_cast<std::size_t>(emulator_argument_count());
  const std::size_t bytes = emulator_arguments_size();
  if (count < 2 || bytes > size) return false;
  emulator_arguments(text);
  const std::size_t pointers = (count + 1) * sizeof(char*);
  const std::size_t first_word = std::strlen(text + pointers) + 1;
  const std::size_t length = bytes - pointers - first_word - 1;
  std::memmove(text, text + pointers + first_word, length);
  text[length] = '\0';
  for (std::size_t i = 0; i < length; ++i) {
    if (text[i] == '\0') text[i] = ' ';
  }
  return true;
}

void exit(int status) {
  emulator_exit(status);
}

}  // namespace tautline::board

void start_program() {
  for (const Function* function = constructors_begin; function != constructors_end; ++function) (*function)();
  call_main();
  tautline::board::exit(tautline::board::status_of_return);
}

/// The timer's tick, a frame, or the UART. The latter two stay pending while something waits, so they are masked until
/// the main loop has taken all.
void on_level_1_interrupt() {
  using namespace tautline::board;
  std::uint32_t pending = 0;
  __asm__ volatile("rsr %0, interrupt" : "=a"(pending));
  enable_interrupts(timer_interrupt);
  if ((pending & timer_interrupt) == 0) return;
  set_timer();
  ticks = ticks + 1;
  if (reset_at != 0 && static_cast<std::int32_t>(ticks - reset_at) >= 0) reg(reset_register) = reset_word;
}
