#include "rules/decide/explain.h"

#include "rules/decide/cause.h"
#include "rules/model/time_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cmath>

namespace faultline::decide {
namespace {

constexpr std::string_view kComplaints = "complaints: ";
constexpr std::string_view kCause = "likely cause: ";

}  // namespace

std::string describe_root(const Root& root, const Topology& topology) {
  if (const auto* node = std::get_if<NodeIndex>(&root))
    return fmt::format("{} {}", name(topology.node(*node).kind), topology.node(*node).name);
  if (const auto* endpoint = std::get_if<EndpointIndex>(&root))
    return fmt::format("endpoint {}", topology.endpoint(*endpoint).name);
  constexpr std::size_t kNamed = 5;
  const auto& nodes = std::get<Area>(root).nodes;
  if (nodes.empty()) return "the probe host";
  std::string text = "the area of";
  for (std::size_t i = 0; i < std::min(kNamed, nodes.size()); ++i)
    text += fmt::format("{} {}", i == 0 ? "" : ",", topology.node(nodes[i]).name);
  if (nodes.size() > kNamed) text += fmt::format(" and {} more", nodes.size() - kNamed);
  return text;
}

std::string describe(Duration duration) {
  const double seconds = to_seconds(duration);
  if (seconds < 120) return fmt::format("{:.0f} s", seconds);
  if (seconds < 7200) return fmt::format("{:.0f} min", seconds / 60);
  return fmt::format("{:.0f} h", seconds / 3600);
}

std::string why_opened(const Record& record, const LifecycleFacts& facts, const std::string& root) {
  if (record.incident.complaint_only)
    return fmt::format("{} customers complain {} {}, far more than usual, and no probe explains it",
                       record.incident.complaints.size(),
                       std::holds_alternative<Area>(record.incident.root) ? "in" : "below", root);
  return fmt::format(
      "{} explains {} bad endpoints; {} of {} measured again are bad, {} after the suspicion (odds {:.1f} "
      "nats, "
      "needed {:.1f})",
      root, facts.bad, facts.fresh_bad, facts.fresh, describe(facts.now - facts.suspected_at),
      std::min(facts.log_odds, 999.0), facts.threshold);
}

std::string why_ended(const LifecycleStep& step, const LifecycleFacts& facts, const Record& record) {
  switch (step.reason) {
    case LifecycleReason::blip:
      return fmt::format("nothing is bad any more after {}, before it was believed",
                         describe(facts.now - facts.suspected_at));
    case LifecycleReason::no_member_bad:
      return fmt::format("no member is bad any more, {:.0f} % are measured good",
                         100 * facts.recovered_share);
    case LifecycleReason::bad_again:
      return fmt::format("{} members are bad again during the recovery", facts.bad);
    case LifecycleReason::stayed_good:
      return fmt::format("nothing was bad for {}, {:.0f} % of the members are measured good",
                         describe(facts.recovery), 100 * facts.recovered_share);
    case LifecycleReason::complaints_ceased:
      return fmt::format("no complaint for {}", describe(facts.quiet));
    case LifecycleReason::reopen_over:
      return fmt::format("resolved for {}", describe(facts.now - *record.incident.resolved_at));
    default:
      return std::string(name(step.reason));
  }
}

std::string describe_complaints(const Record& record) {
  const std::size_t count = record.incident.complaints.size();
  if (count == 0) return "";
  std::string text = fmt::format("{}{} attached", kComplaints, count);
  if (record.first_complaint == Timestamp{}) return text;
  const Duration delay = record.first_complaint - record.incident.onset;
  return text + fmt::format(", the first at {} ({} {} the onset)", time_of_day(record.first_complaint),
                            describe(std::chrono::abs(delay)), delay < Duration::zero() ? "before" : "after");
}

bool is_summary(std::string_view text) {
  return text.starts_with(kComplaints) || text.starts_with(kCause);
}

std::string describe_cause(const std::vector<CauseScore>& causes, const CauseRules& rules) {
  if (causes.size() < 2) return "";
  const CauseScore& first = causes[0];
  const CauseScore& second = causes[1];
  if (first.probability < rules.determined)
    return fmt::format("{}undetermined, {} {:.2f} / {} {:.2f}", kCause, name(first.cause), first.probability,
                       name(second.cause), second.probability);
  return fmt::format("{}{} ({:.0f} %), because {}; next {} ({:.0f} %)", kCause, name(first.cause),
                     100 * first.probability, fmt::join(first.reasons, "; "), name(second.cause),
                     100 * second.probability);
}

}  // namespace faultline::decide
