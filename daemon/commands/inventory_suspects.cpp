// faultline inventory-suspects: entries of the inventory that are probably wrong, for those who mend it.
#include "daemon/app/suspects.h"
#include "daemon/commands/commands.h"
#include "daemon/commands/stored.h"
#include "daemon/json/json_text.h"
#include "probes/async/clock.h"
#include "rules/model/time_text.h"

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdio>
#include <string>
#include <vector>

namespace faultline::commands {
namespace {

namespace json = boost::json;

std::vector<std::string> names_of(const std::vector<IncidentNumber>& incidents) {
  std::vector<std::string> names;
  for (const IncidentNumber number : incidents) names.push_back(fmt::format("FL-{}", number));
  return names;
}

void print_json(const http::InventorySuspectsView& found) {
  json::array items;
  for (const http::InventorySuspectView& one : found.items) {
    const auto incidents = names_of(one.incidents);
    items.push_back(
        json::object{{"endpoint", one.endpoint},
                     {"entered_below", json::array(one.entered_below.begin(), one.entered_below.end())},
                     {"failed_with", one.failed_with},
                     {"incidents", json::array(incidents.begin(), incidents.end())},
                     {"recovered_with", one.recovered},
                     {"apart", one.apart},
                     {"odds", one.odds},
                     {"probability", one.odds / (1 + one.odds)},
                     {"first_seen", rfc3339(one.first_seen)},
                     {"last_seen", rfc3339(one.last_seen)}});
  }
  fmt::print("{}\n", to_text(json::object{{"items", std::move(items)},
                                          {"wrong_edge_ratio", json::object{{"mean", found.wrong_edge_ratio},
                                                                            {"members", found.members},
                                                                            {"strays", found.strays}}}}));
}

void print_table(const http::InventorySuspectsView& found) {
  if (found.items.empty()) {
    fmt::print("no entry of the inventory is suspected\n");
  } else {
    fmt::print("{:<24} {:<24} {:<24} {:>5} {:>9} {:>5} {:>11}  {:<20} {:<20} {}\n", "endpoint",
               "entered below", "failed with", "times", "recovered", "apart", "probability", "first", "last",
               "incidents");
    for (const http::InventorySuspectView& one : found.items)
      fmt::print("{:<24} {:<24} {:<24} {:>5} {:>9} {:>5} {:>9.1f} %  {:<20} {:<20} {}\n", one.endpoint,
                 fmt::format("{}", fmt::join(one.entered_below, ", ")), one.failed_with, one.incidents.size(),
                 one.recovered, one.apart, 100 * one.odds / (1 + one.odds),
                 rfc3339(one.first_seen).substr(0, 19), rfc3339(one.last_seen).substr(0, 19),
                 fmt::join(names_of(one.incidents), ", "));
  }
  fmt::print(
      "\nwrong entries: about {:.2f} % ({} endpoints failed where the inventory has them, {} elsewhere)\n",
      100 * found.wrong_edge_ratio, found.members, found.strays);
}

}  // namespace

void add_inventory_suspects(CLI::App& app, Context& context) {
  static bool as_json = false;
  CLI::App* command = app.add_subcommand(
      "inventory-suspects",
      "list endpoints that fail and recover with a place the inventory does not put them at");
  command->add_flag("--json", as_json, "as the API gives it");
  command->callback([&context] {
    context.chosen = [&context] {
      auto stored = open_stored(context.config);
      if (!stored) {
        std::fprintf(stderr, "%s\n", stored.error().message.c_str());
        return kBadUsage;
      }
      const auto found = app::inventory_suspects(stored->database, *stored->topology,
                                                 stored->rules->decide.identity, wall_now());
      if (!found) {
        std::fprintf(stderr, "faultline inventory-suspects: %s\n", found.error().message.c_str());
        return kFailed;
      }
      as_json ? print_json(*found) : print_table(*found);
      return kGood;
    };
  });
}

}  // namespace faultline::commands
