#include "tautline/baremetal/board.hpp"

namespace tautline::board {
namespace {

constexpr std::uint32_t written = 0xb007b007U;

/// Memory holds noise after power came on, so a word says whether the rest was ever written. (A register that tells the
/// cause of a reset would do too, but QEMU never sets it.)
struct Memory {
  std::uint32_t mark;
  std::uint32_t boots;
  Kept kept;
};

[[gnu::section(".noinit")]] Memory memory;

/// Runs before main(). A plain static object with an initial value would be overwritten at each start.
[[gnu::constructor]] void count_boot() {
  if (memory.mark != written) memory = {written, 0, {}};
  ++memory.boots;
}

}  // namespace

std::uint32_t boots() {
  return memory.boots;
}

Kept& kept() {
  return memory.kept;
}

}  // namespace tautline::board
