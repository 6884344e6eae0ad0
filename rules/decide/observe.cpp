#include "rules/decide/observe.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace faultline::decide {
namespace {

constexpr double kHardLoss = 0.9;
constexpr double kPartialLoss = 0.05;
constexpr Duration kWithTheFault = std::chrono::minutes(10);  // the onset is an estimate

// Loss, or the kind of trouble where there is little loss. The middle one of the members speaks for all: of
// two hundred that lose 2 % some have lost more in the few packets since.
void add_reach(const Record& record, const Present& present, std::vector<CauseFeature>& features) {
  std::vector<float> losses;
  std::size_t delayed = 0;
  for (const EndpointIndex endpoint : record.members) {
    const EndpointHealth& health = present.health[endpoint.value];
    if (!is_bad(health)) continue;
    losses.push_back(health.loss_ratio);
    if (health.bad_in(Respect::latency) || health.bad_in(Respect::jitter) ||
        health.bad_in(Respect::throughput))
      ++delayed;
  }
  if (losses.empty()) return;
  const auto middle = losses.begin() + static_cast<std::ptrdiff_t>(losses.size() / 2);
  std::nth_element(losses.begin(), middle, losses.end());
  if (*middle >= kHardLoss)
    features.push_back(CauseFeature::reach_hard);
  else if (*middle >= kPartialLoss)
    features.push_back(CauseFeature::reach_partial);
  else if (2 * delayed >= losses.size())
    features.push_back(CauseFeature::delay_only);
}

bool is_delay_only(const std::vector<CauseFeature>& features) {
  return !features.empty() && features[0] == CauseFeature::delay_only;
}

void add_onset(const Record& record, const Present& present, const CauseRules& rules,
               std::vector<CauseFeature>& features) {
  std::vector<Timestamp> onsets;
  for (const EndpointIndex endpoint : record.members)
    if (is_bad(present.health[endpoint.value])) onsets.push_back(present.health[endpoint.value].onset);
  if (onsets.size() < 2) return;
  std::sort(onsets.begin(), onsets.end());  // the outer tenths do not count
  const std::size_t cut = onsets.size() / 10;
  const Duration spread = onsets[onsets.size() - 1 - cut] - onsets[cut];
  if (spread <= rules.step) features.push_back(CauseFeature::onset_step);
  if (spread >= rules.ramp) features.push_back(CauseFeature::onset_ramp);
}

bool is_busy_hour(Timestamp at, const CauseRules& rules) {
  const auto local = at + rules.utc_offset;
  const auto hour =
      std::chrono::duration_cast<std::chrono::hours>(local - std::chrono::floor<std::chrono::days>(local))
          .count();
  return hour >= rules.busy_from && hour < rules.busy_until;
}

}  // namespace

CauseFeature feature_of_root(const Record& record, const Topology& topology) {
  const Root& root = record.incident.root;
  if (const auto* endpoint = std::get_if<EndpointIndex>(&root)) {
    if (topology.endpoint(*endpoint).customers <= 1) return CauseFeature::root_single_customer;
    return is_mobile(topology.endpoint(*endpoint).technology) ? CauseFeature::root_cell
                                                              : CauseFeature::root_line;
  }
  const auto* node = std::get_if<NodeIndex>(&root);
  // Sites that fail together are without power; callers around some sites are there for another reason.
  if (node == nullptr)
    return record.is_storm || record.incident.complaint_only ? CauseFeature::root_area
                                                             : CauseFeature::root_power;
  switch (topology.node(*node).kind) {
    case NodeKind::core:
    case NodeKind::upstream:
      return CauseFeature::root_core;
    case NodeKind::power:
      return CauseFeature::root_power;
    case NodeKind::aggregation:
    case NodeKind::shared_risk:
      return CauseFeature::root_aggregation;
    case NodeKind::splitter:  // a PON port and its branch of fibre: no equipment of ours stands there
      return CauseFeature::root_line;
    default:
      return CauseFeature::root_site;
  }
}

void Observations::note(const Round& round) {
  if (round.outcome == Outcome::timed_out && round.packets.sent > 0) return;
  const auto values = round.metric_values();
  const bool off_air = round.reason == OutcomeReason::not_registered;
  Signal signal{round.finished, !off_air};
  for (const MetricValue& value : values) {
    if (value.metric == Metric::rsrp_dbm) signal.rsrp_dbm = value.value;
    if (value.metric == Metric::rscp_dbm) signal.rscp_dbm = value.value;
  }
  if (!off_air && std::isnan(signal.rsrp_dbm) && std::isnan(signal.rscp_dbm)) return;
  if (signals_.size() <= round.endpoint.value) signals_.resize(round.endpoint.value + 1);
  signals_[round.endpoint.value] = signal;
}

void Observations::note(const Alarm& alarm) {
  constexpr std::size_t kMostAlarms = 100'000;
  if (alarm.cleared)
    alarms_.erase(alarm.id);
  else if (alarms_.size() < kMostAlarms)
    alarms_[alarm.id] = alarm;
}

