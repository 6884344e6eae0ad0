// faultline report ID | --month 2026-11: what happened, when it was seen and by what, for the people who ask
// afterwards.
#include "daemon/commands/commands.h"
#include "daemon/commands/report_month.h"
#include "daemon/commands/report_times.h"
#include "daemon/commands/stored.h"
#include "daemon/store/incidents.h"
#include "rules/model/root_name.h"
#include "rules/model/time_text.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace faultline::commands {
namespace {

constexpr std::chrono::days kSimilarLookBack{90};

void print_causes(const Incident& incident) {
  constexpr double kUnlikely = 0.01;
  for (const CauseScore& cause : incident.causes) {
    if (cause.probability < kUnlikely) continue;
    fmt::print("  cause {} {:.0f} %\n", name(cause.cause), cause.probability * 100);
    for (const std::string& reason : cause.reasons) fmt::print("    because {}\n", reason);
  }
}

void print_times(const Incident& incident, const ReportTimes& times) {
  const auto line = [](const char* what, const std::optional<Timestamp>& at) {
    fmt::print("  {:<18} {}\n", what, at ? rfc3339(*at) : "-");
  };
  fmt::print("\n");
  line("onset (estimated)", incident.onset);
  line("verified", times.verified);
  line("suspected", incident.suspected_at);
  line("ticket opened", incident.opened_at);
  line("acknowledged", times.acknowledged);
  line("first complaint", times.first_complaint);
  line("recovered", incident.recovered_at);
  line("resolved", incident.resolved_at);
  line("closed", incident.closed_at);
  fmt::print("\n  MTTD (onset to ticket)       {}\n", span_text(times.to_detect));
  fmt::print("  MTTA (ticket to ack)         {}\n", span_text(times.to_acknowledge));
  fmt::print("  MTTR (onset to recovery)     {}\n", span_text(times.to_repair));
  fmt::print("  ticket before 1st complaint  {}\n", span_text(times.lead));
  if (times.customer_minutes)
    fmt::print("  customer-minutes lost        {:.0f} ({} customers until it recovered)\n",
               *times.customer_minutes, incident.customers);
  fmt::print("  found by                     {}\n", times.found_by);
}

void print_complaints(const std::vector<store::StoredComplaint>& complaints) {
  if (complaints.empty()) return;
  std::map<Service, std::size_t> services;
  for (const store::StoredComplaint& complaint : complaints) ++services[complaint.service];
  fmt::print("\nComplaints: {} attached\n", complaints.size());
  for (const auto& [service, count] : services) fmt::print("  {} {}\n", count, name(service));
}

void print_argument(const Incident& incident) {
  fmt::print("\nEvidence:\n");
  for (const Evidence& evidence : incident.evidence) fmt::print("  {}\n", evidence.text);
  if (incident.argument)
    for (const std::string& fact : incident.argument->measured) fmt::print("  {}\n", fact);
  const bool in_full = incident.argument && incident.argument->explanations.size() > 1;
  if (!in_full && incident.alternatives.empty()) return;
  fmt::print("\nRejected:\n");
  if (!in_full)
    for (const Evidence& evidence : incident.alternatives) fmt::print("  {}\n", evidence.text);
  if (in_full)
    for (std::size_t i = 1; i < incident.argument->explanations.size(); ++i) {
      const WeighedExplanation& one = incident.argument->explanations[i];
      fmt::print("  {}: {}\n", one.what, one.verdict);
    }
}

// What happened at the same place before, newest first.
Result<void> print_similar(Stored& stored, const Incident& incident) {
  const auto told =
      store::told_incidents(stored.database, *stored.topology, incident.onset - kSimilarLookBack);
  if (!told) return tl::make_unexpected(told.error());
  std::vector<const Incident*> similar;
  for (const Incident& other : *told) {
    const bool same_place = other.root == incident.root ||
                            std::find(other.former_roots.begin(), other.former_roots.end(), incident.root) !=
                                other.former_roots.end();
    if (other.number != incident.number && same_place && other.onset <= incident.onset)
      similar.push_back(&other);
  }
  fmt::print("\nAt the same place in the 90 days before: {}\n", similar.size());
  constexpr std::size_t kShown = 10;
  for (auto one = similar.rbegin(); one != similar.rend(); ++one) {
    if (static_cast<std::size_t>(one - similar.rbegin()) >= kShown) break;
    const Incident& other = **one;
    const std::optional<Duration> lasted =
        other.recovered_at ? std::optional(*other.recovered_at - other.onset) : std::nullopt;
    fmt::print("  FL-{}  {}  {}  lasted {}\n", other.number, rfc3339(other.onset),
               other.causes.empty() ? "undetermined" : name(other.causes.front().cause), span_text(lasted));
  }
  return {};
}

Result<void> report(Stored& stored, const std::string& id) {
  const auto number = parse_incident(id);
  if (!number) return tl::make_unexpected(number.error());
  const auto incident = load_incident(stored, *number);
  if (!incident) return tl::make_unexpected(incident.error());
  const auto complaints = complaints_of(stored, *number);
  if (!complaints) return tl::make_unexpected(complaints.error());
  const auto events = events_of(stored, *incident);
  if (!events) return tl::make_unexpected(events.error());

  fmt::print("FL-{}: {} at {}, {}, {} endpoints, {} customers, {} complaints\n", *number,
             name(incident->state), root_name(incident->root, *stored.topology), name(incident->severity),
             incident->affected.size(), incident->customers, complaints->size());
  print_causes(*incident);
  print_times(*incident, report_times(*incident, *complaints, *events, *stored.topology));
  print_complaints(*complaints);
  print_argument(*incident);
  if (const auto printed = print_similar(stored, *incident); !printed) return printed;
  fmt::print("\nTimeline:\n");
  for (const store::Event& event : *events)
    if (event.incident == *number)
      fmt::print("  {}  {:<22} {}\n", rfc3339(event.at), event.kind,
                 event.reason.empty() ? event.subject : event.reason);
  return {};
}

int failed(const Error& error) {
  std::fprintf(stderr, "faultline report: %s\n", error.message.c_str());
  return kFailed;
}

}  // namespace

void add_report(CLI::App& app, Context& context) {
  static std::string id, month;
  CLI::App* command =
      app.add_subcommand("report", "what happened in one incident, or the figures of a month by severity");
  CLI::Option* one = command->add_option("id", id, "FL-17 or 17");
  command->add_option("--month", month, "instead of an id: all that began in 2026-11")->excludes(one);
  command->callback([&context] {
    context.chosen = [&context] {
      if (id.empty() && month.empty()) {
        std::fprintf(stderr, "faultline report: give an incident (FL-17) or --month 2026-11\n");
        return kBadUsage;
      }
      auto stored = open_stored(context.config);
      if (!stored) {
        std::fprintf(stderr, "%s\n", stored.error().message.c_str());
        return kBadUsage;
      }
      if (!month.empty()) {
        const auto text = month_report(*stored, month);
        if (!text) return failed(text.error());
        fmt::print("{}", *text);
        return kGood;
      }
      if (const auto shown = report(*stored, id); !shown) return failed(shown.error());
      return kGood;
    };
  });
}

}  // namespace faultline::commands
