// Makes the complaints that customers of an endpoint would send: who, where, in which words. Pure and drawn
// from the seed; times come in as data.
#pragma once

#include "rules/model/time.h"
#include "tests/lab/dice.h"
#include "tests/lab/fault_state.h"
#include "tests/lab/scenario.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace faultline::lab {

// A customer who is going to complain at a time.
struct PlannedComplaint {
  Duration at{0};
  EndpointIndex endpoint;
};

// As POST /api/v1/complaints takes it; what is empty or nothing is not sent.
struct ComplaintReport {
  std::string id, customer;
  Timestamp received;
  std::optional<Timestamp> began;
  std::string channel, language, symptom, text;
  Service service = Service::unknown;
  std::optional<Place> place;
  double accuracy_m = 0;
  std::string line, cell;
};

// The fault that makes the customer complain, if one does.
struct Trouble {
  FaultKind kind = FaultKind::cut;
  Duration since{0};  // how long it has lasted
};

// Who complains because of the event, sorted by time. `far-from` picks the endpoint that is farthest from all
// that the target serves, `below` draws by the number of customers; both leave out endpoints without a place.
std::vector<PlannedComplaint> plan_complaints(const ComplaintEvent& event, Duration at,
                                              const Topology& topology, Dice& dice);

// `id` and `received` are the caller's.
ComplaintReport make_complaint(const ComplaintEvent& event, const Endpoint& endpoint, std::string id,
                               Timestamp received, std::optional<Trouble> trouble, Dice& dice);

}  // namespace faultline::lab
