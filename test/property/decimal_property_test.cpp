#include <rapidcheck.h>

#include <cstdint>
#include <string>
#include <string_view>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <tautline/core/decimal.hpp>
#include <tautline/core/serial.hpp>

namespace tautline {
namespace {

/// Numbers of every length, and those around 0 and 2^32.
rc::Gen<std::uint32_t> any_number() {
  return rc::gen::oneOf(
      rc::gen::inRange<std::uint32_t>(0, 1000),
      rc::gen::map(rc::gen::inRange<std::uint32_t>(0, 1000), [](std::uint32_t x) { return ~x; }),
      rc::gen::apply([](std::uint32_t x, std::uint8_t shift) { return x >> (shift % 32U); },
                     rc::gen::resize(1000, rc::gen::arbitrary<std::uint32_t>()), rc::gen::arbitrary<std::uint8_t>()));
}

RC_GTEST_PROP(Decimal, a_number_is_read_as_it_was_written, ()) {
  const std::uint32_t number = *any_number();
  char digits[max_decimal_digits];
  const std::string text(digits, put_decimal(digits, number));
  RC_ASSERT(text == std::to_string(number));
  std::uint32_t value = 0;
  RC_ASSERT(parse_decimal(text, value));
  RC_ASSERT(value == number);
}

RC_GTEST_PROP(Decimal, what_is_read_is_written_alike, (std::string tail)) {
  const std::string text = std::to_string(*any_number()) + tail;
  std::string_view rest = text;
  std::uint32_t value = 0;
  if (take_decimal(rest, value)) {
    const std::string_view taken(text.data(), text.size() - rest.size());
    RC_ASSERT(taken == std::to_string(value));
    RC_ASSERT(rest.empty() || rest.front() < '0' || rest.front() > '9');
  }
}

RC_GTEST_PROP(Serial, order_does_not_depend_on_the_place_on_the_ring, ()) {
  const std::uint32_t a = *any_number();
  const auto step = *rc::gen::inRange<std::int32_t>(-100000, 100000);
  const std::uint32_t b = a + static_cast<std::uint32_t>(step);
  RC_ASSERT(distance(b, a) == step);
  RC_ASSERT(after(b, a) == (step > 0));
  RC_ASSERT(before(b, a) == (step < 0));
  RC_ASSERT(later(a, b) == (step > 0 ? b : a));
  RC_ASSERT(earlier(a, b) == (step < 0 ? b : a));
  if (step >= 0) {
    const std::uint32_t x = a + static_cast<std::uint32_t>(*rc::gen::inRange<std::int32_t>(-5, step + 5));
    RC_ASSERT(within(x, a, b) == (distance(x, a) >= 0 && distance(x, a) <= step));
  }
}

}  // namespace
}  // namespace tautline
