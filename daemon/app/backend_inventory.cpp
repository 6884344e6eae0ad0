// The API's backend: entries of the inventory that are probably wrong.
#include "daemon/app/backend.h"
#include "daemon/app/suspects.h"
#include "daemon/store/incidents.h"
#include "probes/async/clock.h"
#include "rules/decide/wrong_edges.h"
#include "rules/model/root_name.h"

#include <utility>

namespace faultline::app {

Result<http::InventorySuspectsView> inventory_suspects(store::Database& db, const Topology& topology,
                                                       const IdentityRules& rules, Timestamp now) {
  const auto incidents = store::told_incidents(db, topology, now - kSuspectsLookBack);
  if (!incidents) return tl::make_unexpected(incidents.error());
  const auto found = decide::inventory_suspects(*incidents, topology, rules);
  http::InventorySuspectsView all{{}, found.ratio.mean(), found.ratio.members, found.ratio.strays};
  for (const decide::InventorySuspect& suspect : found.suspects) {
    http::InventorySuspectView view;
    view.endpoint = topology.endpoint(suspect.endpoint).name;
    for (const ParentEdge& edge : topology.endpoint(suspect.endpoint).parents)
      view.entered_below.push_back(topology.node(edge.parent).name);
    view.failed_with = root_name(suspect.place, topology);
    view.incidents = suspect.incidents;
    view.recovered = suspect.recovered;
    view.apart = suspect.apart;
    view.odds = suspect.odds;
    view.first_seen = suspect.first_seen;
    view.last_seen = suspect.last_seen;
    all.items.push_back(std::move(view));
  }
  return all;
}

void Backend::inventory_suspects(http::Reply<Result<http::InventorySuspectsView>> reply) {
  services_.store->query(
      [topology = topology(), rules = services_.setup.rules, now = wall_now()](store::Database& db) {
        return app::inventory_suspects(db, *topology, rules->decide.identity, now);
      },
      std::move(reply));
}

}  // namespace faultline::app
