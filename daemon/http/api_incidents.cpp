// /api/v1/incidents.
#include "daemon/http/api_json.h"
#include "rules/model/root_name.h"

#include <fmt/format.h>

#include <algorithm>

namespace faultline::http {
namespace {

// Names shown of a footprint; "affected" has the true count.
constexpr std::size_t kNamesShown = 1000;

Result<IncidentQuery> query_of(const HttpRequest& request) {
  IncidentQuery query;
  if (const auto text = request.parameter("state")) {
    if (*text == "all") {
      query.all = true;
    } else {
      const auto index = index_of_name("state", *text, kIncidentStateNames);
      if (!index) return fail(index.error().message + " (or all)");
      query.state = static_cast<IncidentState>(*index);
    }
  }
  const auto since = time_of(request, "since");
  if (!since) return tl::make_unexpected(since.error());
  query.since = *since;
  const auto page = page_of(request);
  if (!page) return tl::make_unexpected(page.error());
  query.page = *page;
  return query;
}

void list_incidents(const HttpRequest& request, const Respond& respond, ApiBackend& backend) {
  if (auto refused = refuse_unknown_parameters(request, {"state", "since", "limit", "cursor"}))
    return respond(std::move(*refused));
  auto query = query_of(request);
  if (!query) return respond(bad_request(query.error()));
  backend.incidents(std::move(*query), [respond](const Result<Page<IncidentView>>& page) {
    if (!page) return respond(failed(page.error()));
    json::array items;
    for (const IncidentView& view : page->items) items.push_back(incident_json(view));
    respond(page_answer(std::move(items), page->next));
  });
}

json::array endpoint_names(const Topology& topology, const std::vector<EndpointIndex>& endpoints) {
  json::array names;
  for (std::size_t i = 0; i < std::min(endpoints.size(), kNamesShown); ++i)
    names.emplace_back(topology.endpoint(endpoints[i]).name);
  return names;
}

json::array evidence_json(const std::vector<Evidence>& evidence) {
  json::array items;
  for (const Evidence& item : evidence)
    items.push_back(json::object{{"text", item.text}, {"nats", item.nats}});
  return items;
}

// Why we believe it: everything that was weighed.
json::object why_json(const Topology& topology, const Incident& incident) {
  json::array causes;
  for (const CauseScore& score : incident.causes) {
    json::array reasons;
    for (const std::string& reason : score.reasons) reasons.emplace_back(reason);
    causes.push_back(json::object{
        {"cause", name(score.cause)}, {"probability", score.probability}, {"reasons", std::move(reasons)}});
  }
  json::array former;
  for (const Root& root : incident.former_roots) former.emplace_back(root_name(root, topology));
  return {{"evidence", evidence_json(incident.evidence)},
          {"alternatives", evidence_json(incident.alternatives)},
          {"causes", std::move(causes)},
          {"former_places", std::move(former)},
          {"suspected_members", endpoint_names(topology, incident.suspected_members)},
          {"argument", argument_json(incident)}};
}

void show_incident(const HttpRequest& request, const Respond& respond, ApiBackend& backend) {
  if (auto refused = refuse_unknown_parameters(request, {"why"})) return respond(std::move(*refused));
  const std::string& id = request.parameters.at("id");
  const auto number = parse_incident_id(id);
  if (!number)
    return respond(problem(404, fmt::format("there is no incident \"{}\"; expected FL-<number>", id)));
  const auto why = request.parameter("why").value_or("0");
  if (why != "0" && why != "1") return respond(problem(400, "why: expected 0 or 1"));
  backend.incident(*number, [&backend, respond, id,
                             with_why = why == "1"](const Result<std::optional<IncidentView>>& found) {
    if (!found) return respond(failed(found.error()));
    if (!*found) return respond(problem(404, fmt::format("there is no incident \"{}\"", id)));
    const auto topology = backend.topology();
    const Incident& incident = (*found)->incident;
    json::object shown = incident_json(**found);
    shown["affected_endpoints"] = endpoint_names(*topology, incident.affected);
    shown["bad_endpoints"] = endpoint_names(*topology, incident.bad);
    json::array complaints;
    for (std::size_t i = 0; i < std::min(incident.complaints.size(), kNamesShown); ++i)
      complaints.emplace_back(incident.complaints[i]);
    shown["complaint_ids"] = std::move(complaints);
    if (with_why) shown["why"] = why_json(*topology, incident);
    respond(json_answer(shown));
  });
}

}  // namespace

void add_incident_routes(Router& router, ApiBackend& backend) {
  router.add(Method::get, "/api/v1/incidents", Role::viewer,
             [&backend](const HttpRequest& request, const Respond& respond) {
               list_incidents(request, respond, backend);
             });
  router.add(Method::get, "/api/v1/incidents/{id}", Role::viewer,
             [&backend](const HttpRequest& request, const Respond& respond) {
               show_incident(request, respond, backend);
             });
}

}  // namespace faultline::http
