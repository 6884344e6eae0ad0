// Numbers in 16 bits: a sign and the logarithm of the magnitude, 1e-4 … 1e12 in 32,766 equal steps.
#include "daemon/store/history_file.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace faultline::store {
namespace {

constexpr double kSmallest = 1e-4;
constexpr double kLargest = 1e12;
constexpr int kSteps = 32766;  // code 1 = kSmallest, code kSteps + 1 = kLargest, code 0 = zero
constexpr std::uint16_t kSignBit = 0x8000;

double step() {
  static const double kStep = std::log(kLargest / kSmallest) / kSteps;
  return kStep;
}

// Every magnitude once: decoding a page is 1,500 look-ups instead of as many exponentials.
const std::vector<double>& magnitudes() {
  static const std::vector<double> kTable = [] {
    std::vector<double> table(kSteps + 2, 0.0);
    for (int bits = 1; bits <= kSteps + 1; ++bits)
      table[static_cast<std::size_t>(bits)] = kSmallest * std::exp(step() * (bits - 1));
    return table;
  }();
  return kTable;
}

}  // namespace

std::uint16_t to_compact(double value, int round) {
  const double magnitude = std::min(std::abs(value), kLargest);
  const bool negative = value < 0;
  if (!(magnitude >= kSmallest)) {  // also NaN
    // A bound must stay one: a tiny positive maximum becomes the smallest number, not 0.
    const bool away = magnitude > 0 && (negative ? round < 0 : round > 0);
    return away ? static_cast<std::uint16_t>((negative ? kSignBit : 0) | 1) : std::uint16_t{0};
  }
  const double exact = std::log(magnitude / kSmallest) / step();
  double code = std::round(exact);
  // What is a whole number of steps up to the rounding of log() and float stays where it is.
  if (std::abs(exact - code) > 1e-3) {
    if (round != 0) code = (round > 0) != negative ? std::ceil(exact) : std::floor(exact);
  }
  const int bits = std::clamp(static_cast<int>(code), 0, kSteps) + 1;
  return static_cast<std::uint16_t>((negative ? kSignBit : 0) | bits);
}

double from_compact(std::uint16_t compact) {
  const double magnitude = magnitudes()[compact & 0x7fffU];
  return (compact & kSignBit) != 0 ? -magnitude : magnitude;
}

void Summary::add(float value) {
  minimum = count == 0 ? value : std::min(minimum, value);
  maximum = count == 0 ? value : std::max(maximum, value);
  sum += static_cast<double>(value);
  ++count;
}

void Summary::add(const Summary& other) {
  if (other.count == 0) return;
  minimum = count == 0 ? other.minimum : std::min(minimum, other.minimum);
  maximum = count == 0 ? other.maximum : std::max(maximum, other.maximum);
  sum += other.sum;
  count += other.count;
}

}  // namespace faultline::store
