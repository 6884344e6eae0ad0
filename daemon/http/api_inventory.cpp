// /api/v1/inventory-suspects.
#include "daemon/http/api_json.h"

namespace faultline::http {
namespace {

json::object suspect_json(const InventorySuspectView& view) {
  json::array incidents;
  for (const IncidentNumber number : view.incidents) incidents.emplace_back(incident_id(number));
  return {{"endpoint", view.endpoint},
          {"entered_below", json::array(view.entered_below.begin(), view.entered_below.end())},
          {"failed_with", view.failed_with},
          {"incidents", std::move(incidents)},
          {"recovered_with", view.recovered},
          {"apart", view.apart},
          {"odds", view.odds},
          {"probability", view.odds / (1 + view.odds)},
          {"first_seen", json_time(view.first_seen)},
          {"last_seen", json_time(view.last_seen)}};
}

void list_suspects(const HttpRequest& request, const Respond& respond, ApiBackend& backend) {
  if (auto refused = refuse_unknown_parameters(request, {})) return respond(std::move(*refused));
  backend.inventory_suspects([respond](const Result<InventorySuspectsView>& found) {
    if (!found) return respond(failed(found.error()));
    json::array items;
    for (const InventorySuspectView& view : found->items) items.push_back(suspect_json(view));
    respond(json_answer(json::object{{"items", std::move(items)},
                                     {"wrong_edge_ratio", json::object{{"mean", found->wrong_edge_ratio},
                                                                       {"members", found->members},
                                                                       {"strays", found->strays}}}}));
  });
}

}  // namespace

void add_inventory_routes(Router& router, ApiBackend& backend) {
  router.add(Method::get, "/api/v1/inventory-suspects", Role::viewer,
             [&backend](const HttpRequest& request, const Respond& respond) {
               list_suspects(request, respond, backend);
             });
}

}  // namespace faultline::http