void Observations::forget_retired(const Topology& topology) {
  for (std::uint32_t e = 0; e < signals_.size(); ++e)
    if (topology.endpoint(EndpointIndex{e}).retired) signals_[e] = Signal{};
  std::erase_if(alarms_, [&](const auto& entry) {
    const Alarm& alarm = entry.second;
    return (alarm.node && topology.node(*alarm.node).retired) ||
           (alarm.endpoint && topology.endpoint(*alarm.endpoint).retired);
  });
}

bool Observations::alarm_below(const Record& record, const Topology& topology,
                               std::initializer_list<AlarmKind> kinds, Timestamp since) const {
  if (alarms_.empty()) return false;
  // Thousands of alarms and thousands of members: each is looked at once.
  std::vector<bool> is_above(topology.nodes().size());
  for (const EndpointIndex member : record.members)
    for (const NodeIndex above : topology.ancestors(member)) is_above[above.value] = true;
  const auto concerns = [&](const Alarm& alarm) {
    if (std::find(kinds.begin(), kinds.end(), alarm.kind) == kinds.end() || alarm.raised < since)
      return false;
    if (alarm.endpoint) return contains(record.incident.affected, *alarm.endpoint);
    return alarm.node && alarm.node->value < is_above.size() && is_above[alarm.node->value];
  };
  return std::any_of(alarms_.begin(), alarms_.end(),
                     [&](const auto& entry) { return concerns(entry.second); });
}

// It comes in well enough: if it is bad, something else is on the air (RSRQ, SINR, Ec/Io).
bool Observations::is_strong(EndpointIndex endpoint, const CauseRules& rules) const {
  if (endpoint.value >= signals_.size()) return false;
  const Signal& signal = signals_[endpoint.value];
  return static_cast<double>(signal.rsrp_dbm) >= rules.strong_rsrp_dbm ||
         static_cast<double>(signal.rscp_dbm) >= rules.strong_rscp_dbm;
}

void Observations::add_signal(const Record& record, const Present& present, const Topology& topology,
                              const CauseRules& rules, std::vector<CauseFeature>& features) const {
  std::size_t on_air = 0, off_air = 0, weak = 0, noisy = 0, dim = 0;
  for (const EndpointIndex endpoint : record.members) {
    if (present.health[endpoint.value].bad_in(Respect::signal)) {
      const bool is_radio = is_mobile(topology.endpoint(endpoint).technology);
      ++(!is_radio ? dim : is_strong(endpoint, rules) ? noisy : weak);
    }
    if (endpoint.value >= signals_.size() || signals_[endpoint.value].at < record.incident.onset) continue;
    ++(signals_[endpoint.value].on_air ? on_air : off_air);
  }
  if (dim > weak + noisy)
    features.push_back(CauseFeature::optical_drop);
  else if (noisy > weak)
    features.push_back(CauseFeature::signal_noisy);
  else if (weak > 0)
    features.push_back(CauseFeature::signal_weak);
  else if (off_air > on_air)
    features.push_back(CauseFeature::cell_off_air);
  else if (on_air > 0 && is_delay_only(features))
    features.push_back(CauseFeature::physical_normal);  // they do carry data
  else if (on_air > 0)
    features.push_back(CauseFeature::cell_on_air);
}

// A cell's probes end at its site: what goes wrong on the air is seen by a modem, or by nobody but customers.
bool Observations::is_air_unseen(const Record& record, const Topology& topology) const {
  const std::vector<EndpointIndex>& where = record.incident.affected;
  const bool is_near = record.level != Level::wide || std::holds_alternative<Area>(record.incident.root);
  return is_near && std::all_of(where.begin(), where.end(), [&](EndpointIndex endpoint) {
           const bool has_modem =
               endpoint.value < signals_.size() && signals_[endpoint.value].at != Timestamp{};
           return is_mobile(topology.endpoint(endpoint).technology) && !has_modem;
         });
}

std::vector<CauseFeature> Observations::of_members(const Record& record, const Present& present,
                                                   const Topology& topology, const CauseRules& rules) const {
  if (record.incident.complaint_only)
    return {is_air_unseen(record, topology) ? CauseFeature::air_silent : CauseFeature::one_service_silent};
  std::vector<CauseFeature> features;
  add_reach(record, present, features);
  add_onset(record, present, rules, features);
  add_signal(record, present, topology, rules, features);
  if (is_delay_only(features) && is_busy_hour(record.incident.onset, rules))
    features.push_back(CauseFeature::busy_hour_delay);
  return features;
}

std::vector<CauseFeature> Observations::of_context(const Record& record, const Topology& topology) const {
  std::vector<CauseFeature> features;
  if (alarm_below(record, topology, {AlarmKind::dying_gasp, AlarmKind::power}))
    features.push_back(CauseFeature::power_alarm);
  else if (alarm_below(record, topology, {AlarmKind::loss_of_signal}))
    features.push_back(CauseFeature::loss_of_signal);
  // A way that changed long before is the usual one by now.
  if (alarm_below(record, topology, {AlarmKind::path_change}, record.incident.onset - kWithTheFault))
    features.push_back(CauseFeature::path_change);
  if (record.incident.complaints.size() >= 2) features.push_back(CauseFeature::complaints_two);
  return features;
}

}  // namespace faultline::decide
