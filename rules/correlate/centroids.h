// Places that are no customer's house: a geocoder that knows the town only gives its middle, the same for all
// (algorithms C.1). Told by many customers giving exactly the same place on different days; on one day they
// may be neighbours in one house. In memory: a restart learns it anew.
#pragma once

#include "rules/model/complaint.h"
#include "rules/model/correlate_rules.h"

#include <cstdint>
#include <unordered_map>
#include <vector>

namespace faultline::correlate {

class Centroids {
 public:
  void note(const Complaint& complaint, const GeocodeRules& rules);
  // How exact its place is, metres: not what it claims if it is such a place.
  float accuracy_m(const Complaint& complaint, const GeocodeRules& rules) const;
  // Places not given since are forgotten.
  void forget_before(Timestamp at);

 private:
  struct Given {
    std::vector<std::uint64_t> customers;  // as many as are needed to know
    Timestamp counted{};                   // the last of them
    Timestamp last{};
  };
  std::unordered_map<std::uint64_t, Given> places_;
};

}  // namespace faultline::correlate
