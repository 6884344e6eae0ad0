// Entries of the inventory that are probably wrong, with names: for the API and the command line alike.
#pragma once

#include "daemon/http/api_backend.h"
#include "daemon/store/database.h"
#include "rules/model/decide_rules.h"

namespace faultline::app {

// Incidents older than this say nothing of the inventory of today.
inline constexpr std::chrono::days kSuspectsLookBack{365};

// From the incidents that the store keeps; nothing is written.
Result<http::InventorySuspectsView> inventory_suspects(store::Database& db, const Topology& topology,
                                                       const IdentityRules& rules, Timestamp now);

}  // namespace faultline::app
