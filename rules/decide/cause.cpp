#include "rules/decide/cause.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace faultline::decide {
namespace {

constexpr std::size_t kReasons = 3;
constexpr std::array<std::string_view, kCauseFeatureCount> kTexts = {
    "a single customer's line is affected",
    "one radio cell is affected",
    "one fixed line or its access port is affected",
    "one site is affected",
    "what shares a power feed is affected, across the transport topology",
    "what hangs on one aggregation is affected",
    "the core or everything is affected",
    "an area across the topology is affected",
    "only targets outside the own network are bad",
    "customers complain although every probe is good",
    "customers of the air interface complain, over which no probe goes",
    "the endpoints are not reachable (90 % loss or more)",
    "a part of the packets is lost",
    "delay or throughput is bad with little loss",
    "it began at once everywhere",
    "it came slowly",
    "it comes back at the same hours",
    "a power or dying-gasp alarm is active",
    "loss-of-signal alarms without a power alarm",
    "the cells' radio signal is gone",
    "the cells are on air but carry no data",
    "the radio signal is weaker",
    "the radio signal is noisy at the same strength",
    "the optical or cable level dropped",
    "all physical readings are normal",
    "delay rises in the busy hours",
    "the path changed",
    "another probe host sees no trouble",
    "two or more customers complain",
};

std::vector<std::string> reasons_for(std::size_t cause, std::size_t other,
                                     std::span<const CauseFeature> observed, const CauseRules& rules) {
  std::vector<std::pair<double, CauseFeature>> leads;
  for (const CauseFeature feature : observed) {
    const double lead =
        rules.discount * std::log(rules.likelihood(feature, cause) / rules.likelihood(feature, other));
    if (lead > 0) leads.emplace_back(lead, feature);
  }
  std::stable_sort(leads.begin(), leads.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  if (leads.size() > kReasons) leads.resize(kReasons);
  std::vector<std::string> reasons;
  for (const auto& [lead, feature] : leads)
    reasons.push_back(fmt::format("{} (favours {} over {} by {:.1f} nats)", text_of(feature),
                                  name(static_cast<Cause>(cause)), name(static_cast<Cause>(other)), lead));
  return reasons;
}

}  // namespace

std::string_view text_of(CauseFeature feature) {
  return kTexts[static_cast<std::size_t>(feature)];
}

std::vector<CauseScore> rank_causes(std::span<const CauseFeature> observed, const CauseRules& rules) {
  std::array<double, kCauseCount> score{};
  for (std::size_t c = 0; c < kCauseCount; ++c) {
    score[c] = std::log(rules.prior[c]);
    for (const CauseFeature feature : observed)
      score[c] += rules.discount * std::log(rules.likelihood(feature, c));
  }
  std::array<std::size_t, kCauseCount> order{};
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return score[a] > score[b]; });
  double sum = 0;
  for (const double s : score) sum += std::exp(s - score[order[0]]);
  std::vector<CauseScore> ranked;
  for (const std::size_t c : order) {
    const std::size_t other = c == order[0] ? order[1] : order[0];
    ranked.push_back({static_cast<Cause>(c), std::exp(score[c] - score[order[0]]) / sum,
                      reasons_for(c, other, observed, rules)});
  }
  return ranked;
}

}  // namespace faultline::decide
