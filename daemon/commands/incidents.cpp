// faultline incidents [ID [--why]]: what Faultline believes, or the whole argument for one incident.
#include "daemon/store/incidents.h"

#include "daemon/commands/commands.h"
#include "daemon/commands/stored.h"
#include "daemon/commands/why.h"
#include "rules/model/root_name.h"
#include "rules/model/time_text.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <string>

namespace faultline::commands {
namespace {

std::string cause_text(const Incident& incident) {
  if (incident.causes.empty()) return "undetermined";
  const CauseScore& best = incident.causes.front();
  return fmt::format("{} ({:.0f} %)", name(best.cause), best.probability * 100);
}

void print_line(const Incident& incident, const Topology& topology) {
  fmt::print("FL-{:<6} {:<10} {:<9} {:<24} {:<22} since {}  {} endpoints, {} customers, {} complaints\n",
             incident.number, name(incident.state), name(incident.severity),
             root_name(incident.root, topology), cause_text(incident), rfc3339(incident.onset),
             incident.affected.size(), incident.customers, incident.complaints.size());
}

Result<void> show_one(Stored& stored, const std::string& id, bool why) {
  const auto number = parse_incident(id);
  if (!number) return tl::make_unexpected(number.error());
  const auto incident = load_incident(stored, *number);
  if (!incident) return tl::make_unexpected(incident.error());
  print_line(*incident, *stored.topology);
  if (!why) return {};
  const auto complaints = complaints_of(stored, *number);
  if (!complaints) return tl::make_unexpected(complaints.error());
  const auto observations = observations_of(stored, *incident);
  if (!observations) return tl::make_unexpected(observations.error());
  fmt::print("{}", why_text(*incident, *complaints, *observations));
  return {};
}

Result<void> show_all(Stored& stored, bool ended_too) {
  store::IncidentFilter filter;
  filter.limit = 1000;
  if (!ended_too)
    filter.states = {IncidentState::suspected, IncidentState::open, IncidentState::recovering,
                     IncidentState::resolved};
  const auto records = store::list_incidents(stored.database, filter);
  if (!records) return tl::make_unexpected(records.error());
  for (const store::IncidentRecord& record : *records)
    if (const auto restored = store::from_document(record.document, *stored.topology))
      print_line(restored->incident, *stored.topology);
  if (records->empty()) fmt::print("no incidents\n");
  return {};
}

}  // namespace

void add_incidents(CLI::App& app, Context& context) {
  static std::string id;
  static bool why = false, all = false;
  CLI::App* command =
      app.add_subcommand("incidents", "list what is believed to be broken, or show one incident");
  command->add_option("id", id, "FL-17 or 17");
  command->add_flag("--why", why, "with an id: the whole argument, with the explanations that were rejected");
  command->add_flag("--all", all, "those that have ended too");
  command->callback([&context] {
    context.chosen = [&context] {
      auto stored = open_stored(context.config);
      if (!stored) {
        std::fprintf(stderr, "%s\n", stored.error().message.c_str());
        return kBadUsage;
      }
      const auto shown = id.empty() ? show_all(*stored, all) : show_one(*stored, id, why);
      if (shown) return kGood;
      std::fprintf(stderr, "faultline incidents: %s\n", shown.error().message.c_str());
      return kFailed;
    };
  });
}

}  // namespace faultline::commands
