// From reset to main(), and what interrupts lead to.

#include <cstddef>
#include <cstdint>

#include "interrupts.hpp"
#include "tautline/baremetal/board.hpp"

int call_main() __asm__("main");  // C++ forbids to call main() by its name

// Set by the linker script.
extern "C" {
extern std::uint32_t zero_begin[], zero_end[], stack_top[];
using Function = void (*)();
extern const Function constructors_begin[], constructors_end[];
}

namespace tautline::rp2040 {
namespace {

constexpr int status_of_fault = 77;
constexpr int status_of_return = 78;
constexpr std::uint32_t no_exception = 16;

[[noreturn]] void reset() {
  for (std::uint32_t* to = zero_begin; to != zero_end;) *to++ = 0;
  for (const Function* function = constructors_begin; function != constructors_end; ++function) (*function)();
  call_main();
  board::exit(status_of_return);
}

void fault() {
  board::exit(status_of_fault);
}

void interrupt() {
  std::uint32_t exception = 0;
  __asm__ volatile("mrs %0, ipsr" : "=r"(exception));
  on_interrupt(exception - no_exception);
}

/// What the processor finds at the beginning of the image.
struct Vectors {
  const std::uint32_t* stack;
  Function system[15];
  Function interrupts[interrupt_count];
};

constexpr Vectors make_vectors() {
  Vectors vectors{stack_top, {reset, fault, fault}, {}};
  for (Function& function : vectors.interrupts) function = interrupt;
  return vectors;
}

}  // namespace

/// Has a name for the linker script, which enters here.
extern "C" {
extern const Vectors vectors;
[[gnu::section(".vectors"), gnu::used]] const Vectors vectors = make_vectors();
}

}  // namespace tautline::rp2040
