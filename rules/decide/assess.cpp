// What is believed of an incident: its cause, how sure, how bad, and whether a change of it is worth telling.
// An incident keeps what was known when the most spoke for it; a fault that recovers argues no less for
// itself.
#include "rules/decide/cause.h"
#include "rules/decide/explain.h"
#include "rules/decide/incident_book.h"
#include "rules/model/time_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace faultline::decide {
namespace {

double probability(double log_odds) {
  return 1 / (1 + std::exp(-log_odds));
}

// Grown enough that a person wants to know: the first, then by half and by three at least.
bool has_grown(std::size_t now, std::size_t before) {
  return before == 0 ? now > 0 : now >= before + std::max<std::size_t>(3, before / 2);
}

void add_missing(std::vector<CauseFeature>& into, const std::vector<CauseFeature>& other) {
  for (const CauseFeature feature : other)
    if (std::find(into.begin(), into.end(), feature) == into.end()) into.push_back(feature);
}

bool speaks_louder(const std::vector<CauseFeature>& a, const std::vector<CauseFeature>& b,
                   const CauseRules& rules) {
  return rank_causes(a, rules).front().probability > rank_causes(b, rules).front().probability;
}

}  // namespace

std::vector<CauseFeature> observed_of(const Record& record, const Topology& topology) {
  std::vector<CauseFeature> observed{feature_of_root(record, topology)};
  add_missing(observed, record.features);
  add_missing(observed, record.context);
  if (std::find(observed.begin(), observed.end(), CauseFeature::power_alarm) != observed.end())
    std::erase(observed, CauseFeature::loss_of_signal);  // it follows from the other
  return observed;
}

double log_odds_of(const Record& record, const OpeningRules& rules) {
  if (record.level != Level::endpoint || record.incident.complaint_only) return record.gain_nats;
  return record.gain_nats + std::min(rules.repeat_limit_nats, rules.repeat_nats * record.repeats);
}

double IncidentBook::confidence_of(const Record& record) const {
  const double odds = log_odds_of(record, rules_->opening);
  return probability(record.level == Level::endpoint ? odds : std::min(odds, record.margin_nats));
}

// The members are looked at again only when as many are bad as ever, and of as many what says most counts;
// what others say is added.
void IncidentBook::judge_cause(Record& record, const Present& present, const Observations& observations) {
  Incident& incident = record.incident;
  const auto bad = static_cast<std::size_t>(
      std::count_if(incident.bad.begin(), incident.bad.end(),
                    [&](EndpointIndex endpoint) { return !present.health[endpoint.value].better; }));
  if (incident.bad.empty() && !incident.complaint_only) return;  // not judged by its absence
  if (!record.is_told()) record.context.clear();
  if (!record.is_told() || bad >= record.incident.most_bad) {
    auto features = observations.of_members(record, present, *topology_, rules_->cause);
    if (!record.is_told() || bad > record.incident.most_bad ||
        (features != record.features && speaks_louder(features, record.features, rules_->cause)))
      record.features = std::move(features);
    record.incident.most_bad = bad;
  }
  if (record.features.empty()) return;  // restored: what it was judged by is not known any more
  add_missing(record.context, observations.of_context(record, *topology_));
  if (recurrence_.is_daily(incident.root, incident.onset, rules_->cause))
    add_missing(record.context, {CauseFeature::recurs_daily});
  std::vector<CauseFeature> observed = observed_of(record, *topology_);
  if (observed == record.ranked && !incident.causes.empty()) return;  // as every second of most
  incident.causes = rank_causes(observed, rules_->cause);
  record.ranked = std::move(observed);
}

Impact IncidentBook::impact_of(const Record& record, const Present& present) const {
  const Incident& incident = record.incident;
  Impact impact;
  if (record.flapping) return impact;
  for (const EndpointIndex endpoint : incident.bad)
    impact.weighted_customers += topology_->endpoint(endpoint).customers *
                                 impact_weight(present.health[endpoint.value].loss_ratio, rules_->severity);
  if (incident.complaint_only)
    impact.weighted_customers = std::min(static_cast<double>(incident.customers),
                                         100.0 * static_cast<double>(incident.complaints.size()));
  if (const auto* node = std::get_if<NodeIndex>(&incident.root)) {
    const NodeKind kind = topology_->node(*node).kind;
    impact.whole_network = kind == NodeKind::core || kind == NodeKind::upstream;
  }
  impact.long_lasting =
      incident.opened_at && present.at - *incident.opened_at > rules_->severity.long_lasting;
  return impact;
}

void IncidentBook::assess(Record& record, const Present& present, const Observations& observations) {
  Incident& incident = record.incident;
  if (record.is_host) {
    incident.causes = {{Cause::probe_host, 1.0, {"the probe host fails its own checks"}}};
    return;
  }
  judge_cause(record, present, observations);
  const double confidence = confidence_of(record);
  incident.confidence = record.is_told() ? std::max(incident.confidence, confidence) : confidence;
  const Severity severity = severity_of(impact_of(record, present), rules_->severity);
  if (incident.state == IncidentState::suspected)
    record.severity = SeverityMemory(severity);
  else if (incident.state == IncidentState::open)
    record.severity.update(severity, present.at, rules_->severity);
  incident.severity = record.severity.current();
}

// Tells what a person cares for, and not every second. That members recover is not told.
void IncidentBook::tell_update(Record& record, Timestamp now, Actions& actions) {
  constexpr double kFootprintGrowth = 1.1;
  const Incident& incident = record.incident;
  const Told& told = record.told;
  std::vector<std::string> news;
  if (incident.severity != told.severity)
    news.push_back(fmt::format("severity {} from {} to {}",
                               incident.severity < told.severity ? "raised" : "lowered", name(told.severity),
                               name(incident.severity)));
  const bool is_urgent = incident.severity < told.severity;
  if (!is_urgent && now - told.at < rules_->identity.update_spacing) return;
  if (!incident.causes.empty() && incident.causes.front().cause != told.cause &&
      incident.causes.front().probability >= rules_->cause.determined)
    news.push_back(fmt::format("the likely cause is now {} ({:.0f} %)", name(incident.causes.front().cause),
                               100 * incident.causes.front().probability));
  if (static_cast<double>(incident.affected.size()) > kFootprintGrowth * static_cast<double>(told.affected))
    news.push_back(fmt::format("endpoints affected: {}, before {}", incident.affected.size(), told.affected));
  if (incident.suspected_members.size() > told.strays)
    news.push_back(
        fmt::format("endpoints elsewhere that may belong to it: {}", incident.suspected_members.size()));
  if (has_grown(incident.complaints.size(), told.complaints))
    news.push_back(
        fmt::format("complaints attached: {}, before {}", incident.complaints.size(), told.complaints));
  if (news.empty()) return;
  tell(record, IncidentEvent::updated, fmt::format("{}", fmt::join(news, "; ")), now, actions);
}

// A reopened incident takes over an argument that is stronger than its own, else it notes that it is back.
void IncidentBook::take_relapse(Record& record, const Record& relapse, Timestamp now) {
  record.notes.push_back({fmt::format("bad again at {}", time_of_day(now)), 0});
  if (relapse.gain_nats < record.gain_nats) {
    record.notes.insert(record.notes.end(), relapse.argument.begin(), relapse.argument.end());
    return;
  }
  record.argument = relapse.argument;
  record.incident.alternatives = relapse.incident.alternatives;
  record.gain_nats = relapse.gain_nats;
  record.margin_nats = relapse.margin_nats;
}

}  // namespace faultline::decide
