// A planned window: what is below its node or endpoint is masked, neither bad nor healthy evidence.
#pragma once

#include "rules/model/index.h"
#include "rules/model/time.h"

#include <optional>
#include <string>

namespace faultline {

struct Maintenance {
  std::string id;
  std::optional<NodeIndex> node;  // exactly one of the two
  std::optional<EndpointIndex> endpoint;
  Timestamp begins;
  Timestamp ends;
  std::string reason;  // free text

  bool covers(Timestamp t) const { return begins <= t && t < ends; }
};

}  // namespace faultline
