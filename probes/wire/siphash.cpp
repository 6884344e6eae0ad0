#include "probes/wire/siphash.h"

#include <bit>

namespace faultline::wire {
namespace {

class SipState {
 public:
  explicit SipState(SipKey key)
      : v0_(key.k0 ^ 0x736f6d6570736575ULL),
        v1_(key.k1 ^ 0x646f72616e646f6dULL),
        v2_(key.k0 ^ 0x6c7967656e657261ULL),
        v3_(key.k1 ^ 0x7465646279746573ULL) {}

  void compress(std::uint64_t word) {
    v3_ ^= word;
    round();
    round();
    v0_ ^= word;
  }

  std::uint64_t finish() {
    v2_ ^= 0xff;
    for (int i = 0; i < 4; ++i) round();
    return v0_ ^ v1_ ^ v2_ ^ v3_;
  }

 private:
  void round() {
    v0_ += v1_;
    v1_ = std::rotl(v1_, 13) ^ v0_;
    v0_ = std::rotl(v0_, 32);
    v2_ += v3_;
    v3_ = std::rotl(v3_, 16) ^ v2_;
    v0_ += v3_;
    v3_ = std::rotl(v3_, 21) ^ v0_;
    v2_ += v1_;
    v1_ = std::rotl(v1_, 17) ^ v2_;
    v2_ = std::rotl(v2_, 32);
  }

  std::uint64_t v0_, v1_, v2_, v3_;
};

std::uint64_t little_endian(std::span<const std::byte> bytes) {
  std::uint64_t word = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) word = word << 8U | std::to_integer<std::uint64_t>(bytes[i]);
  return word;
}

}  // namespace

std::uint64_t siphash_2_4(SipKey key, std::span<const std::byte> message) {
  SipState state(key);
  auto rest = message;
  for (; rest.size() >= 8; rest = rest.subspan(8)) state.compress(little_endian(rest.first(8)));
  state.compress(little_endian(rest) | static_cast<std::uint64_t>(message.size()) << 56U);
  return state.finish();
}

std::uint64_t siphash_2_4(SipKey key, std::uint64_t first, std::uint64_t second) {
  SipState state(key);
  state.compress(first);
  state.compress(second);
  state.compress(16ULL << 56U);
  return state.finish();
}

}  // namespace faultline::wire
