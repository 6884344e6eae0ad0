// Recorded complaints on stdin through the pipeline, what it opens on stdout. No endpoint is ever measured,
// so nothing but complaints can open an incident, and no healthy probe speaks against one.
//
// First the inventory, a line "place ZIP ZIP3 STATE LATITUDE LONGITUDE CUSTOMERS" each: an endpoint below the
// node of its first three digits, below that of its state, below one core. Then, in order of time, "call
// SECONDS ZIP".
#include "daemon/config/rule_file.h"
#include "rules/pipeline.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <memory>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace faultline::accuracy {
namespace {

using namespace std::chrono_literals;

constexpr float kCoverage_m = 5000, kAccuracy_m = 3000;  // a postcode's centre is that exact
constexpr Duration kTick = 10s, kIdleTick = 5min;        // with and without an incident
constexpr Duration kAfterTheLast = 1h;

struct Call {
  Timestamp at;
  std::string zip;
};

struct Recording {
  std::shared_ptr<const Topology> topology;
  std::vector<Call> calls;
};

NodeRecord node(const std::string& name, NodeKind kind, const std::string& parent) {
  NodeRecord record;
  record.node.name = name;
  record.node.kind = kind;
  if (!parent.empty()) record.parents = {{EdgeKind::transport, parent}};
  return record;
}

EndpointRecord line_of(const std::string& zip, const std::string& zip3, Place place,
                       std::uint32_t customers) {
  EndpointRecord record;
  record.endpoint.name = zip;
  record.endpoint.technology = Technology::docsis;
  record.endpoint.place = place;
  record.endpoint.coverage_m = kCoverage_m;
  record.endpoint.customers = customers;
  record.parents = {{EdgeKind::transport, zip3}};
  return record;
}

Recording read(std::istream& in) {
  std::vector<NodeRecord> nodes{node("core", NodeKind::core, "")};
  std::vector<EndpointRecord> endpoints;
  std::set<std::string> known;
  Recording recording;
  for (std::string line; std::getline(in, line);) {
    std::istringstream fields(line);
    std::string what, zip, zip3, state;
    Place place;
    std::uint32_t customers = 0;
    std::int64_t at_s = 0;
    fields >> what;
    if (what == "place" &&
        fields >> zip >> zip3 >> state >> place.latitude_deg >> place.longitude_deg >> customers) {
      if (known.insert(state).second) nodes.push_back(node(state, NodeKind::aggregation, "core"));
      if (known.insert(zip3).second) nodes.push_back(node(zip3, NodeKind::cmts, state));
      endpoints.push_back(line_of(zip, zip3, place, customers));
    } else if (what == "call" && fields >> at_s >> zip) {
      recording.calls.push_back({Timestamp(std::chrono::seconds(at_s)), zip});
    } else {
      throw std::runtime_error("neither a place nor a call: " + line);
    }
  }
  auto built = Topology::build(std::move(nodes), std::move(endpoints));
  if (!built) throw std::runtime_error(built.error().message);
  recording.topology = *built;
  return recording;
}

Complaint complaint_of(const Call& call, const Topology& topology, std::size_t number) {
  Complaint complaint;
  complaint.id = fmt::format("c{}", number);
  complaint.customer = number;
  complaint.received = call.at;
  complaint.service = Service::internet;
  if (const auto endpoint = topology.find_endpoint(call.zip))
    complaint.place = topology.endpoint(*endpoint).place;
  complaint.accuracy_m = kAccuracy_m;
  return complaint;
}

std::string root_name(const Topology& topology, const Root& root) {
  if (const auto* at = std::get_if<NodeIndex>(&root)) return topology.node(*at).name;
  if (const auto* at = std::get_if<EndpointIndex>(&root)) return topology.endpoint(*at).name;
  return "area";
}

void print(const Topology& topology, const Actions& actions) {
  for (const Action& action : actions) {
    const auto* change = std::get_if<IncidentChanged>(&action.detail);
    if (change == nullptr) continue;
    fmt::print("{} {} {} {} {:.3f} {}\n", name(change->event),
               std::chrono::floor<std::chrono::seconds>(action.at).time_since_epoch().count(),
               root_name(topology, change->incident.root), change->incident.complaints.size(),
               change->incident.confidence, change->reason);
  }
}

int run() {
  const auto rules = config::load_rules({});
  if (!rules) {
    fmt::print(stderr, "{}\n", rules.error().message);
    return 2;
  }
  const Recording recording = read(std::cin);
  if (recording.calls.empty()) return 0;
  const Topology& topology = *recording.topology;
  Pipeline pipeline(recording.topology, std::make_shared<const RuleSet>(*rules));
  Timestamp now = recording.calls.front().at;
  std::size_t placed = 0;
  const auto tick_until = [&](Timestamp until) {
    for (; now < until; now += pipeline.incidents().empty() ? kIdleTick : kTick)
      print(topology, pipeline.on(Tick{now}));
  };
  for (std::size_t i = 0; i < recording.calls.size(); ++i) {
    tick_until(recording.calls[i].at);
    const Complaint complaint = complaint_of(recording.calls[i], topology, i + 1);
    placed += complaint.place ? 1 : 0;
    print(topology, pipeline.on(complaint));
    now = complaint.received + kTick;
  }
  tick_until(now + kAfterTheLast);
  fmt::print("# {} calls, {} with a place, {} endpoints\n", recording.calls.size(), placed,
             topology.endpoints().size());
  return 0;
}

}  // namespace
}  // namespace faultline::accuracy

int main() {
  return faultline::accuracy::run();
}
