// Finds the node or endpoint of the inventory that another system names: by its name; an endpoint also by its
// address. Made anew when the inventory is. Pure, one thread.
#pragma once

#include "daemon/alarms/mapping.h"
#include "daemon/inventory/inventory.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace faultline::alarms {

class TargetFinder {
 public:
  explicit TargetFinder(const inventory::Inventory& inventory);

  // The text as it is, then without a port ("10.0.0.1:9100"), then the first part of a host name
  // ("site-7.noc.example:9100"). Nothing that is retired; an address that several endpoints have is none's.
  std::optional<Target> find(std::string_view text, Among among) const;

 private:
  std::optional<Target> find_exactly(std::string_view text, Among among) const;

  std::shared_ptr<const Topology> topology_;
  std::unordered_map<std::string, std::optional<EndpointIndex>> by_address_;  // none: it is ambiguous
};

}  // namespace faultline::alarms
