// What would help: each hint is a rule over what a Survey has seen, with its evidence and what it would
// bring.
#include "rules/foresee/capacity.h"
#include "rules/foresee/survey.h"
#include "rules/model/time_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace faultline::foresee {
namespace {

bool is_cable(Technology t) {
  return t == Technology::docsis;
}

std::string day_text(Timestamp t) {
  const std::chrono::year_month_day date(std::chrono::floor<std::chrono::days>(t));
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()));
}

}  // namespace

void Survey::hint_at_radio(EndpointIndex e, const LearntEndpoint& learnt, const Complaints* complaints) {
  const LearntMetric* rsrp = learnt.find(Metric::rsrp_dbm);
  if (rsrp == nullptr) return;
  const HintRules& rules = rules_->foresee.hints;
  const Endpoint& endpoint = topology_->endpoint(e);
  const LearntMetric* sinr = learnt.find(Metric::sinr_db);
  if (sinr != nullptr && rsrp->level >= rules.good_rsrp_dbm && sinr->level <= rules.poor_sinr_db) {
    Hint hint{HintKind::interference, e, std::nullopt, endpoint.customers, {}, {}, {}};
    hint.advice =
        "look for interference: tilt, neighbours on the same channel or physical cell id, an outside source";
    hint.evidence = fmt::format("SINR {:.1f} dB at a good RSRP of {:.1f} dBm", sinr->level, rsrp->level);
    hint.gain =
        fmt::format("each 3 dB of SINR is about 1 bit/s per hertz for {} customers", endpoint.customers);
    outlook_.hints.push_back(std::move(hint));
  }
  if (complaints == nullptr || complaints->all < rules.hole_complaints || rsrp->level > rules.poor_rsrp_dbm)
    return;
  Hint hint{HintKind::coverage_hole, e, std::nullopt, endpoint.customers, {}, {}, {}};
  hint.advice = "coverage hole: check antenna and tilt, plan a small cell or a repeater";
  hint.evidence = fmt::format("RSRP {:.1f} dBm, {} complaints", rsrp->level, complaints->all);
  hint.gain = fmt::format("up to {} complaints in the same time", complaints->all);
  outlook_.hints.push_back(std::move(hint));
}

// The line is well and no incident explains it: the customer's own equipment.
void Survey::hint_at_customers(EndpointIndex e, const Complaints& complaints) {
  std::uint32_t customers = 0, reports = 0;
  for (const auto& [customer, count] : complaints.customers) {
    if (count < rules_->foresee.hints.customer_complaints) continue;
    ++customers;
    reports += count;
  }
  if (customers == 0) return;
  Hint hint{HintKind::customer_wifi, e, std::nullopt, customers, {}, {}, {}};
  hint.advice = "offer help with WiFi and equipment at home: the line is well";
  hint.evidence = fmt::format("{} complaints of {} customer{} that no incident explains", reports, customers,
                              customers == 1 ? "" : "s");
  hint.gain = fmt::format("about {} complaints in the same time", reports);
  outlook_.hints.push_back(std::move(hint));
}

void Survey::hint_at_optics(const Finding& finding) {
  if (finding.metric != Metric::optical_rx_dbm) return;
  const std::uint32_t customers = topology_->endpoint(finding.endpoint).customers;
  const auto until = outlook_.made + std::chrono::days(static_cast<int>(finding.soonest));
  Hint hint{HintKind::clean_optics, finding.endpoint, std::nullopt, customers, {}, {}, {}};
  hint.advice = fmt::format("clean or re-splice before {}", day_text(until));
  hint.evidence = fmt::format("received light {:.1f} dBm, {}", finding.now, finding.text);
  hint.gain = fmt::format("no outage of {} customer{}", customers, customers == 1 ? "" : "s");
  outlook_.hints.push_back(std::move(hint));
}

// A congested endpoint: another one beside it has room, or (cable) its segment has to be split.
void Survey::hint_at_capacity() {
  for (const CapacityItem& item : outlook_.capacity) {
    const Endpoint& endpoint = topology_->endpoint(item.endpoint);
    if (is_cable(endpoint.technology)) {
      Hint hint{HintKind::split_node, item.endpoint, std::nullopt, item.customers, {}, {}, {}};
      hint.advice = "split the node, or give it another channel";
      hint.evidence = item.evidence;
      hint.gain = fmt::format("half the load in the busy hour of {} customers", item.customers);
      outlook_.hints.push_back(std::move(hint));
      continue;
    }
    if (!is_mobile(endpoint.technology)) continue;
    for (const ParentEdge& edge : endpoint.parents) {
      if (edge.kind != EdgeKind::transport) continue;
      const auto siblings = topology_->child_endpoints(edge.parent);
      const auto idle = std::find_if(siblings.begin(), siblings.end(), [&](EndpointIndex other) {
        const Load& load = loads_[other.value];
        return other != item.endpoint && !topology_->endpoint(other).retired &&
               is_mobile(topology_->endpoint(other).technology) && load.is_known && load.strained_days == 0 &&
               load.utilisation <= rules_->foresee.hints.idle_utilisation;  // false where it is not known
      });
      if (idle == siblings.end()) continue;
      Hint hint{HintKind::load_balance, item.endpoint, std::nullopt, item.customers, {}, {}, {}};
      hint.advice = fmt::format("balance load to {}", topology_->endpoint(*idle).name);
      hint.evidence = fmt::format("{}; {} is at {:.0f} % in its busy hour", item.evidence,
                                  topology_->endpoint(*idle).name, 100 * loads_[idle->value].utilisation);
      hint.gain = fmt::format("relief in the busy hour for {} customers without building", item.customers);
      outlook_.hints.push_back(std::move(hint));
      break;
    }
  }
}

void Survey::hint_at_history() {
  const auto days = std::chrono::duration_cast<std::chrono::days>(rules_->foresee.incidents_back).count();
  std::vector<std::pair<NodeIndex, std::uint32_t>> power(power_at_.begin(), power_at_.end());
  std::sort(power.begin(), power.end());
  for (const auto& [node, count] : power) {
    if (count < rules_->foresee.hints.power_incidents) continue;
    const auto customers = topology_->customers_below(node);
    Hint hint{HintKind::battery, std::nullopt, node, customers, {}, {}, {}};
    hint.advice = "test the batteries and the feed";
    hint.evidence = fmt::format("{} power incidents in {} days", count, days);
    hint.gain = fmt::format("short power cuts no longer reach {} customers", customers);
    outlook_.hints.push_back(std::move(hint));
  }
  std::vector<std::pair<EndpointIndex, std::uint32_t>> strays(strays_.begin(), strays_.end());
  std::sort(strays.begin(), strays.end());
  for (const auto& [endpoint, count] : strays) {
    if (count < rules_->foresee.hints.strays || endpoint.value >= topology_->endpoints().size()) continue;
    Hint hint{HintKind::inventory_edge,
              endpoint,
              std::nullopt,
              topology_->endpoint(endpoint).customers,
              {},
              {},
              {}};
    hint.advice = "check what it hangs on: the inventory's parent is probably wrong";
    hint.evidence = fmt::format("failed together with {} incidents elsewhere in {} days", count, days);
    hint.gain = "faults are found at the right node, without a second ticket";
    outlook_.hints.push_back(std::move(hint));
  }
}

}  // namespace faultline::foresee
