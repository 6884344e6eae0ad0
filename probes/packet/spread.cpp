#include "probes/packet/spread.h"

#include <numeric>

namespace faultline::packet {
namespace {

constexpr double kGoldenSection = 0.6180339887498949;
constexpr std::uint32_t kGoldenFraction = 2654435769;  // 2^32 × the golden section

// Near count × golden section, and without a common divisor with count.
std::uint32_t stride(std::uint32_t count) {
  auto step = static_cast<std::uint32_t>(count * kGoldenSection);
  while (step < 1 || std::gcd(step, count) != 1) ++step;
  return step;
}

}  // namespace

std::uint32_t spread_position(std::uint32_t index, std::uint32_t count) {
  return static_cast<std::uint32_t>(std::uint64_t{index} * stride(count) % count);
}

Nanos spread_offset(std::uint32_t index, std::uint32_t count, Nanos interval) {
  const std::uint64_t position = spread_position(index, count);
  const auto whole = static_cast<std::uint64_t>(interval);
  // Split, so that a million targets an hour do not overflow.
  return static_cast<Nanos>(position * (whole / count) + position * (whole % count) / count);
}

Nanos late_joiner_offset(std::uint32_t n, Nanos interval) {
  const std::uint32_t fraction = n * kGoldenFraction;
  return static_cast<Nanos>((static_cast<std::uint64_t>(interval) >> 16U) * fraction >> 16U);
}

}  // namespace faultline::packet
