#include "daemon/commands/report_month.h"

#include "daemon/commands/report_times.h"
#include "daemon/store/incidents.h"
#include "rules/model/time_text.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

namespace faultline::commands {
namespace {

struct Month {
  Timestamp begins, ends;
};

Result<Month> month_of(std::string_view text) {
  const auto begins = parse_rfc3339(std::string(text) + "-01T00:00:00Z");
  if (!begins || text.size() != 7)
    return fail(fmt::format("--month \"{}\": expected a month as 2026-11", text));
  const std::chrono::year_month_day first(std::chrono::floor<std::chrono::days>(*begins));
  return Month{*begins, Timestamp(std::chrono::sys_days(first + std::chrono::months(1)))};
}

// Of one severity, or of all.
struct Figures {
  std::size_t incidents = 0, reopened = 0, complaints = 0, ahead = 0;
  std::vector<double> detect_s, acknowledge_s, repair_s, customer_minutes;

  void add(const Incident& incident, const ReportTimes& times, std::size_t attached) {
    ++incidents;
    if (incident.reopens > 0) ++reopened;
    complaints += attached;
    if (times.lead && *times.lead > Duration::zero()) ++ahead;
    if (times.to_detect) detect_s.push_back(to_seconds(*times.to_detect));
    if (times.to_acknowledge) acknowledge_s.push_back(to_seconds(*times.to_acknowledge));
    if (times.to_repair) repair_s.push_back(to_seconds(*times.to_repair));
    if (times.customer_minutes) customer_minutes.push_back(*times.customer_minutes);
  }
};

std::string time_pair(const std::vector<double>& seconds) {
  const auto text = [&](double share) {
    const auto value = quantile(seconds, share);
    return value ? span_text(std::chrono::duration_cast<Duration>(std::chrono::duration<double>(*value)))
                 : std::string("-");
  };
  return fmt::format("{} / {}", text(0.5), text(0.9));
}

std::string number_pair(const std::vector<double>& values) {
  const auto text = [&](double share) {
    const auto value = quantile(values, share);
    return value ? fmt::format("{:.0f}", *value) : std::string("-");
  };
  return fmt::format("{} / {}", text(0.5), text(0.9));
}

Result<ReportTimes> times_of(Stored& stored, const Incident& incident, std::size_t& attached) {
  const auto complaints = complaints_of(stored, incident.number);
  if (!complaints) return tl::make_unexpected(complaints.error());
  attached = complaints->size();
  const auto events = events_of(stored, incident);
  if (!events) return tl::make_unexpected(events.error());
  return report_times(incident, *complaints, *events, *stored.topology);
}

}  // namespace

Result<std::string> month_report(Stored& stored, std::string_view text) {
  const auto month = month_of(text);
  if (!month) return tl::make_unexpected(month.error());
  const auto incidents = store::told_incidents(stored.database, *stored.topology, month->begins);
  if (!incidents) return tl::make_unexpected(incidents.error());
  std::array<Figures, kSeverityNames.size() + 1> by_severity;
  for (const Incident& incident : *incidents) {
    if (incident.onset >= month->ends || incident.merged_into) continue;
    std::size_t attached = 0;
    const auto times = times_of(stored, incident, attached);
    if (!times) return tl::make_unexpected(times.error());
    by_severity[static_cast<std::size_t>(incident.severity)].add(incident, *times, attached);
    by_severity.back().add(incident, *times, attached);
  }
  std::string out = fmt::format("Incidents of {} (median / 90 % of them are not above)\n", text);
  fmt::format_to(std::back_inserter(out), "{:<9} {:>9} {:>8} {:>20} {:>20} {:>20} {:>19} {:>10} {:>21}\n",
                 "severity", "incidents", "reopened", "onset to ticket", "ticket to ack", "onset to recovery",
                 "customer-minutes", "complaints", "before 1st complaint");
  for (std::size_t i = 0; i < by_severity.size(); ++i) {
    const Figures& one = by_severity[i];
    fmt::format_to(std::back_inserter(out), "{:<9} {:>9} {:>8} {:>20} {:>20} {:>20} {:>19} {:>10} {:>21}\n",
                   i < kSeverityNames.size() ? kSeverityNames[i] : "all", one.incidents, one.reopened,
                   time_pair(one.detect_s), time_pair(one.acknowledge_s), time_pair(one.repair_s),
                   number_pair(one.customer_minutes), one.complaints, one.ahead);
  }
  return out;
}

}  // namespace faultline::commands
