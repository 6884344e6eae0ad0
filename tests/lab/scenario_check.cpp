// Holds a scenario against an inventory.
#include "tests/lab/scenario.h"

#include <fmt/format.h>

#include <set>

namespace faultline::lab {
namespace {

class Checker {
 public:
  explicit Checker(const Topology& topology) : topology_(topology) {}

  Result<void> operator()(const FaultEvent& fault) {
    if (!exists(fault.target)) return unknown(fault.target);
    faulty_.insert(fault.target);
    return {};
  }
  Result<void> operator()(const RestoreEvent& restore) {
    if (!exists(restore.target)) return unknown(restore.target);
    if (faulty_.erase(restore.target) == 0)
      return fail(fmt::format("restore {}: it has no fault by then", restore.target));
    return {};
  }
  Result<void> operator()(const ComplaintEvent& complaint) const {
    if (complaint.where == ComplaintWhere::near) {
      const auto endpoint = topology_.find_endpoint(complaint.target);
      if (!endpoint) return fail(fmt::format("\"{}\" (expected the name of an endpoint)", complaint.target));
      if (!topology_.endpoint(*endpoint).place &&
          complaint.by.value_or(ComplaintBy::place) == ComplaintBy::place)
        return fail(fmt::format("{}: the inventory says no place for it", complaint.target));
      return {};
    }
    if (!exists(complaint.target) || complaint.target == kEverything) return unknown(complaint.target);
    return {};
  }
  Result<void> operator()(const EndEvent&) const { return {}; }

 private:
  bool exists(const std::string& name) const {
    return name == kEverything || topology_.find_node(name) || topology_.find_endpoint(name);
  }
  static Result<void> unknown(const std::string& name) {
    return fail(fmt::format("\"{}\" (expected the name of a node or endpoint of the inventory)", name));
  }

  const Topology& topology_;
  std::set<std::string> faulty_;
};

}  // namespace

Result<void> check_targets(const Scenario& scenario, const Topology& topology, std::string_view file) {
  Checker checker(topology);
  for (const ScenarioEvent& event : scenario.events)
    if (auto ok = std::visit(checker, event.what); !ok)
      return fail(fmt::format("{}:{}: {}", file, event.line, ok.error().message));
  return {};
}

}  // namespace faultline::lab
