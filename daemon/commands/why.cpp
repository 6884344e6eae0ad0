#include "daemon/commands/why.h"

#include "rules/model/time_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <string_view>
#include <vector>

namespace faultline::commands {
namespace {

using Out = std::back_insert_iterator<std::string>;

void list(Out out, std::string_view heading, const std::vector<Evidence>& items) {
  if (items.empty()) return;
  fmt::format_to(out, "\n{}:\n", heading);
  for (const Evidence& evidence : items) {
    if (evidence.nats != 0)
      fmt::format_to(out, "  {:+7.1f}  {}\n", evidence.nats, evidence.text);
    else
      fmt::format_to(out, "           {}\n", evidence.text);
  }
}

void lines(Out out, std::string_view heading, const std::vector<std::string>& items) {
  if (items.empty()) return;
  fmt::format_to(out, "\n{}:\n", heading);
  for (const std::string& item : items) fmt::format_to(out, "  {}\n", item);
}

void measured(Out out, const Argument& argument) {
  lines(out,
        fmt::format("What was measured ({}, when it was {})", time_of_day(argument.at), argument.occasion),
        argument.measured);
  fmt::format_to(out, "  at the place: {} endpoints bad, {} measured good since the onset, {} not measured\n",
                 argument.bad, argument.good, argument.unmeasured);
  if (argument.groups.size() < 2) return;
  std::size_t width = 4;
  for (const GroupFacts& group : argument.groups) width = std::max(width, group.name.size());
  fmt::format_to(out, "    {:<{}}  {:>5} {:>5} {:>13}\n", "part", width, "bad", "good", "not measured");
  for (const GroupFacts& group : argument.groups)
    fmt::format_to(out, "    {:<{}}  {:>5} {:>5} {:>13}\n", group.name, width, group.bad, group.good,
                   group.unmeasured);
  if (argument.more_groups > 0) fmt::format_to(out, "    and {} more\n", argument.more_groups);
}

void explanations(Out out, const Argument& argument) {
  if (argument.explanations.empty()) return;
  fmt::format_to(out, "\nExplanations weighed (gain in nats over \"each endpoint broke by itself\"):\n");
  for (const WeighedExplanation& one : argument.explanations)
    fmt::format_to(out, "  {:+8.1f}  {} ({} bad): {}\n", one.gain_nats, one.what, one.explains, one.verdict);
}

// Those that nobody thinks of any more are counted, not listed.
void causes(Out out, const Incident& incident) {
  constexpr std::size_t kListed = 2;
  constexpr double kUnlikely = 0.01;
  if (incident.causes.empty()) return;
  fmt::format_to(out, "\nCause:\n");
  std::size_t shown = 0;
  for (const CauseScore& cause : incident.causes) {
    if (shown >= kListed && cause.probability < kUnlikely) break;
    ++shown;
    fmt::format_to(out, "  {:5.1f} %  {}\n", cause.probability * 100, name(cause.cause));
    for (const std::string& reason : cause.reasons) fmt::format_to(out, "           because {}\n", reason);
  }
  if (shown < incident.causes.size())
    fmt::format_to(out, "           {} others, each below 1 %\n", incident.causes.size() - shown);
}

void complaints_text(Out out, std::span<const store::StoredComplaint> complaints, const Incident& incident) {
  fmt::format_to(out, "\nComplaints:\n");
  if (complaints.empty()) {
    fmt::format_to(out, "  none attached\n");
    return;
  }
  std::map<Service, std::size_t> services;
  Timestamp first = complaints.front().received, last = first;
  for (const store::StoredComplaint& one : complaints) {
    ++services[one.service];
    first = std::min(first, one.received);
    last = std::max(last, one.received);
  }
  std::string by_service;
  for (const auto& [service, count] : services)
    by_service += fmt::format("{}{} {}", by_service.empty() ? "" : ", ", count, name(service));
  const double after_s = to_seconds(first - incident.onset);
  fmt::format_to(out, "  {} attached ({}), the first at {} ({:.0f} s {} the onset), the last at {}\n",
                 complaints.size(), by_service, rfc3339(first), after_s < 0 ? -after_s : after_s,
                 after_s < 0 ? "before" : "after", rfc3339(last));
}

// Ways to a hundred endpoints behind one fault say the same thing.
void observed(Out out, std::span<const store::Event> observations) {
  constexpr std::size_t kListed = 10;
  if (observations.empty()) return;
  fmt::format_to(out, "\nWhat probes saw meanwhile:\n");
  for (const store::Event& event : observations.first(std::min(kListed, observations.size())))
    fmt::format_to(out, "  {}  {} {}: {}\n", time_of_day(event.at), event.subject,
                   event.kind.substr(event.kind.find('.') + 1), event.reason);
  if (observations.size() > kListed) fmt::format_to(out, "  and {} more\n", observations.size() - kListed);
}

void what_ifs(Out out, const Argument& argument) {
  if (argument.would_change.empty()) return;
  fmt::format_to(out, "\nWhat would change its mind (worked out by the rules themselves):\n");
  for (const WhatIf& one : argument.would_change)
    fmt::format_to(out, "  If {}:\n      {}\n", one.condition, one.outcome);
}

}  // namespace

// The figures are log-likelihood ratios in nats: +2.3 makes a belief ten times as likely.
std::string why_text(const Incident& incident, std::span<const store::StoredComplaint> complaints,
                     std::span<const store::Event> observations) {
  std::string text;
  const Out out(text);
  list(out, "Why this is believed (nats)", incident.evidence);
  if (incident.argument) {
    measured(out, *incident.argument);
    explanations(out, *incident.argument);
    lines(out, incident.argument->told ? "Why it opened" : "What it waits for", incident.argument->opening);
  }
  if (!incident.argument || incident.argument->explanations.size() < 2)
    list(out, "What else was weighed (nats)", incident.alternatives);
  causes(out, incident);
  observed(out, observations);
  complaints_text(out, complaints, incident);
  if (incident.argument) what_ifs(out, *incident.argument);
  return text;
}

}  // namespace faultline::commands
