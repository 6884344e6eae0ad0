#include "daemon/replay/output.h"

#include "daemon/json/json_text.h"
#include "rules/model/time_text.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>

#include <cmath>

namespace faultline::replay {
namespace {

namespace json = boost::json;

std::string show(IncidentNumber number) {
  return fmt::format("FL-{}", number);
}

json::object show(const Root& root, const Topology& topology) {
  if (const auto* node = std::get_if<NodeIndex>(&root)) return {{"node", topology.node(*node).name}};
  if (const auto* endpoint = std::get_if<EndpointIndex>(&root))
    return {{"endpoint", topology.endpoint(*endpoint).name}};
  json::array nodes;
  for (const NodeIndex node : std::get<Area>(root).nodes) nodes.emplace_back(topology.node(node).name);
  return {{"area", std::move(nodes)}};
}

json::array names(const std::vector<EndpointIndex>& endpoints, const Topology& topology) {
  json::array list;
  for (const EndpointIndex endpoint : endpoints) list.emplace_back(topology.endpoint(endpoint).name);
  return list;
}

json::array show(const std::vector<Evidence>& evidence) {
  json::array list;
  for (const Evidence& one : evidence)
    list.push_back(json::object{{"text", one.text}, {"nats", std::round(one.nats * 100) / 100}});
  return list;
}

json::array show(const std::vector<CauseScore>& causes) {
  json::array list;
  for (const CauseScore& score : causes) {
    json::array reasons;
    for (const std::string& reason : score.reasons) reasons.emplace_back(reason);
    list.push_back(json::object{{"cause", std::string(name(score.cause))},
                                {"probability", std::round(score.probability * 1000) / 1000},
                                {"reasons", std::move(reasons)}});
  }
  return list;
}

json::object show(const Incident& incident, const Topology& topology) {
  json::object line{{"number", show(incident.number)},
                    {"revision", incident.revision},
                    {"state", std::string(name(incident.state))},
                    {"root", show(incident.root, topology)},
                    {"severity", std::string(name(incident.severity))},
                    {"confidence", std::round(incident.confidence * 1e4) / 1e4},
                    {"onset", rfc3339(incident.onset)},
                    {"customers", incident.customers},
                    {"affected", names(incident.affected, topology)},
                    {"bad", names(incident.bad, topology)},
                    {"causes", show(incident.causes)},
                    {"evidence", show(incident.evidence)},
                    {"alternatives", show(incident.alternatives)}};
  if (!incident.suspected_members.empty())
    line["suspected_members"] = names(incident.suspected_members, topology);
  json::array complaints;
  for (const std::string& id : incident.complaints) complaints.emplace_back(id);
  line["complaints"] = std::move(complaints);
  if (incident.complaint_only) line["complaint_only"] = true;
  if (incident.reopens > 0) line["reopens"] = incident.reopens;
  if (incident.merged_into) line["merged_into"] = show(*incident.merged_into);
  if (incident.follows) line["follows"] = show(*incident.follows);
  if (incident.split_from) line["split_from"] = show(*incident.split_from);
  return line;
}

struct Writer {
  const Topology& topology;
  json::object& line;

  void operator()(const IncidentChanged& changed) const {
    line["type"] = "incident";
    line["event"] = std::string(name(changed.event));
    line["reason"] = changed.reason;
    line["incident"] = show(changed.incident, topology);
  }
  void operator()(const DegradationChanged& changed) const {
    const Degradation& degradation = changed.degradation;
    line["type"] = "degradation";
    line["endpoint"] = topology.endpoint(degradation.endpoint).name;
    line["respect"] = std::string(name(degradation.respect));
    line["onset"] = rfc3339(degradation.onset);
    if (degradation.ended) line["ended"] = rfc3339(*degradation.ended);
    line["evidence"] = degradation.evidence;
  }
  void operator()(const ComplaintAttached& attached) const {
    line["type"] = "complaint";
    line["id"] = attached.complaint_id;
    line["incident"] = attached.incident ? json::value(show(*attached.incident)) : json::value(nullptr);
  }
  void operator()(const BurstRequested& burst) const {
    line["type"] = "burst";
    line["endpoint"] = topology.endpoint(burst.endpoint).name;
    line["reason"] = std::string(name(burst.reason));
  }
};

}  // namespace

std::string write(const Action& action, const Topology& topology) {
  json::object line{{"at", rfc3339(action.at)}};
  std::visit(Writer{topology, line}, action.detail);
  return to_text(line);
}

}  // namespace faultline::replay
