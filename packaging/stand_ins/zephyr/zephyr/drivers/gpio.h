#pragma once

#include <cstdint>

struct device;
struct gpio_dt_spec {
  const device* port;
  std::uint8_t pin;
  std::uint16_t dt_flags;
};
#define GPIO_OUTPUT_INACTIVE (1U << 17)

extern "C" {
int gpio_pin_configure_dt(const gpio_dt_spec* pin, std::uint32_t flags);
int gpio_pin_toggle_dt(const gpio_dt_spec* pin);
}
