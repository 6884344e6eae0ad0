// Random numbers from a seed, the same on every machine.
#pragma once

#include "tests/lab/address.h"

#include <cmath>
#include <cstdint>
#include <numbers>

namespace faultline::lab {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(mix(seed)) {}

  std::uint64_t next() { return mix(state_++); }
  double unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }  // 0 … 1, without 1
  std::uint32_t between(std::uint32_t low, std::uint32_t high) {           // both included
    return low + static_cast<std::uint32_t>(next() % (std::uint64_t{high} - low + 1));
  }
  double normal() {  // mean 0, standard deviation 1
    const double radius = std::sqrt(-2 * std::log(1 - unit()));
    return radius * std::cos(2 * std::numbers::pi * unit());
  }

 private:
  std::uint64_t state_;
};

}  // namespace faultline::lab
