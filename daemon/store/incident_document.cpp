// The JSON of an incident. It is the store's own: names instead of indexes, times in microseconds since 1970.
#include "daemon/store/argument_document.h"
#include "daemon/store/filter.h"
#include "daemon/store/incidents.h"

#include <boost/json.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <exception>
#include <memory>

namespace faultline::store {
namespace {

namespace json = boost::json;

std::int64_t micros(Timestamp t) {
  return t.time_since_epoch().count();
}

template <typename Index>
const std::string& name_of(const Topology& topology, Index index) {
  if constexpr (std::is_same_v<Index, NodeIndex>)
    return topology.node(index).name;
  else
    return topology.endpoint(index).name;
}

template <typename Index>
json::array names(const Topology& topology, const std::vector<Index>& indexes) {
  json::array all;
  for (Index index : indexes) all.emplace_back(name_of(topology, index));
  return all;
}

json::object root_json(const Topology& topology, const Root& root) {
  if (const auto* node = std::get_if<NodeIndex>(&root)) return {{"node", name_of(topology, *node)}};
  if (const auto* endpoint = std::get_if<EndpointIndex>(&root))
    return {{"endpoint", name_of(topology, *endpoint)}};
  return {{"area", names(topology, std::get<Area>(root).nodes)}};
}

std::string root_text(const Topology& topology, const Root& root) {
  if (const auto* node = std::get_if<NodeIndex>(&root)) return "node:" + name_of(topology, *node);
  if (const auto* endpoint = std::get_if<EndpointIndex>(&root))
    return "endpoint:" + name_of(topology, *endpoint);
  std::vector<std::string> words;
  for (NodeIndex node : std::get<Area>(root).nodes) words.push_back(name_of(topology, node));
  return fmt::format("area:{}", fmt::join(words, ","));
}

json::array evidence_json(const std::vector<Evidence>& list) {
  json::array all;
  for (const Evidence& e : list) all.push_back(json::object{{"text", e.text}, {"nats", e.nats}});
  return all;
}

json::array causes_json(const std::vector<CauseScore>& causes) {
  json::array all;
  for (const CauseScore& c : causes)
    all.push_back(json::object{{"cause", name(c.cause)},
                               {"probability", c.probability},
                               {"reasons", json::array(c.reasons.begin(), c.reasons.end())}});
  return all;
}

std::string document_of(const Incident& i, const Topology& topology) {
  json::object out{{"number", i.number},
                   {"revision", i.revision},
                   {"state", name(i.state)},
                   {"root", root_json(topology, i.root)},
                   {"severity", name(i.severity)},
                   {"confidence", i.confidence},
                   {"complaint_only", i.complaint_only},
                   {"onset", micros(i.onset)},
                   {"suspected_at", micros(i.suspected_at)},
                   {"reopens", i.reopens},
                   {"affected", names(topology, i.affected)},
                   {"bad", names(topology, i.bad)},
                   {"suspected_members", names(topology, i.suspected_members)},
                   {"most_bad", i.most_bad},
                   {"customers", i.customers},
                   {"complaints", json::array(i.complaints.begin(), i.complaints.end())},
                   {"causes", causes_json(i.causes)},
                   {"evidence", evidence_json(i.evidence)},
                   {"alternatives", evidence_json(i.alternatives)}};
  json::array former;
  for (const Root& root : i.former_roots) former.push_back(root_json(topology, root));
  out["former_roots"] = std::move(former);
  const auto put_time = [&](const char* key, const std::optional<Timestamp>& t) {
    if (t) out[key] = micros(*t);
  };
  put_time("opened_at", i.opened_at);
  put_time("recovered_at", i.recovered_at);
  put_time("resolved_at", i.resolved_at);
  put_time("closed_at", i.closed_at);
  put_time("narrowed_at", i.narrowed_at);
  if (!i.well_again.empty()) out["well_again"] = names(topology, i.well_again);
  if (i.merged_into) out["merged_into"] = *i.merged_into;
  if (i.follows) out["follows"] = *i.follows;
  if (i.split_from) out["split_from"] = *i.split_from;
  if (i.argument) out["argument"] = argument_json(*i.argument);
  return json::serialize(out);
}

// Reads one document back; throws what Boost.JSON throws.
class Reader {
 public:
  Reader(std::string_view document, const Topology& topology)
      : in_(json::parse(document).as_object()), topology_(topology) {}

