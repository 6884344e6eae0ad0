#include "daemon/http/api_json.h"

#include "daemon/json/json_text.h"
#include "rules/model/time_text.h"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>

namespace faultline::http {
namespace {

constexpr std::size_t kMostOffset = std::numeric_limits<std::int64_t>::max();  // of a database's page

template <typename Number>
std::optional<Number> whole_number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

json::array parents_json(const Topology& topology, const Endpoint& endpoint) {
  json::array parents;
  for (const ParentEdge& edge : endpoint.parents)
    parents.push_back(json::object{{"edge", name(edge.kind)}, {"node", topology.node(edge.parent).name}});
  return parents;
}

json::object health_json(const EndpointHealth& health) {
  json::array respects;
  for (std::size_t i = 0; i < kRespectCount; ++i)
    if (health.bad_in(static_cast<Respect>(i))) respects.emplace_back(kRespectNames[i]);
  const bool has_onset = health.state == HealthState::suspect || health.state == HealthState::bad;
  const bool is_measured = health.measured != Timestamp{};
  return {{"state", name(health.state)},
          {"respects", std::move(respects)},
          {"loss_ratio", is_measured ? json_number(health.loss_ratio) : json::value()},
          {"onset", has_onset ? json_time(health.onset) : json::value()},
          {"measured", is_measured ? json_time(health.measured) : json::value()}};
}

}  // namespace

json::value json_number(float value) {
  if (!std::isfinite(value)) return nullptr;
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  double shown = value;
  std::from_chars(text, end, shown);
  return shown;
}

json::value json_time(Timestamp time) {
  return json::value(rfc3339(time));
}

json::value json_time(const std::optional<Timestamp>& time) {
  return time ? json_time(*time) : json::value();
}

json::value json_text_or_null(std::string_view text) {
  return text.empty() ? json::value() : json::value(text);
}

std::string incident_id(IncidentNumber number) {
  return fmt::format("FL-{}", number);
}

std::optional<IncidentNumber> parse_incident_id(std::string_view text) {
  if (text.starts_with("FL-")) text.remove_prefix(3);
  const auto number = whole_number<IncidentNumber>(text);
  return number == IncidentNumber{0} ? std::nullopt : number;
}

std::optional<HttpResponse> refuse_unknown_parameters(const HttpRequest& request,
                                                      std::initializer_list<std::string_view> known) {
  for (const auto& [parameter, value] : request.query)
    if (std::find(known.begin(), known.end(), parameter) == known.end())
      return problem(400,
                     fmt::format("query parameter \"{}\": expected {}", parameter,
                                 known.size() == 0 ? "none" : fmt::format("{}", fmt::join(known, ", "))));
  return std::nullopt;
}

Result<PageRequest> page_of(const HttpRequest& request) {
  PageRequest page;
  if (const auto text = request.parameter("limit")) {
    const auto limit = whole_number<std::size_t>(*text);
    if (!limit || *limit < 1 || *limit > 1000)
      return fail(fmt::format("limit: expected a number from 1 to 1000, got \"{}\"", *text));
    page.limit = *limit;
  }
  if (const auto text = request.parameter("cursor"); text && !text->empty()) {
    const auto offset = whole_number<std::size_t>(*text);
    if (!offset || *offset > kMostOffset) return fail("cursor: expected the \"next\" of an earlier answer");
    page.offset = *offset;
  }
  return page;
}

Result<std::optional<Timestamp>> time_of(const HttpRequest& request, std::string_view parameter) {
  const auto text = request.parameter(parameter);
  if (!text) return std::optional<Timestamp>();
  const auto time = parse_rfc3339(*text);
  if (!time)
    return fail(fmt::format("{}: expected a time as 2026-11-24T02:00:00Z, got \"{}\"", parameter, *text));
  return time;
}

Result<std::size_t> index_of_name(std::string_view parameter, std::string_view text,
                                  std::span<const std::string_view> names) {
  const auto found = std::find(names.begin(), names.end(), text);
  if (found == names.end())
    return fail(fmt::format("{}: expected one of {}, got \"{}\"", parameter, fmt::join(names, ", "), text));
  return static_cast<std::size_t>(found - names.begin());
}

std::optional<HttpResponse> refuse_body_type(const HttpRequest& request) {
  std::string type(request.header("content-type").substr(0, request.header("content-type").find(';')));
  while (!type.empty() && type.back() == ' ') type.pop_back();
  for (char& c : type)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  if (type.empty() || type == "application/json" || type == "application/merge-patch+json")
    return std::nullopt;
  return problem(415, fmt::format("Content-Type: expected application/json, got \"{}\"", type));
}

HttpResponse page_answer(json::array items, const std::string& next) {
  return json_answer(json::object{{"items", std::move(items)}, {"next", json_text_or_null(next)}});
}

HttpResponse json_answer(const json::value& value, unsigned status) {
  return json_response(to_text(value), status);
}

Reply<RawAnswer> raw_reply(Respond respond) {
  return [respond = std::move(respond)](RawAnswer raw) {
    HttpResponse response = json_response(std::move(raw.json), raw.status);
    if (response.body.empty()) response.content_type.clear();
    response.headers = std::move(raw.headers);
    respond(std::move(response));
  };
}

HttpResponse failed(const Error& error) {
  return problem(503, error.message);
}

HttpResponse bad_request(const Error& error) {
  return problem(400, error.message);
}

json::object endpoint_json(const Topology& topology, EndpointIndex index, const EndpointHealth& health) {
  const Endpoint& endpoint = topology.endpoint(index);
  json::value place;
  if (endpoint.place)
    place = json::object{{"latitude", endpoint.place->latitude_deg},
                         {"longitude", endpoint.place->longitude_deg}};
  return {{"name", endpoint.name},
          {"technology", name(endpoint.technology)},
          {"region", json_text_or_null(endpoint.region)},
          {"customers", endpoint.customers},
          {"place", std::move(place)},
          {"coverage_m", endpoint.coverage_m > 0 ? json_number(endpoint.coverage_m) : json::value()},
          {"parents", parents_json(topology, endpoint)},
          {"health", health_json(health)}};
}

json::object degradation_json(const Topology& topology, const Degradation& degradation) {
  return {{"endpoint", topology.endpoint(degradation.endpoint).name},
          {"respect", name(degradation.respect)},
          {"onset", json_time(degradation.onset)},
          {"confirmed", json_time(degradation.confirmed)},
          {"ended", json_time(degradation.ended)},
          {"evidence", degradation.evidence}};
}

json::object incident_json(const IncidentView& view) {
  constexpr std::array<std::string_view, 3> kRootKinds = {"node", "endpoint", "area"};
  const Incident& incident = view.incident;
  const auto id_or_null = [](const std::optional<IncidentNumber>& number) {
    return number ? json::value(incident_id(*number)) : json::value();
  };
  json::value cause;
  if (!incident.causes.empty())
    cause = json::object{{"cause", name(incident.causes.front().cause)},
                         {"probability", incident.causes.front().probability}};
  return {{"id", incident_id(incident.number)},
          {"revision", incident.revision},
          {"state", name(incident.state)},
          {"severity", name(incident.severity)},
          {"confidence", incident.confidence},
          {"place", json::object{{"kind", kRootKinds[incident.root.index()]}, {"name", view.root}}},
          {"likely_cause", std::move(cause)},
          {"complaint_only", incident.complaint_only},
          {"onset", json_time(incident.onset)},
          {"suspected_at", json_time(incident.suspected_at)},
          {"opened_at", json_time(incident.opened_at)},
          {"recovered_at", json_time(incident.recovered_at)},
          {"resolved_at", json_time(incident.resolved_at)},
          {"closed_at", json_time(incident.closed_at)},
          {"reopens", incident.reopens},
          {"customers", incident.customers},
          {"affected", incident.affected.size()},
          {"bad", incident.bad.size()},
          {"complaints", incident.complaints.size()},
          {"ticket", json_text_or_null(view.ticket)},
          {"merged_into", id_or_null(incident.merged_into)},
          {"follows", id_or_null(incident.follows)},
          {"split_from", id_or_null(incident.split_from)}};
}

void add_api_routes(Router& router, ApiBackend& backend) {
  add_state_routes(router, backend);
  add_endpoint_routes(router, backend);
  add_incident_routes(router, backend);
  add_inventory_routes(router, backend);
  add_complaint_routes(router, backend);
  add_alarm_routes(router, backend);
  add_ticket_routes(router, backend);
  add_maintenance_routes(router, backend);
  add_record_routes(router, backend);
  add_foresight_routes(router, backend);
  add_usage_routes(router, backend);
}

}  // namespace faultline::http
