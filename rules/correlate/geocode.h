// Which endpoints may serve the place, line or cell of a complaint, and how likely each is (algorithms C.1).
// Built once per topology; a query touches only what is near.
//
// The two components of a place's error are normalised densities here (near: the stated accuracy, far:
// several kilometres), so that a place outside a coverage area hardly counts for it.
#pragma once

#include "rules/model/complaint.h"
#include "rules/model/correlate_rules.h"
#include "rules/model/topology.h"

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

namespace faultline::correlate {

struct EndpointWeight {
  EndpointIndex endpoint;
  double weight = 0;
};
// Heaviest first (of equals by index); the weights add up to 1, or it is empty: the complaint has no place
// that anything serves.
using Weights = std::vector<EndpointWeight>;

// Does this technology carry the service? `unknown` is carried by all.
bool carries(Technology technology, Service service);

class Geocoder {
 public:
  explicit Geocoder(std::shared_ptr<const Topology> topology);

  Weights weights(const Complaint& complaint, const GeocodeRules& rules) const;

 private:
  Weights of_cell(EndpointIndex cell, double share) const;
  Weights of_place(const Complaint& complaint, const GeocodeRules& rules) const;

  std::shared_ptr<const Topology> topology_;
  std::unordered_map<std::int64_t, std::vector<EndpointIndex>> squares_;  // of about 2 km
};

}  // namespace faultline::correlate
