// /api/v1/endpoints and /api/v1/degradations.
#include "daemon/http/api_json.h"

#include <fmt/format.h>

#include <algorithm>

namespace faultline::http {
namespace {

// Endpoints looked at for one page at most, so that no request keeps the main loop: a filter that few fit
// gives short pages, with a cursor to go on from.
constexpr std::size_t kScanned = 20'000;

struct EndpointFilter {
  std::optional<HealthState> state;
  std::optional<Technology> technology;
  std::optional<std::vector<EndpointIndex>> below;  // sorted
};

Result<EndpointFilter> filter_of(const HttpRequest& request, const Topology& topology) {
  EndpointFilter filter;
  if (const auto text = request.parameter("state")) {
    const auto index = index_of_name("state", *text, kHealthStateNames);
    if (!index) return tl::make_unexpected(index.error());
    filter.state = static_cast<HealthState>(*index);
  }
  if (const auto text = request.parameter("technology")) {
    const auto index = index_of_name("technology", *text, kTechnologyNames);
    if (!index) return tl::make_unexpected(index.error());
    filter.technology = static_cast<Technology>(*index);
  }
  if (const auto text = request.parameter("below")) {
    const auto node = topology.find_node(*text);
    if (!node) return fail(fmt::format("below: there is no node \"{}\"", *text));
    filter.below = topology.endpoints_below(*node);
  }
  return filter;
}

void list_endpoints(const HttpRequest& request, const Respond& respond, ApiBackend& backend) {
  if (auto refused = refuse_unknown_parameters(request, {"state", "technology", "below", "limit", "cursor"}))
    return respond(std::move(*refused));
  const auto topology = backend.topology();
  const auto filter = filter_of(request, *topology);
  const auto page = page_of(request);
  if (!filter) return respond(bad_request(filter.error()));
  if (!page) return respond(bad_request(page.error()));

  // With `below` positions count in that list, else in the topology's.
  const std::size_t total = filter->below ? filter->below->size() : topology->endpoints().size();
  json::array items;
  std::size_t position = std::min(page->offset, total);
  const std::size_t stop = std::min(total, position + kScanned);
  for (; position < stop && items.size() < page->limit; ++position) {
    const EndpointIndex index =
        filter->below ? (*filter->below)[position] : EndpointIndex{static_cast<std::uint32_t>(position)};
    const Endpoint& endpoint = topology->endpoint(index);
    if (endpoint.retired || (filter->technology && endpoint.technology != *filter->technology)) continue;
    const EndpointHealth health = backend.health(index);
    if (filter->state && health.state != *filter->state) continue;
    items.push_back(endpoint_json(*topology, index, health));
  }
  respond(page_answer(std::move(items), position < total ? std::to_string(position) : ""));
}

json::object round_json(const LatestRound& latest) {
  const Round& round = latest.round;
  json::value packets;
  json::value rtt;
  if (round.packets.sent > 0) {
    packets = json::object{{"sent", round.packets.sent},
                           {"received", round.packets.received},
                           {"lost", round.packets.lost()},
                           {"late", round.packets.late},
                           {"duplicates", round.packets.duplicates},
                           {"reordered", round.packets.reordered}};
    rtt = json::object{
        {"minimum", json_number(round.rtt.minimum_ms)}, {"median", json_number(round.rtt.median_ms)},
        {"p95", json_number(round.rtt.p95_ms)},         {"maximum", json_number(round.rtt.maximum_ms)},
        {"ipdv", json_number(round.rtt.ipdv_ms)},       {"jitter", json_number(round.rtt.jitter_ms)}};
  }
  json::object values;
  for (const MetricValue& value : round.metric_values())
    values[name(value.metric)] = json_number(value.value);
  return {{"probe", latest.probe},
          {"started", json_time(round.started)},
          {"finished", json_time(round.finished)},
          {"outcome", name(round.outcome)},
          {"reason", round.reason == OutcomeReason::none ? json::value() : json::value(name(round.reason))},
          {"on_demand", round.on_demand},
          {"packets", std::move(packets)},
          {"rtt_ms", std::move(rtt)},
          {"values", std::move(values)}};
}

void show_endpoint(const HttpRequest& request, const Respond& respond, ApiBackend& backend) {
  if (auto refused = refuse_unknown_parameters(request, {})) return respond(std::move(*refused));
  const auto topology = backend.topology();
  const std::string& endpoint_name = request.parameters.at("name");
  const auto index = topology->find_endpoint(endpoint_name);
  if (!index || topology->endpoint(*index).retired)
    return respond(problem(404, fmt::format("there is no endpoint \"{}\"", endpoint_name)));
  const EndpointDetails details = backend.details(*index);
  json::object shown = endpoint_json(*topology, *index, backend.health(*index));
  shown["address"] = json_text_or_null(details.address);
  shown["device"] = json_text_or_null(details.device);
  shown["profile"] = json_text_or_null(details.profile);
  json::array rounds;
  for (const LatestRound& latest : details.rounds) rounds.push_back(round_json(latest));
  shown["rounds"] = std::move(rounds);
  respond(json_answer(shown));
}

void list_degradations(const HttpRequest& request, const Respond& respond, ApiBackend& backend) {
  if (auto refused = refuse_unknown_parameters(request, {"limit", "cursor"}))
    return respond(std::move(*refused));
  const auto page = page_of(request);
  if (!page) return respond(bad_request(page.error()));
  const auto topology = backend.topology();
  const std::vector<Degradation> all = backend.degradations();
  json::array items;
  std::size_t position = std::min(page->offset, all.size());
  for (; position < all.size() && items.size() < page->limit; ++position)
    items.push_back(degradation_json(*topology, all[position]));
  respond(page_answer(std::move(items), position < all.size() ? std::to_string(position) : ""));
}

}  // namespace

void add_endpoint_routes(Router& router, ApiBackend& backend) {
  router.add(Method::get, "/api/v1/endpoints", Role::viewer,
             [&backend](const HttpRequest& request, const Respond& respond) {
               list_endpoints(request, respond, backend);
             });
  router.add(Method::get, "/api/v1/endpoints/{name}", Role::viewer,
             [&backend](const HttpRequest& request, const Respond& respond) {
               show_endpoint(request, respond, backend);
             });
  router.add(Method::get, "/api/v1/degradations", Role::viewer,
             [&backend](const HttpRequest& request, const Respond& respond) {
               list_degradations(request, respond, backend);
             });
}

}  // namespace faultline::http
