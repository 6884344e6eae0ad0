#include "tests/lab/fate.h"

#include <algorithm>
#include <array>

namespace faultline::lab {
namespace {

struct Typical {
  std::uint32_t base_us, jitter_us;
  double loss_ratio;
};

Typical typical(Technology technology) {
  switch (technology) {
    case Technology::lte:
      return {28000, 2000, 0.0010};
    case Technology::nr:
      return {14000, 1000, 0.0005};
    case Technology::umts:
      return {60000, 6000, 0.0020};
    case Technology::gsm:
      return {250000, 30000, 0.0050};
    case Technology::gpon:
    case Technology::xgspon:
      return {4000, 300, 0.0001};
    case Technology::docsis:
      return {11000, 1500, 0.0005};
    case Technology::adsl:
    case Technology::vdsl:
      return {18000, 500, 0.0005};
    case Technology::fixed_wireless:
      return {16000, 2000, 0.0010};
    case Technology::ip:
    case Technology::ethernet:
      break;
  }
  return {2000, 100, 0.0001};
}

bool draw_below(std::uint32_t draw, Share share) {
  return draw < share || share == UINT32_MAX;
}
std::uint32_t low(std::uint64_t x) {
  return static_cast<std::uint32_t>(x);
}
std::uint32_t high(std::uint64_t x) {
  return static_cast<std::uint32_t>(x >> 32);
}

// 4 × scale × u³ in whole numbers, so that every machine gives the same nanosecond.
std::uint64_t jitter(std::uint32_t u, std::uint64_t scale_ns) {
  const std::uint64_t square = (std::uint64_t{u} * u) >> 32;
  const std::uint64_t cube = (square * u) >> 32;
  return (4 * scale_ns * cube) >> 32;
}

void add_oddities(std::uint64_t dice, const Oddities& odd, Fate& fate) {
  const std::uint64_t more = mix(dice ^ 0x0DD);
  const std::uint64_t most = mix(more);
  fate.duplicate = draw_below(low(more), odd.duplicate);
  fate.reordered = draw_below(high(more), odd.reorder);
  fate.forged = draw_below(low(most), odd.forge);
  fate.truncated = draw_below(high(most), odd.truncate);
  if (fate.reordered) fate.delay_ns += odd.reorder_ns;
}

}  // namespace

Share share_of(double ratio) {
  if (ratio >= 1) return UINT32_MAX;
  return static_cast<Share>(std::max(ratio, 0.0) * 4294967296.0);
}

std::string_view name(Verdict verdict) {
  static constexpr std::array<std::string_view, 5> kNames = {"answered", "lost_forward", "lost_backward",
                                                             "silent", "unreachable"};
  return kNames[static_cast<std::size_t>(verdict)];
}

std::uint64_t host_key(std::uint64_t seed, const Address& address) {
  return mix(mix(seed) ^ hash(address));
}

HostProfile host_profile(std::uint64_t seed, const Address& address, Technology technology) {
  const Typical t = typical(technology);
  const std::uint64_t dice = mix(host_key(seed, address) ^ 0xBA5E);
  // In whole numbers, as everything that a truth rests on.
  const std::uint64_t spread_permille = 800 + ((std::uint64_t{low(dice)} * 401) >> 32);
  HostProfile host;
  host.base_ns = static_cast<std::uint32_t>(t.base_us * spread_permille);
  host.jitter_ns = static_cast<std::uint32_t>(t.jitter_us * spread_permille);
  host.loss = share_of(t.loss_ratio);
  return host;
}

Fate fate_of(std::uint64_t key, std::uint32_t count, const HostProfile& host, const Condition& condition) {
  const std::uint64_t dice = mix(key + count * 0xD1342543DE82EF95ULL);
  const std::uint64_t second = mix(dice ^ 0x5EC0);
  Fate fate;
  fate.delay_ns = host.base_ns + std::uint64_t{condition.delay_ns} +
                  jitter(high(dice), std::uint64_t{host.jitter_ns} + condition.jitter_ns);
  if (condition.silent) {
    fate.verdict = Verdict::silent;
  } else if (draw_below(low(dice), host.loss) || draw_below(low(second), condition.loss)) {
    fate.verdict = (second >> 63) != 0 ? Verdict::lost_forward : Verdict::lost_backward;
  } else if (condition.odd.unreachable >= 0) {
    fate.verdict = Verdict::unreachable;
  } else if (condition.odd != Oddities{}) {
    add_oddities(dice, condition.odd, fate);
  }
  const std::uint64_t forward_percent = 40 + ((second >> 40) % 21);
  fate.forward_ns = fate.delay_ns * forward_percent / 100;
  return fate;
}

}  // namespace faultline::lab
