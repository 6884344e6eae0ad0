// /api/v1/forecast and /api/v1/advice.
#include "daemon/http/api_json.h"

#include <algorithm>

namespace faultline::http {
namespace {

json::value number(double value) {
  return json_number(static_cast<float>(value));
}
json::value number(const std::optional<double>& value) {
  return value ? number(*value) : json::value();
}

json::object finding_json(const foresee::Finding& f, const Topology& topology, ApiBackend& backend) {
  const bool crosses = f.kind == foresee::FindingKind::crossing;
  return {{"kind", foresee::name(f.kind)},
          {"endpoint", topology.endpoint(f.endpoint).name},
          {"customers", topology.endpoint(f.endpoint).customers},
          {"probe", backend.probe_name(f.probe)},
          {"metric", name(f.metric)},
          {"now", number(f.now)},
          {"before", number(f.before)},
          {"limit", number(f.limit)},
          {"per_day", crosses ? number(f.per_day) : json::value()},
          {"days", crosses ? number(f.days) : json::value()},
          {"soonest_days", crosses ? number(f.soonest) : json::value()},
          {"latest_days", number(f.latest)},
          {"p", number(f.p)},
          {"days_measured", f.days_measured},
          {"text", f.text}};
}

json::object capacity_json(const foresee::CapacityItem& item, const Topology& topology) {
  return {{"endpoint", topology.endpoint(item.endpoint).name},
          {"customers", item.customers},
          {"busy_hour", item.busy_hour},
          {"strained_days", item.strained_days},
          {"days_measured", item.days},
          {"congestion_index", number(item.index)},
          {"weight", number(item.weight)},
          {"chronic", item.chronic},
          {"evidence", item.evidence}};
}

json::object risk_json(const foresee::RiskItem& item, const Topology& topology) {
  json::array reasons;
  for (const foresee::RiskReason& reason : item.reasons)
    reasons.push_back(json::object{{"factor", name(reason.factor)},
                                   {"value", number(reason.value)},
                                   {"contribution", number(reason.contribution)}});
  return {{"endpoint", topology.endpoint(item.endpoint).name},
          {"customers", topology.endpoint(item.endpoint).customers},
          {"score", number(item.score)},
          {"reasons", std::move(reasons)}};
}

json::object hint_json(const foresee::Hint& hint, const Topology& topology) {
  return {{"kind", foresee::name(hint.kind)},
          {"endpoint", hint.endpoint ? json::value(topology.endpoint(*hint.endpoint).name) : json::value()},
          {"node", hint.node ? json::value(topology.node(*hint.node).name) : json::value()},
          {"customers", hint.customers},
          {"advice", hint.advice},
          {"evidence", hint.evidence},
          {"gain", hint.gain}};
}

void list_findings(const HttpRequest& request, const Respond& respond, ApiBackend& backend) {
  if (auto refused = refuse_unknown_parameters(request, {"kind", "limit", "cursor"}))
    return respond(std::move(*refused));
  const auto page = page_of(request);
  if (!page) return respond(bad_request(page.error()));
  std::optional<foresee::FindingKind> kind;
  if (const auto text = request.parameter("kind")) {
    const auto index = index_of_name("kind", *text, foresee::kFindingKindNames);
    if (!index) return respond(bad_request(index.error()));
    kind = static_cast<foresee::FindingKind>(*index);
  }
  backend.outlook([respond, &backend, kind, first = page->offset,
                   limit = page->limit](const Result<std::shared_ptr<const foresee::Outlook>>& outlook) {
    if (!outlook) return respond(failed(outlook.error()));
    const auto topology = backend.topology();
    const auto& all = (*outlook)->findings;
    json::array items;
    std::size_t position = std::min(first, all.size());
    for (; position < all.size() && items.size() < limit; ++position)
      if (!kind || all[position].kind == *kind)
        items.push_back(finding_json(all[position], *topology, backend));
    respond(page_answer(std::move(items), position < all.size() ? std::to_string(position) : ""));
  });
}

template <typename Item, typename Show>
json::array first_of(const std::vector<Item>& all, std::size_t limit, Show&& show) {
  json::array items;
  for (std::size_t i = 0; i < std::min(all.size(), limit); ++i) items.push_back(show(all[i]));
  return items;
}

void show_advice(const HttpRequest& request, const Respond& respond, ApiBackend& backend) {
  if (auto refused = refuse_unknown_parameters(request, {"limit"})) return respond(std::move(*refused));
  const auto page = page_of(request);
  if (!page) return respond(bad_request(page.error()));
  backend.outlook([respond, &backend,
                   limit = page->limit](const Result<std::shared_ptr<const foresee::Outlook>>& found) {
    if (!found) return respond(failed(found.error()));
    const auto topology = backend.topology();
    const foresee::Outlook& outlook = **found;
    respond(json_answer(json::object{
        {"made", json_time(outlook.made)},
        {"endpoints", outlook.endpoints},
        {"capacity",
         first_of(outlook.capacity, limit, [&](const auto& item) { return capacity_json(item, *topology); })},
        {"risk", first_of(outlook.risk, limit, [&](const auto& item) { return risk_json(item, *topology); })},
        {"hints",
         first_of(outlook.hints, limit, [&](const auto& hint) { return hint_json(hint, *topology); })}}));
  });
}

}  // namespace

void add_foresight_routes(Router& router, ApiBackend& backend) {
  router.add(Method::get, "/api/v1/forecast", Role::viewer,
             [&backend](const HttpRequest& request, const Respond& respond) {
               list_findings(request, respond, backend);
             });
  router.add(Method::get, "/api/v1/advice", Role::viewer,
             [&backend](const HttpRequest& request, const Respond& respond) {
               show_advice(request, respond, backend);
             });
}

}  // namespace faultline::http
