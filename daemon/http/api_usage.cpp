// /api/v1/usage.
#include "daemon/http/api_json.h"

#include <fmt/format.h>

#include <algorithm>

namespace faultline::http {
namespace {

constexpr std::size_t kMostAreas = 50;  // of one page: some 400 kB of JSON

json::value number(double value) {
  return json_number(static_cast<float>(value));
}

std::string_view kind_of_day(std::size_t bucket) {
  return bucket < kDayHours ? "working_day" : "weekend";
}

json::array hours_json(const foresee::AreaUsage& usage, std::size_t first) {
  json::array hours;
  for (std::size_t hour = 0; hour < kDayHours; ++hour) {
    const foresee::UsageHour& h = usage.hours[first + hour];
    hours.push_back(json::object{{"traffic_bps", number(h.traffic_bps)},
                                 {"utilisation", number(h.utilisation)},
                                 {"active_users", number(h.active_users)},
                                 {"complaints", h.complaints},
                                 {"rtt_ms", number(h.rtt_ms)},
                                 {"loss_ratio", number(h.loss_ratio)}});
  }
  return hours;
}

json::object usage_json(const foresee::AreaUsage& usage, const Topology& topology) {
  json::value busiest, growth;
  if (usage.busiest)
    busiest = json::object{{"day", kind_of_day(*usage.busiest)},
                           {"hour", *usage.busiest % kDayHours},
                           {"demand", number(demand_of(usage.hours[*usage.busiest], usage.source))}};
  if (usage.growth)
    growth = json::object{{"per_week", number(usage.growth->per_week)},
                          {"low", number(usage.growth->low)},
                          {"high", number(usage.growth->high)},
                          {"p", number(usage.growth->p)},
                          {"days", usage.growth->days}};
  const Node& node = topology.node(usage.area);
  return {{"area", node.name},
          {"kind", name(node.kind)},
          {"endpoints", usage.endpoints},
          {"customers", usage.customers},
          {"source", foresee::name(usage.source)},
          {"busiest", std::move(busiest)},
          {"growth", std::move(growth)},
          {"rtt_with_demand", usage.rtt_with_demand ? number(*usage.rtt_with_demand) : json::value()},
          {"working_day", hours_json(usage, 0)},
          {"weekend", hours_json(usage, kDayHours)}};
}

void list_usage(const HttpRequest& request, const Respond& respond, ApiBackend& backend) {
  if (auto refused = refuse_unknown_parameters(request, {"area", "limit", "cursor"}))
    return respond(std::move(*refused));
  const auto page = page_of(request);
  if (!page) return respond(bad_request(page.error()));
  const auto topology = backend.topology();
  const auto nodes = topology->nodes();
  std::vector<NodeIndex> areas;
  std::size_t position = nodes.size();
  if (const auto text = request.parameter("area")) {
    const auto node = topology->find_node(*text);
    if (!node || !foresee::is_usage_area(topology->node(*node)))
      return respond(bad_request(Error{
          fmt::format("area: there is no aggregation, site, OLT, CMTS or DSLAM called \"{}\"", *text)}));
    areas.push_back(*node);
  } else {
    const std::size_t most = std::min(page->limit, kMostAreas);
    for (position = std::min(page->offset, nodes.size()); position < nodes.size() && areas.size() < most;
         ++position)
      if (foresee::is_usage_area(nodes[position]))
        areas.push_back(NodeIndex{static_cast<std::uint32_t>(position)});
  }
  const std::string next = position < nodes.size() ? std::to_string(position) : "";
  backend.usage(std::move(areas),
                [respond, topology, next](const Result<std::vector<foresee::AreaUsage>>& usages) {
                  if (!usages) return respond(failed(usages.error()));
                  json::array items;
                  for (const foresee::AreaUsage& usage : *usages)
                    items.push_back(usage_json(usage, *topology));
                  respond(page_answer(std::move(items), next));
                });
}

}  // namespace

void add_usage_routes(Router& router, ApiBackend& backend) {
  router.add(Method::get, "/api/v1/usage", Role::viewer,
             [&backend](const HttpRequest& request, const Respond& respond) {
               list_usage(request, respond, backend);
             });
}

}  // namespace faultline::http
