#include "daemon/commands/report_times.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <string>
#include <unordered_set>

namespace faultline::commands {
namespace {

void keep_earlier(std::optional<Timestamp>& kept, Timestamp at) {
  if (!kept || at < *kept) kept = at;
}

// The tickets of incidents that began with complaints say so in the sentence they opened with.
std::string_view found_by(const Incident& incident, const ReportTimes& times,
                          std::span<const store::Event> events) {
  const bool by_complaints =
      incident.complaint_only || std::any_of(events.begin(), events.end(), [](const store::Event& event) {
        return event.kind == "incident.opened" &&
               event.reason.find("customers complain") != std::string::npos;
      });
  if (incident.complaint_only) return "complaints";
  if (by_complaints) return "complaints, confirmed by probes";
  if (!times.first_complaint) return "probes";
  if (incident.opened_at && *times.first_complaint <= *incident.opened_at)
    return "both: probes, and complaints came before the ticket";
  return "probes, before the first complaint";
}

}  // namespace

ReportTimes report_times(const Incident& incident, std::span<const store::StoredComplaint> complaints,
                         std::span<const store::Event> events, const Topology& topology) {
  ReportTimes times;
  std::unordered_set<std::string_view> members;
  for (const EndpointIndex endpoint : incident.affected) members.insert(topology.endpoint(endpoint).name);
  for (const store::StoredComplaint& complaint : complaints)
    keep_earlier(times.first_complaint, complaint.received);
  for (const store::Event& event : events) {
    if (event.kind == "degradation.began" && event.at >= incident.onset && members.contains(event.subject))
      keep_earlier(times.verified, event.at);
    if (event.kind == "ticket.changed" && event.incident == incident.number)
      keep_earlier(times.acknowledged, event.at);
  }
  if (incident.opened_at) {
    times.to_detect = *incident.opened_at - incident.onset;
    if (times.acknowledged) times.to_acknowledge = *times.acknowledged - *incident.opened_at;
    if (times.first_complaint) times.lead = *times.first_complaint - *incident.opened_at;
  }
  if (incident.recovered_at) {
    times.to_repair = *incident.recovered_at - incident.onset;
    times.customer_minutes = static_cast<double>(incident.customers) * to_seconds(*times.to_repair) / 60;
  }
  times.found_by = found_by(incident, times, events);
  return times;
}

std::optional<double> quantile(std::vector<double> values, double share) {
  if (values.empty()) return std::nullopt;
  std::sort(values.begin(), values.end());
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(values.size())));
  return values[std::clamp<std::size_t>(rank, 1, values.size()) - 1];
}

std::string span_text(const std::optional<Duration>& span) {
  if (!span) return "-";
  const auto signed_total = std::chrono::round<std::chrono::seconds>(*span).count();
  const auto total = std::abs(signed_total);
  return fmt::format("{}{}:{:02}:{:02}", signed_total < 0 ? "-" : "", total / 3600, total / 60 % 60,
                     total % 60);
}

}  // namespace faultline::commands
