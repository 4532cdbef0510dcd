#include "tautline/rp2040/pin.hpp"

#include "registers.hpp"
#include "tautline/rp2040/board.hpp"

namespace tautline::rp2040 {
namespace {

constexpr unsigned pins_per_register = 8;
constexpr unsigned registers = 4;
constexpr std::uint32_t both_edges = 0xc;  // of the four bits for each pin

/// The channel looks at levels; the edges only end board::wait().
bool forget_edges() {
  for (unsigned index = 0; index < registers; ++index) {
    const std::uintptr_t edges = io_edges + 4 * index;
    reg(edges) = reg(edges);
  }
  return true;
}

}  // namespace

void Pin::start() const {
  reg(gpio_drive_clear) = mask();
  pull_up(number_);
  select_function(number_, PinFunction::processor);
  const std::uintptr_t enable = io_interrupt_enable + 4U * (number_ / pins_per_register);
  set_bits(enable) = both_edges << 4 * (number_ % pins_per_register);
  forget_edges();
  enable_interrupt(Interrupt::pins, forget_edges);
}

void Pin::write(bool high) const {
  reg(high ? gpio_out_set : gpio_out_clear) = mask();
  reg(gpio_drive_set) = mask();
}

bool Pin::read() const {
  return (reg(gpio_in) & mask()) != 0;
}

}  // namespace tautline::rp2040
