#include "rules/model/voice.h"

#include <algorithm>
#include <cmath>

namespace faultline {
namespace {

constexpr double kPerfect = 93.2;  // G.107 with its default values
constexpr double kPacket_ms = 20;
constexpr double kAudible_ms = 177.3;  // a longer delay disturbs the conversation itself
constexpr double kLossRobustness = 25.1;
constexpr double kMostLost = 95;

}  // namespace

VoiceQuality voice_quality(double rtt_ms, double ipdv_ms, double loss_ratio) {
  if (loss_ratio >= 1) return {};
  const double delay = rtt_ms / 2 + ipdv_ms + kPacket_ms;
  double r = kPerfect - 0.024 * delay;
  if (delay > kAudible_ms) r -= 0.11 * (delay - kAudible_ms);
  const double lost = 100 * loss_ratio;
  r -= kMostLost * lost / (lost + kLossRobustness);
  if (std::isnan(r)) return {r, r};
  r = std::clamp(r, 0.0, 100.0);
  return {r, std::clamp(1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6, 1.0, 4.5)};
}

}  // namespace faultline
