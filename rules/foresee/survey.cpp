#include "rules/foresee/survey.h"

#include "rules/foresee/capacity.h"
#include "rules/foresee/findings.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

namespace faultline::foresee {
namespace {

bool is_access(NodeKind kind) {
  return kind == NodeKind::site || kind == NodeKind::olt || kind == NodeKind::cmts || kind == NodeKind::dslam;
}

}  // namespace

Survey::Survey(std::shared_ptr<const Topology> topology, std::shared_ptr<const RuleSet> rules, Timestamp now)
    : topology_(std::move(topology)), rules_(std::move(rules)), loads_(topology_->endpoints().size()) {
  outlook_.made = now;
}

void Survey::note(const PastComplaint& complaint) {
  if (complaint.endpoint.value >= topology_->endpoints().size()) return;
  Complaints& at = complaints_[complaint.endpoint];
  ++at.all;
  const auto bucket = week_bucket(complaint.received, rules_->detect.baseline.utc_offset);
  outlook_.complaints.push_back({complaint.endpoint, static_cast<std::uint8_t>(bucket)});
  if (complaint.explained) return;
  ++at.unexplained;
  const auto known = std::find_if(at.customers.begin(), at.customers.end(),
                                  [&](const auto& c) { return c.first == complaint.customer; });
  if (known != at.customers.end())
    ++known->second;
  else
    at.customers.emplace_back(complaint.customer, 1);
}

void Survey::note(const PastIncident& incident) {
  const auto count_above = [&](auto index) {
    for (const NodeIndex above : topology_->ancestors(index))
      if (is_access(topology_->node(above).kind)) ++incidents_at_[above];
  };
  if (const auto* node = std::get_if<NodeIndex>(&incident.root)) {
    ++incidents_at_[*node];
    if (incident.cause == Cause::power) ++power_at_[*node];
  } else if (const auto* endpoint = std::get_if<EndpointIndex>(&incident.root)) {
    count_above(*endpoint);
  } else {
    for (const NodeIndex part : std::get<Area>(incident.root).nodes) ++incidents_at_[part];
  }
  for (const EndpointIndex stray : incident.strays) ++strays_[stray];
}

void Survey::look_at(EndpointIndex e, const LearntEndpoint& learnt, bool is_well) {
  const Endpoint& endpoint = topology_->endpoint(e);
  if (endpoint.retired) return;
  ++outlook_.endpoints;
  const MetricRules& metrics = rules_->detect.metrics[static_cast<std::size_t>(endpoint.technology)];
  double trend = 0;
  for (const LearntMetric& m : learnt.metrics) {
    double z = 0;
    for (Finding& f :
         findings_of(m, metrics[static_cast<std::size_t>(m.metric)], rules_->foresee.trend, &z)) {
      f.endpoint = e;
      if (f.kind == FindingKind::crossing) hint_at_optics(f);
      outlook_.findings.push_back(std::move(f));
    }
    if (!metrics[static_cast<std::size_t>(m.metric)].judged) continue;
    trend = std::max(trend, z);
  }
  if (auto item = capacity_of(e, endpoint, learnt, metrics, rules_->foresee.capacity))
    outlook_.capacity.push_back(std::move(*item));

  const auto complained = complaints_.find(e);
  const Complaints* complaints = complained == complaints_.end() ? nullptr : &complained->second;
  Load& load = loads_[e.value];
  load.is_known = learnt.busy.days > 0;
  load.strained_days = learnt.busy.strained_days;
  if (const auto l =
          busy_levels(learnt, Metric::utilisation, metrics[static_cast<std::size_t>(Metric::utilisation)]))
    load.utilisation = static_cast<float>(l->busy);

  double at_site = 0;
  for (const NodeIndex above : topology_->ancestors(e))
    if (is_access(topology_->node(above).kind))
      if (const auto found = incidents_at_.find(above); found != incidents_at_.end())
        at_site = std::max<double>(at_site, found->second);
  const LearntTroubles& t = learnt.troubles;
  const std::array<double, kRiskFactorCount> factors = {
      t.bad_minutes_7d,
      t.bad_minutes_28d,
      t.falls_28d,
      t.suspicions_7d / 7,
      learnt.scale_growth,
      trend,
      complaints != nullptr ? static_cast<double>(complaints->all) : 0.0,
      at_site};
  RiskFactors narrow{};
  std::transform(factors.begin(), factors.end(), narrow.begin(),
                 [](double x) { return static_cast<float>(x); });
  risk_.add(e, narrow);

  hint_at_radio(e, learnt, complaints);
  if (complaints != nullptr && is_well) hint_at_customers(e, *complaints);
}

Outlook Survey::finish() {
  hint_at_capacity();
  hint_at_history();
  outlook_.risk = risk_.worst(rules_->foresee.risk);
  const auto order = [](const Finding& f) {
    return std::tuple(f.kind, f.days, f.endpoint, f.metric, f.probe);
  };
  std::sort(outlook_.findings.begin(), outlook_.findings.end(),
            [&](const Finding& a, const Finding& b) { return order(a) < order(b); });
  std::sort(outlook_.capacity.begin(), outlook_.capacity.end(),
            [](const CapacityItem& a, const CapacityItem& b) {
              return a.weight != b.weight ? a.weight > b.weight : a.endpoint < b.endpoint;
            });
  std::stable_sort(outlook_.hints.begin(), outlook_.hints.end(), [](const Hint& a, const Hint& b) {
    return a.kind != b.kind ? a.kind < b.kind : a.customers > b.customers;
  });
  std::sort(outlook_.complaints.begin(), outlook_.complaints.end(),
            [](const LocatedComplaint& a, const LocatedComplaint& b) {
              return std::tuple(a.endpoint, a.bucket) < std::tuple(b.endpoint, b.bucket);
            });
  return std::move(outlook_);
}

}  // namespace faultline::foresee
