// Division, which the chip's ROM holds and Debian's libgcc for it therefore leaves out. Long division, bit by bit.

#include <cstdint>

namespace {

struct Division {
  std::uint32_t quotient;
  std::uint32_t remainder;
};

Division divide(std::uint32_t number, std::uint32_t by) {
  Division result{0, 0};
  for (std::uint32_t bit = 1U << 31; bit != 0; bit >>= 1U) {
    result.remainder = result.remainder << 1U | ((number & bit) != 0 ? 1U : 0U);
    if (result.remainder < by) continue;
    result.remainder -= by;
    result.quotient |= bit;
  }
  return result;
}

}  // namespace

extern "C" {

std::uint32_t __udivsi3(std::uint32_t number, std::uint32_t by);
std::uint32_t __udivsi3(std::uint32_t number, std::uint32_t by) {
  return divide(number, by).quotient;
}

std::uint32_t __umodsi3(std::uint32_t number, std::uint32_t by);
std::uint32_t __umodsi3(std::uint32_t number, std::uint32_t by) {
  return divide(number, by).remainder;
}

std::int32_t __divsi3(std::int32_t number, std::int32_t by);
std::int32_t __divsi3(std::int32_t number, std::int32_t by) {
  const auto magnitude = [](std::int32_t value) {
    return value < 0 ? 0U - static_cast<std::uint32_t>(value) : static_cast<std::uint32_t>(value);
  };
  const std::uint32_t quotient = divide(magnitude(number), magnitude(by)).quotient;
  return static_cast<std::int32_t>((number < 0) != (by < 0) ? 0U - quotient : quotient);
}

}  // extern "C"
