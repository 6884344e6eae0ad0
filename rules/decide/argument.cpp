#include "rules/decide/argument.h"

#include "rules/decide/cause.h"
#include "rules/decide/explain.h"
#include "rules/decide/observe.h"
#include "rules/model/metric_words.h"
#include "rules/model/time_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace faultline::decide {
namespace {

constexpr std::size_t kMostCauses = 5;
constexpr double kNoteworthy = 0.1;  // of probability: a smaller change of it is not worth a word

double median_of(std::vector<double>& values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

std::string number(double value) {
  return std::abs(value) >= 1e6 ? fmt::format("{:.3g}", value) : fmt::format("{:.1f}", value);
}

// "loss: median 100 % (from 98 % to 100 %); 270 of 272 packets lost since each one's onset"
void add_losses(Argument& argument, const Record& record, const Present& present,
                std::span<const DegradationFigures> figures) {
  std::vector<double> losses;
  for (const EndpointIndex endpoint : record.incident.bad)
    losses.push_back(100 * static_cast<double>(present.health[endpoint.value].loss_ratio));
  if (losses.empty()) return;
  const auto [least, most] = std::minmax_element(losses.begin(), losses.end());
  std::string range = *most - *least < 0.5 ? "" : fmt::format(" (from {:.0f} % to {:.0f} %)", *least, *most);
  std::string text = fmt::format("loss: median {:.0f} %{}", median_of(losses), range);
  std::uint64_t lost = 0, sent = 0;
  for (const DegradationFigures& one : figures)
    if (one.respect == Respect::reachability || one.respect == Respect::loss)
      lost += one.lost, sent += one.sent;
  if (sent > 0) text += fmt::format("; {} of {} packets lost since each one's onset", lost, sent);
  argument.measured.push_back(std::move(text));
}

// "round trip: median 61.0 ms (55.2 to 70.3), usually 20.1 ms, of 12 endpoints"
void add_values(Argument& argument, std::span<const DegradationFigures> figures) {
  std::map<Metric, std::pair<std::vector<double>, std::vector<double>>> by_metric;
  for (const DegradationFigures& one : figures) {
    if (one.respect == Respect::reachability || one.respect == Respect::loss || !std::isfinite(one.value))
      continue;
    by_metric[one.metric].first.push_back(one.value);
    if (std::isfinite(one.usual)) by_metric[one.metric].second.push_back(one.usual);
  }
  for (auto& [metric, values] : by_metric) {
    const auto [name, unit] = words_of(metric);
    const auto [least, most] = std::minmax_element(values.first.begin(), values.first.end());
    const std::string range =
        values.first.size() < 2 ? "" : fmt::format(" ({} to {})", number(*least), number(*most));
    std::string text = fmt::format("{}: median {}{}{}", name, number(median_of(values.first)), unit, range);
    if (!values.second.empty()) text += fmt::format(", usually {}{}", number(median_of(values.second)), unit);
    argument.measured.push_back(
        fmt::format("{}, of {} endpoint{}", text, values.first.size(), values.first.size() == 1 ? "" : "s"));
  }
}

void add_onsets(Argument& argument, const Record& record, const Present& present) {
  std::vector<Timestamp> onsets;
  for (const EndpointIndex endpoint : record.incident.bad)
    onsets.push_back(present.health[endpoint.value].onset);
  if (onsets.size() < 2) return;
  std::sort(onsets.begin(), onsets.end());
  argument.measured.push_back(fmt::format("they became bad between {} and {}, half of them by {}",
                                          time_of_day(onsets.front()), time_of_day(onsets.back()),
                                          time_of_day(onsets[onsets.size() / 2])));
}

// Rows that a person, another system or a further round could still add, and which rows each one excludes.
struct Observable {
  CauseFeature feature;
  std::vector<CauseFeature> excluded;
};
const std::vector<Observable>& observables() {
  using F = CauseFeature;
  static const std::vector<Observable> all = {
      {F::power_alarm, {F::loss_of_signal}},
      {F::loss_of_signal, {F::power_alarm}},
      {F::cell_off_air, {F::cell_on_air, F::signal_weak, F::physical_normal}},
      {F::cell_on_air, {F::cell_off_air, F::signal_weak, F::physical_normal}},
      {F::signal_weak, {F::cell_off_air, F::cell_on_air, F::physical_normal}},
      {F::signal_noisy, {F::cell_off_air, F::physical_normal}},
      {F::optical_drop, {F::physical_normal}},
      {F::physical_normal,
       {F::cell_off_air, F::cell_on_air, F::signal_weak, F::signal_noisy, F::optical_drop}},
      {F::recurs_daily, {}},
      {F::path_change, {}},
      {F::off_net_only, {}},
      {F::second_probe_contradicts, {}},
      {F::complaints_two, {}},
  };
  return all;
}

bool has(const std::vector<CauseFeature>& list, CauseFeature feature) {
  return std::find(list.begin(), list.end(), feature) != list.end();
}

double probability_of(const std::vector<CauseScore>& ranked, Cause cause) {
  for (const CauseScore& one : ranked)
    if (one.cause == cause) return one.probability;
  return 0;
}

}  // namespace

void add_measured(Argument& argument, const Record& record, const Present& present, const Topology& topology,
                  std::span<const DegradationFigures> figures) {
  const Incident& incident = record.incident;
  std::array<std::size_t, kRespectCount> bad_in{};
  for (const EndpointIndex endpoint : incident.bad)
    for (std::size_t r = 0; r < kRespectCount; ++r)
      if (present.health[endpoint.value].bad_in(static_cast<Respect>(r))) ++bad_in[r];
  std::string respects;
  for (std::size_t r = 0; r < kRespectCount; ++r)
    if (bad_in[r] > 0)
      respects += fmt::format("{}{} in {}", respects.empty() ? "" : ", ", bad_in[r], kRespectNames[r]);
  argument.measured.push_back(fmt::format("{} of the {} endpoints affected are bad now{}{}",
                                          incident.bad.size(), incident.affected.size(),
                                          respects.empty() ? "" : ": ", respects));
  add_losses(argument, record, present, figures);
  add_values(argument, figures);
  add_onsets(argument, record, present);
  if (!incident.suspected_members.empty()) {
    std::string names;
    constexpr std::size_t kNamed = 4;
    for (std::size_t i = 0; i < std::min(kNamed, incident.suspected_members.size()); ++i)
      names += (i == 0 ? "" : ", ") + topology.endpoint(incident.suspected_members[i]).name;
    argument.measured.push_back(fmt::format("{} elsewhere in the inventory became bad with it: {}{}",
                                            incident.suspected_members.size(), names,
                                            incident.suspected_members.size() > kNamed ? ", …" : ""));
  }
}

void add_opening(Argument& argument, const Record& record, const LifecycleFacts& facts,
                 const DecideRules& rules) {
  auto& list = argument.opening;
  const Incident& incident = record.incident;
  std::string needed = fmt::format("{:.1f} needed", facts.threshold);
  if (facts.threshold > rules.opening.base_nats)
    needed += fmt::format(": {:.1f}, and {:.1f} more for only {} customers", rules.opening.base_nats,
                          facts.threshold - rules.opening.base_nats, incident.customers);
  else
    needed += fmt::format(" for {} customers", incident.customers);
  list.push_back(fmt::format("odds {:.1f} nats of being real (probability of the place {:.3f}); {}",
                             facts.log_odds, incident.confidence, needed));
  list.push_back(fmt::format("{} since the suspicion at {}; {} must pass before a ticket",
                             describe(facts.now - facts.suspected_at), time_of_day(facts.suspected_at),
                             describe(facts.hold)));
  if (incident.complaint_only) {
    list.push_back("complaints alone speak for it: no probe shows it");
    if (std::holds_alternative<Area>(incident.root))
      list.push_back("no one node has the callers: they were found by their places on the map");
    return;
  }
  list.push_back(fmt::format("{} of the {} members measured in the last seconds are bad, {:.0f} % needed",
                             facts.fresh_bad, facts.fresh, 100 * rules.opening.fresh_bad_share));
  if (record.level == Level::wide)
    list.push_back(
        facts.parent_measured
            ? "enough is measured beside it to rule out the node above"
            : fmt::format("the node above is not ruled out: too little is measured beside it; not waited "
                          "for longer than {}",
                          describe(rules.opening.parent_patience)));
  if (record.level == Level::endpoint && record.repeats > 0)
    list.push_back(
        fmt::format("measured bad {} more times since: {:.1f} nats of the odds", record.repeats,
                    std::min(rules.opening.repeat_limit_nats, rules.opening.repeat_nats * record.repeats)));
  if (facts.blocked) list.push_back("nothing opens: the probe host may be to blame");
}

void add_causes_to_come(Argument& argument, const Record& record, const Topology& topology,
                        const CauseRules& rules) {
  const Incident& incident = record.incident;
  if (incident.causes.size() < 2 || (record.features.empty() && !incident.complaint_only)) return;
  const std::vector<CauseFeature> observed = observed_of(record, topology);
  const Cause now = incident.causes.front().cause;
  const double probability = incident.causes.front().probability;
  std::vector<std::pair<double, WhatIf>> found;
  for (const Observable& one : observables()) {
    if (has(observed, one.feature)) continue;
    std::vector<CauseFeature> then = observed;
    std::erase_if(then, [&](CauseFeature feature) { return has(one.excluded, feature); });
    then.push_back(one.feature);
    const auto ranked = rank_causes(then, rules);
    // Of the causes that gain by it the likeliest; worth a word if it leads then, or comes near.
    const auto gains = [&](const CauseScore& score) {
      return score.probability > probability_of(incident.causes, score.cause) + kNoteworthy;
    };
    const auto rising = std::find_if(ranked.begin(), ranked.end(), gains);
    if (rising == ranked.end()) continue;
    const bool leads = rising == ranked.begin();
    if (leads && rising->cause == now && probability >= rules.determined) continue;
    const std::string figures = fmt::format("{:.2f} instead of {:.2f}", rising->probability,
                                            probability_of(incident.causes, rising->cause));
    std::string outcome = leads
                              ? fmt::format("{} would be the likely cause: {}", name(rising->cause), figures)
                              : fmt::format("{} would be likelier: {}", name(rising->cause), figures);
    if (rising->cause != now)
      outcome += fmt::format(" ({}{} {:.2f} instead of {:.2f})", leads ? "" : "still ", name(now),
                             probability_of(ranked, now), probability);
    found.emplace_back(leads ? 1 + rising->probability : rising->probability,
                       WhatIf{WhatIfKind::cause, std::string(text_of(one.feature)), std::move(outcome)});
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  if (found.size() > kMostCauses) found.resize(kMostCauses);
  for (auto& [rank, one] : found) argument.would_change.push_back(std::move(one));
}

void add_time_to_come(Argument& argument, const Record& record, const LifecycleFacts& facts,
                      const DecideRules& rules) {
  const auto add = [&](std::string condition, std::string outcome) {
    argument.would_change.push_back({WhatIfKind::time, std::move(condition), std::move(outcome)});
  };
  if (!record.is_told()) {
    if (!record.incident.complaint_only)
      add("no member is bad any more before the ticket", "the suspicion would be withdrawn");
    return;
  }
  if (record.incident.complaint_only) {
    if (std::holds_alternative<Area>(record.incident.root))
      argument.would_change.push_back({WhatIfKind::place,
                                       "more than half of the callers turn out to be below one node",
                                       "the incident would move to that node"});
    add("a probe finds an endpoint below it bad", "it would rest on measurements, and take their place");
    add(fmt::format("nobody complains for {}", describe(rules.ending.complaints_quiet)),
        "it would be resolved");
    return;
  }
  add(fmt::format("nothing of it is bad for {} and {:.0f} % of its members are measured good",
                  describe(facts.recovery), 100 * rules.ending.fresh_share),
      "it would be resolved");
}

}  // namespace faultline::decide
