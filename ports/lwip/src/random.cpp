#include "tautline/lwip/random.hpp"

namespace {

std::uint32_t counter = 0;

}  // namespace

/// A counter through a mixing function: neighbouring seeds give unlike sequences, and 0 is a seed like others.
extern "C" std::uint32_t tautline_lwip_random() {
  counter += 0x9e3779b9U;
  std::uint32_t value = counter;
  value = (value ^ (value >> 16U)) * 0x21f0aaadU;
  value = (value ^ (value >> 15U)) * 0x735a2d97U;
  return value ^ (value >> 15U);
}

namespace tautline::lwip {

void Random::seed(std::uint32_t value) {
  counter = value;
}

std::uint32_t Random::next() {
  return tautline_lwip_random();
}

}  // namespace tautline::lwip
