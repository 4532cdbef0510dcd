// Calls to the emulator (or a debugger) by a breakpoint, as ARM's "Semihosting for AArch32 and AArch64" describes them.

#include <cstdint>

#include "tautline/baremetal/board.hpp"

namespace tautline::board {
namespace {

constexpr std::uint32_t sys_get_cmdline = 0x15;
constexpr std::uint32_t sys_exit_extended = 0x20;
constexpr std::uint32_t application_exit = 0x20026;

std::uint32_t call(std::uint32_t operation, void* block) {
  register std::uint32_t result __asm__("r0") = operation;
  register void* argument __asm__("r1") = block;
  __asm__ volatile("bkpt 0xab" : "+r"(result) : "r"(argument) : "memory");
  return result;
}

}  // namespace

bool command_line(char* text, std::size_t size) {
  struct {
    char* text;
    std::size_t size;
  } block = {text, size};
  if (call(sys_get_cmdline, &block) != 0) return false;
  // The first word is the name of the program.
  char* from = text;
  while (*from != '\0' && *from != ' ') ++from;
  while (*from == ' ') ++from;
  for (char* to = text;; ++to, ++from) {
    *to = *from;
    if (*from == '\0') return true;
  }
}

void exit(int status) {
  std::uint32_t block[2] = {application_exit, static_cast<std::uint32_t>(status)};
  call(sys_exit_extended, block);
  while (true) {
  }
}

}  // namespace tautline::board
