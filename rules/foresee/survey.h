// One look at the whole network for what is coming: endpoint by endpoint, so that the caller can spread it
// over time, then `finish`. Made by daemon/app over the pipeline and the store; pure, no clock. 2 to 10 µs an
// endpoint.
#pragma once

#include "rules/foresee/outlook.h"
#include "rules/foresee/risk.h"
#include "rules/model/complaint.h"
#include "rules/model/incident.h"
#include "rules/model/learnt.h"
#include "rules/model/rule_set.h"
#include "rules/model/topology.h"

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

namespace faultline::foresee {

struct PastComplaint {
  EndpointIndex endpoint;  // that serves its place best
  std::uint64_t customer = 0;
  Timestamp received{};
  bool explained = false;  // by an incident
};

struct PastIncident {
  Root root;
  std::optional<Cause> cause;         // the likely one, if there is one
  std::vector<EndpointIndex> strays;  // members by time, not by inventory
};

class Survey {
 public:
  Survey(std::shared_ptr<const Topology> topology, std::shared_ptr<const RuleSet> rules, Timestamp now);

  // First all complaints and incidents of the time looked back at, in any order,
  void note(const PastComplaint& complaint);
  void note(const PastIncident& incident);
  // then every endpoint once; retired ones are left out.
  void look_at(EndpointIndex endpoint, const LearntEndpoint& learnt, bool is_well);
  Outlook finish();

 private:
  struct Complaints {
    std::uint32_t all = 0, unexplained = 0;
    // Of customers with unexplained ones: hash and number. Few: most have one.
    std::vector<std::pair<std::uint64_t, std::uint32_t>> customers;
  };
  // What the neighbours' hints need of an endpoint.
  struct Load {
    float utilisation = kNoValue;  // in its busy hour
    std::uint8_t strained_days = 0;
    bool is_known = false;
  };

  void hint_at_radio(EndpointIndex e, const LearntEndpoint& learnt, const Complaints* complaints);
  void hint_at_customers(EndpointIndex e, const Complaints& complaints);
  void hint_at_optics(const Finding& finding);
  void hint_at_capacity();  // needs all endpoints
  void hint_at_history();   // power and strays

  std::shared_ptr<const Topology> topology_;
  std::shared_ptr<const RuleSet> rules_;
  Outlook outlook_;
  RiskTable risk_;
  std::vector<Load> loads_;
  std::unordered_map<EndpointIndex, Complaints> complaints_;
  std::unordered_map<NodeIndex, std::uint32_t> incidents_at_, power_at_;
  std::unordered_map<EndpointIndex, std::uint32_t> strays_;
};

}  // namespace faultline::foresee
