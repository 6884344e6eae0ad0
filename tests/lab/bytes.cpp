#include "tests/lab/bytes.h"

namespace faultline::lab {

std::uint64_t sum16(ConstBytes bytes, std::uint64_t sum) {
  std::size_t at = 0;
  for (; at + 4 <= bytes.size(); at += 4) sum += get32(bytes, at);  // 2^16 = 1 modulo 2^16 - 1
  if (at + 2 <= bytes.size()) {
    sum += get16(bytes, at);
    at += 2;
  }
  if (at < bytes.size()) sum += std::uint64_t{bytes[at]} << 8;
  return sum;
}

std::uint16_t checksum(std::uint64_t sum) {
  while (sum > 0xFFFF) sum = (sum >> 16) + (sum & 0xFFFF);
  return static_cast<std::uint16_t>(~sum);
}

std::uint16_t adjusted(std::uint16_t sum, std::uint16_t before, std::uint16_t after) {
  return checksum(static_cast<std::uint16_t>(~sum) + std::uint64_t{static_cast<std::uint16_t>(~before)} +
                  after);
}

}  // namespace faultline::lab
