#include "tautline/baremetal/console.hpp"

#include "tautline/baremetal/board.hpp"
#include "tautline/core/decimal.hpp"

namespace tautline::baremetal {

void print(std::string_view text) {
  for (const char character : text) board::put(character);
}

void print(std::uint32_t number) {
  char digits[max_decimal_digits];
  const char* const end = put_decimal(digits, number);
  print(std::string_view(digits, static_cast<std::size_t>(end - digits)));
}

}  // namespace tautline::baremetal