  RestoredIncident read() {
    Incident& i = out_.incident;
    i.number = number<std::uint64_t>("number");
    i.revision = number<std::uint32_t>("revision");
    i.state = from_name<IncidentState>(kIncidentStateNames, word("state"));
    i.severity = from_name<Severity>(kSeverityNames, word("severity"));
    i.confidence = number<double>("confidence");
    i.complaint_only = in_.at("complaint_only").as_bool();
    i.onset = *time("onset");
    i.suspected_at = *time("suspected_at");
    i.opened_at = time("opened_at");
    i.recovered_at = time("recovered_at");
    i.resolved_at = time("resolved_at");
    i.closed_at = time("closed_at");
    i.narrowed_at = time("narrowed_at");
    i.reopens = number<std::uint32_t>("reopens");
    i.affected = indexes<EndpointIndex>(in_.at("affected"));
    i.bad = indexes<EndpointIndex>(in_.at("bad"));
    i.suspected_members = indexes<EndpointIndex>(in_.at("suspected_members"));
    if (const auto* most = in_.if_contains("most_bad"))  // older documents have none
      i.most_bad = most->to_number<std::size_t>();
    if (const auto* well = in_.if_contains("well_again")) i.well_again = indexes<EndpointIndex>(*well);
    i.customers = number<std::uint64_t>("customers");
    i.complaints = texts(in_.at("complaints"));
    for (const auto& cause : in_.at("causes").as_array()) i.causes.push_back(read_cause(cause.as_object()));
    i.evidence = read_evidence("evidence");
    i.alternatives = read_evidence("alternatives");
    if (const auto* into = in_.if_contains("merged_into")) i.merged_into = into->to_number<IncidentNumber>();
    if (const auto* before = in_.if_contains("follows")) i.follows = before->to_number<IncidentNumber>();
    if (const auto* whole = in_.if_contains("split_from")) i.split_from = whole->to_number<IncidentNumber>();
    if (const auto* argument = in_.if_contains("argument"))  // older documents have none
      i.argument = std::make_shared<const Argument>(read_argument(argument->as_object()));
    read_roots();
    return std::move(out_);
  }

 private:
  template <typename T>
  T number(const char* key) const {
    return in_.at(key).to_number<T>();
  }
  std::string_view word(const char* key) const { return in_.at(key).as_string(); }
  std::optional<Timestamp> time(const char* key) const {
    const auto* value = in_.if_contains(key);
    if (value == nullptr) return std::nullopt;
    return Timestamp(Duration(value->to_number<std::int64_t>()));
  }

  template <typename Index>
  std::optional<Index> find(std::string_view wanted) {
    if constexpr (std::is_same_v<Index, NodeIndex>) {
      const auto found = topology_.find_node(wanted);
      if (found && !topology_.node(*found).retired) return found;
    } else {
      const auto found = topology_.find_endpoint(wanted);
      if (found && !topology_.endpoint(*found).retired) return found;
    }
    ++out_.dropped_names;
    return std::nullopt;
  }

  template <typename Index>
  std::vector<Index> indexes(const json::value& list) {
    std::vector<Index> found;
    for (const auto& entry : list.as_array())
      if (const auto index = find<Index>(entry.as_string())) found.push_back(*index);
    std::sort(found.begin(), found.end());
    return found;
  }

  std::optional<Root> read_root(const json::object& root) {
    if (const auto* node = root.if_contains("node")) {
      const auto index = find<NodeIndex>(node->as_string());
      return index ? std::optional<Root>(*index) : std::nullopt;
    }
    if (const auto* endpoint = root.if_contains("endpoint")) {
      const auto index = find<EndpointIndex>(endpoint->as_string());
      return index ? std::optional<Root>(*index) : std::nullopt;
    }
    Area area{indexes<NodeIndex>(root.at("area"))};
    if (area.nodes.empty()) return std::nullopt;
    return area;
  }

  void read_roots() {
    const auto root = read_root(in_.at("root").as_object());
    out_.root_gone = !root;
    if (root) out_.incident.root = *root;
    for (const auto& entry : in_.at("former_roots").as_array())
      if (auto former = read_root(entry.as_object())) out_.incident.former_roots.push_back(*former);
  }

  static std::vector<std::string> texts(const json::value& list) {
    std::vector<std::string> found;
    for (const auto& entry : list.as_array()) found.emplace_back(entry.as_string());
    return found;
  }
  static CauseScore read_cause(const json::object& in) {
    return {from_name<Cause>(kCauseNames, std::string_view(in.at("cause").as_string())),
            in.at("probability").to_number<double>(), texts(in.at("reasons"))};
  }
  std::vector<Evidence> read_evidence(const char* key) const {
    std::vector<Evidence> found;
    for (const auto& entry : in_.at(key).as_array())
      found.push_back({std::string(entry.at("text").as_string()), entry.at("nats").to_number<double>()});
    return found;
  }

  json::object in_;
  const Topology& topology_;
  RestoredIncident out_;
};

}  // namespace

IncidentRecord to_record(const Incident& incident, const Topology& topology, Timestamp at) {
  IncidentRecord record;
  record.number = incident.number;
  record.revision = incident.revision;
  record.state = incident.state;
  record.severity = incident.severity;
  record.root = root_text(topology, incident.root);
  record.onset = incident.onset;
  record.suspected_at = incident.suspected_at;
  record.opened_at = incident.opened_at;
  if (has_ended(incident.state)) record.ended_at = at;
  record.document = document_of(incident, topology);
  return record;
}

Result<RestoredIncident> from_document(std::string_view document, const Topology& topology) {
  try {
    return Reader(document, topology).read();
  } catch (const std::exception& problem) {  // Boost.JSON's: not JSON, a missing key, another type
    return fail(fmt::format("stored incident \"{}…\": {}", document.substr(0, 60), problem.what()));
  }
}

}  // namespace faultline::store
