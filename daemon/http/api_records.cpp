// /api/v1/events, the audit log, and /api/v1/history, the summaries that Faultline keeps of its own.
#include "daemon/http/api_json.h"

#include <fmt/format.h>

namespace faultline::http {
namespace {

constexpr auto kLongestRange = std::chrono::hours(24 * 400);  // 13 months are kept

json::object event_json(const EventView& event) {
  return {{"sequence", event.sequence},
          {"at", json_time(event.at)},
          {"kind", event.kind},
          {"subject", json_text_or_null(event.subject)},
          {"reason", json_text_or_null(event.reason)},
          {"evidence", json_text_or_null(event.evidence)}};
}

void list_events(const HttpRequest& request, const Respond& respond, ApiBackend& backend) {
  if (auto refused = refuse_unknown_parameters(request, {"subject", "since", "limit", "cursor"}))
    return respond(std::move(*refused));
  const auto since = time_of(request, "since");
  const auto page = page_of(request);
  if (!since) return respond(bad_request(since.error()));
  if (!page) return respond(bad_request(page.error()));
  EventQuery query{std::string(request.parameter("subject").value_or("")), *since, *page};
  backend.events(std::move(query), [respond](const Result<Page<EventView>>& found) {
    if (!found) return respond(failed(found.error()));
    json::array items;
    for (const EventView& event : found->items) items.push_back(event_json(event));
    respond(page_answer(std::move(items), found->next));
  });
}

Result<HistoryQuery> history_query(const HttpRequest& request, const Topology& topology, Timestamp now) {
  HistoryQuery query;
  const auto endpoint_name = request.parameter("endpoint");
  const auto metric_name = request.parameter("metric");
  if (!endpoint_name) return fail("endpoint: missing");
  if (!metric_name) return fail("metric: missing");
  const auto endpoint = topology.find_endpoint(*endpoint_name);
  if (!endpoint) return fail(fmt::format("endpoint: there is no endpoint \"{}\"", *endpoint_name));
  query.endpoint = *endpoint;
  const auto metric = index_of_name("metric", *metric_name, kMetricNames);
  if (!metric) return tl::make_unexpected(metric.error());
  query.metric = static_cast<Metric>(*metric);
  const auto to = time_of(request, "to");
  const auto from = time_of(request, "from");
  if (!to) return tl::make_unexpected(to.error());
  if (!from) return tl::make_unexpected(from.error());
  query.to = to->value_or(now);
  query.from = from->value_or(query.to - std::chrono::hours(24));
  if (query.from >= query.to) return fail("from: expected a time before to");
  if (query.to - query.from > kLongestRange) return fail("from: expected at most 400 days before to");
  return query;
}

json::object point_json(const HistoryPoint& point) {
  return {{"begins", json_time(point.begins)},
          {"width_seconds", to_seconds(point.width)},
          {"rounds", point.rounds},
          {"minimum", json_number(point.minimum)},
          {"mean", json_number(point.mean)},
          {"maximum", json_number(point.maximum)}};
}

void show_history(const HttpRequest& request, const Respond& respond, ApiBackend& backend) {
  if (auto refused = refuse_unknown_parameters(request, {"endpoint", "metric", "from", "to"}))
    return respond(std::move(*refused));
  const auto topology = backend.topology();
  const auto query = history_query(request, *topology, backend.status().now);
  if (!query) return respond(bad_request(query.error()));
  backend.history(*query, [respond, query = *query, endpoint = topology->endpoint(query->endpoint).name](
                              const Result<std::vector<HistoryPoint>>& found) {
    if (!found) return respond(failed(found.error()));
    json::array points;
    for (const HistoryPoint& point : *found) points.push_back(point_json(point));
    respond(json_answer(json::object{{"endpoint", endpoint},
                                     {"metric", name(query.metric)},
                                     {"from", json_time(query.from)},
                                     {"to", json_time(query.to)},
                                     {"points", std::move(points)}}));
  });
}

}  // namespace

void add_record_routes(Router& router, ApiBackend& backend) {
  router.add(Method::get, "/api/v1/events", Role::viewer,
             [&backend](const HttpRequest& request, const Respond& respond) {
               list_events(request, respond, backend);
             });
  router.add(Method::get, "/api/v1/history", Role::viewer,
             [&backend](const HttpRequest& request, const Respond& respond) {
               show_history(request, respond, backend);
             });
}

}  // namespace faultline::http
