// faultline report ID: what happened, when it was seen and by what, for the people who ask afterwards.
#include "daemon/commands/commands.h"
#include "daemon/commands/stored.h"
#include "daemon/store/complaints.h"
#include "daemon/store/events.h"
#include "rules/model/root_name.h"
#include "rules/model/time_text.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

namespace faultline::commands {
namespace {

std::string span_text(std::optional<Timestamp> from, std::optional<Timestamp> to) {
  if (!from || !to) return "-";
  const auto signed_total = std::chrono::round<std::chrono::seconds>(*to - *from).count();
  const auto total = std::abs(signed_total);
  return fmt::format("{}{}:{:02}:{:02}", signed_total < 0 ? "-" : "", total / 3600, total / 60 % 60,
                     total % 60);
}

void print_times(const Incident& incident, const std::vector<store::StoredComplaint>& complaints) {
  std::optional<Timestamp> first_complaint;
  for (const store::StoredComplaint& complaint : complaints)
    if (!first_complaint || complaint.received < *first_complaint) first_complaint = complaint.received;
  fmt::print("\n  onset            {}\n", rfc3339(incident.onset));
  fmt::print("  suspected        {}\n", rfc3339(incident.suspected_at));
  const auto line = [](const char* what, const std::optional<Timestamp>& at) {
    fmt::print("  {:<16} {}\n", what, at ? rfc3339(*at) : "-");
  };
  line("ticket opened", incident.opened_at);
  line("first complaint", first_complaint);
  line("recovered", incident.recovered_at);
  line("resolved", incident.resolved_at);
  fmt::print("\n  MTTD (onset to ticket)       {}\n", span_text(incident.onset, incident.opened_at));
  fmt::print("  MTTR (onset to recovery)     {}\n", span_text(incident.onset, incident.recovered_at));
  fmt::print("  ticket before 1st complaint  {}\n", span_text(incident.opened_at, first_complaint));
  if (incident.recovered_at)
    fmt::print(
        "  customer-minutes lost        {:.0f}\n",
        static_cast<double>(incident.customers) * to_seconds(*incident.recovered_at - incident.onset) / 60);
  fmt::print("  found by                     {}\n", incident.complaint_only ? "complaints"
                                                    : complaints.empty()    ? "probes"
                                                                            : "probes, and complaints fit");
}

Result<void> report(Stored& stored, const std::string& id) {
  const auto number = parse_incident(id);
  if (!number) return tl::make_unexpected(number.error());
  const auto incident = load_incident(stored, *number);
  if (!incident) return tl::make_unexpected(incident.error());
  store::ComplaintFilter of_incident;
  of_incident.incident = *number;
  of_incident.limit = 10'000;
  const auto complaints = store::list_complaints(stored.database, of_incident);
  if (!complaints) return tl::make_unexpected(complaints.error());
  store::EventFilter events_of;
  events_of.incident = *number;
  events_of.oldest_first = true;
  events_of.limit = 1000;
  const auto events = store::list_events(stored.database, events_of);
  if (!events) return tl::make_unexpected(events.error());

  fmt::print("FL-{}: {} at {}, {}, {} endpoints, {} customers, {} complaints\n", *number,
             name(incident->state), root_name(incident->root, *stored.topology), name(incident->severity),
             incident->affected.size(), incident->customers, complaints->size());
  for (const CauseScore& cause : incident->causes) {
    fmt::print("  cause {} {:.0f} %\n", name(cause.cause), cause.probability * 100);
    for (const std::string& reason : cause.reasons) fmt::print("    because {}\n", reason);
  }
  print_times(*incident, *complaints);
  fmt::print("\nEvidence:\n");
  for (const Evidence& evidence : incident->evidence) fmt::print("  {}\n", evidence.text);
  if (!incident->alternatives.empty()) fmt::print("\nRejected:\n");
  for (const Evidence& evidence : incident->alternatives) fmt::print("  {}\n", evidence.text);
  fmt::print("\nTimeline:\n");
  for (const store::Event& event : *events)
    fmt::print("  {}  {:<22} {}\n", rfc3339(event.at), event.kind,
               event.reason.empty() ? event.subject : event.reason);
  return {};
}

}  // namespace

void add_report(CLI::App& app, Context& context) {
  static std::string id;
  CLI::App* command =
      app.add_subcommand("report", "what happened in one incident: times, cause, evidence, timeline");
  command->add_option("id", id, "FL-17 or 17")->required();
  command->callback([&context] {
    context.chosen = [&context] {
      auto stored = open_stored(context.config);
      if (!stored) {
        std::fprintf(stderr, "%s\n", stored.error().message.c_str());
        return kBadUsage;
      }
      if (const auto shown = report(*stored, id); !shown) {
        std::fprintf(stderr, "faultline report: %s\n", shown.error().message.c_str());
        return kFailed;
      }
      return kGood;
    };
  });
}

}  // namespace faultline::commands
