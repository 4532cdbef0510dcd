#pragma once

#include <cstdint>

class IPAddress {
 public:
  IPAddress() = default;

 private:
  std::uint32_t address_ = 0;
};
