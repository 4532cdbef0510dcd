// From reset to main(), and what interrupts lead to.

#include <cstddef>
#include <cstdint>

#include "cortex_m3.hpp"
#include "tautline/baremetal/board.hpp"

int call_main() __asm__("main");  // C++ forbids to call main() by its name

// Set by the linker script.
extern "C" {
extern std::uint32_t data_source[], data_begin[], data_end[], zero_begin[], zero_end[], stack_top[];
using Function = void (*)();
extern const Function constructors_begin[], constructors_end[];
}

namespace tautline::board {
namespace {

/// Exit statuses of the emulator for what should never happen.
constexpr int status_of_fault = 77;
constexpr int status_of_return = 78;

std::uint32_t cycles_per_ms = 1;
volatile std::uint32_t ticks = 0;

constexpr std::uint32_t tick_ms = 10;
constexpr std::uintptr_t systick_control = 0xe000e010U;
constexpr std::uintptr_t systick_reload = 0xe000e014U;
constexpr std::uintptr_t systick_value = 0xe000e018U;

[[noreturn]] void reset() {
  const std::uint32_t* from = data_source;
  for (std::uint32_t* to = data_begin; to != data_end;) *to++ = *from++;
  for (std::uint32_t* to = zero_begin; to != zero_end;) *to++ = 0;
  for (const Function* function = constructors_begin; function != constructors_end; ++function) (*function)();
  call_main();
  exit(status_of_return);
}

void fault() {
  exit(status_of_fault);
}

void nmi() {
  on_nmi();
}

void tick() {
  ticks = ticks + 1;
}

void interrupt() {
  std::uint32_t exception = 0;
  __asm__ volatile("mrs %0, ipsr" : "=r"(exception));
  on_interrupt(exception - 16);
}

constexpr std::size_t interrupt_count = 64;

/// What the processor reads at address 0.
struct Vectors {
  const std::uint32_t* stack;
  Function system[15];
  Function interrupts[interrupt_count];
};

constexpr Vectors make_vectors() {
  Vectors vectors{stack_top, {reset, nmi, fault, fault, fault, fault}, {}};
  vectors.system[14] = tick;
  for (Function& function : vectors.interrupts) function = interrupt;
  return vectors;
}

}  // namespace

/// Has a name for the linker script, which enters here.
extern "C" {
extern const Vectors vectors;
[[gnu::section(".vectors"), gnu::used]] const Vectors vectors = make_vectors();
}

void start_tick(std::uint32_t cycles) {
  cycles_per_ms = cycles;
  reg(systick_reload) = cycles * tick_ms - 1;
  reg(systick_value) = 0;
  reg(systick_control) = 7;  // processor clock, interrupt, on
}

std::uint32_t now_ms() {
  static std::uint32_t latest = 0;
  std::uint32_t before = 0;
  std::uint32_t now = 0;
  do {
    before = ticks;
    now = before * tick_ms + tick_ms - 1 - reg(systick_value) / cycles_per_ms;
  } while (before != ticks);
  // The counter may have started over without its interrupt having been taken yet: time must not go back.
  if (static_cast<std::int32_t>(now - latest) > 0) latest = now;
  return latest;
}

}  // namespace tautline::board
