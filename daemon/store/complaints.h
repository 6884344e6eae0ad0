// Complaints as they came in: durable before they are acknowledged, idempotent by the sender's id. Used
// inside the jobs of Store. The customer is a keyed hash here, never a reference.
#pragma once

#include "daemon/store/database.h"
#include "rules/model/complaint.h"
#include "rules/model/incident.h"
#include "rules/model/topology.h"

#include <optional>
#include <string>
#include <vector>

namespace faultline::store {

struct StoredComplaint {
  std::string id;              // the sender's
  std::uint64_t customer = 0;  // keyed hash of the customer reference (Store::customer_key)
  Timestamp received;
  std::optional<Timestamp> began;
  std::string channel, language;  // may be empty
  Service service = Service::unknown;
  std::string symptom, text;  // may be empty
  std::optional<Place> place;
  float accuracy_m = 300;
  std::string postcode;                    // may be empty
  std::string line, cell;                  // endpoint names; empty = not given
  std::optional<IncidentNumber> incident;  // the one it is attached to
};

// As the rules need it. A line or cell that is not in the topology (any more) is left out.
Complaint to_model(const StoredComplaint& complaint, const Topology& topology);

// True if it was new; false if the id is known, and then nothing changes (the first one stands).
Result<bool> add_complaint(Database& db, const StoredComplaint& complaint);
Result<std::optional<StoredComplaint>> find_complaint(Database& db, std::string_view id);
// Sets or clears the incident of a complaint; false if there is no such complaint.
Result<bool> attach_complaint(Database& db, std::string_view id, std::optional<IncidentNumber> incident);

struct ComplaintFilter {
  std::optional<IncidentNumber> incident;
  bool unattached = false;               // only those without an incident
  std::optional<Timestamp> from, until;  // received, from ≤ t < until
  std::optional<std::uint64_t> customer;
  std::size_t limit = 100, offset = 0;
};
// Newest first.
Result<std::vector<StoredComplaint>> list_complaints(Database& db, const ComplaintFilter& filter);

}  // namespace faultline::store
