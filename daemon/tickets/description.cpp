#include "daemon/tickets/description.h"

#include "daemon/tickets/ticket.h"
#include "rules/model/time_text.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <unordered_set>

namespace faultline::tickets {

namespace {

constexpr std::size_t kMaxReasons = 3;
constexpr std::size_t kMaxEvidence = 10;
constexpr std::size_t kMaxMeasured = 6;
constexpr std::size_t kMaxAlternatives = 5;
constexpr std::size_t kMaxPlaceNames = 3;
constexpr std::size_t kMaxSentence = 400;  // bytes of one sentence of the rules
constexpr std::size_t kMaxListed = 20;     // endpoint names in the description

struct CauseWords {
  std::string_view title, text;
};
constexpr std::array<CauseWords, kCauseCount> kCauseWords = {{
    {"Access node fault", "a failed base station or other access equipment"},
    {"Transport fault", "a cut fibre or another fault in transport or aggregation"},
    {"Power fault", "a power failure"},
    {"Congestion", "congestion"},
    {"Radio trouble", "poor coverage or interference"},
    {"Access plant fault", "a fault in the access plant (fibre branch, cable or copper)"},
    {"Upstream fault", "a fault upstream of our network"},
    {"Service platform fault", "a fault of a service platform (DNS, login, voice, TV)"},
    {"Customer-side trouble", "the customer's own wireless network or equipment"},
    {"Probe host trouble", "the probe host itself; measurements are worth nothing meanwhile"},
}};
static_assert(static_cast<std::size_t>(Cause::probe_host) + 1 == kCauseCount);

// One line without control characters, cut at a character's boundary.
std::string sentence(std::string_view text) {
  std::string line;
  for (const char c : text) line.push_back(static_cast<unsigned char>(c) < 0x20 ? ' ' : c);
  if (line.size() <= kMaxSentence) return line;
  std::size_t end = kMaxSentence;
  while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xC0U) == 0x80U) --end;
  line.resize(end);
  return line + "…";
}

std::string percent(double ratio) {
  const double bounded = std::isfinite(ratio) ? std::clamp(ratio, 0.0, 1.0) : 0.0;
  return fmt::format("{:.0f} %", bounded * 100);
}

std::string minute_of(Timestamp time) {  // "2026-11-24 10:02 UTC"
  const std::string text = rfc3339(time);
  return fmt::format("{} {} UTC", text.substr(0, 10), text.substr(11, 5));
}

void list(std::string& out, std::string_view heading, const std::vector<Evidence>& items, std::size_t limit) {
  if (items.empty()) return;
  out += fmt::format("{}:\n", heading);
  for (std::size_t i = 0; i < std::min(limit, items.size()); ++i)
    out += fmt::format("  - {}\n", sentence(items[i].text));
  if (items.size() > limit) out += fmt::format("  - and {} more\n", items.size() - limit);
}

// In figures and by their names, as they were when most of it was bad.
void describe_measured(std::string& out, const Incident& incident) {
  if (!incident.argument || incident.argument->measured.empty()) return;
  const std::vector<std::string>& measured = incident.argument->measured;
  out += fmt::format("Measured at {}:\n", time_of_day(incident.argument->at));
  for (std::size_t i = 0; i < std::min(kMaxMeasured, measured.size()); ++i)
    out += fmt::format("  - {}\n", sentence(measured[i]));
}

std::string_view kind_of(const Root& root, const Topology& topology) {
  if (const auto* node = std::get_if<NodeIndex>(&root)) return name(topology.node(*node).kind);
  return std::holds_alternative<EndpointIndex>(root) ? "endpoint" : "area";
}

void describe_causes(std::string& out, const Incident& incident) {
  if (incident.causes.empty()) return;
  const CauseScore& best = incident.causes.front();
  out += fmt::format("Likely cause: {} ({}).\n", words(best.cause), percent(best.probability));
  for (std::size_t i = 0; i < std::min(kMaxReasons, best.reasons.size()); ++i)
    out += fmt::format("  - {}\n", sentence(best.reasons[i]));
  if (incident.causes.size() < 2) return;
  const CauseScore& second = incident.causes[1];
  out += fmt::format("Next likely: {} ({}).\n", words(second.cause), percent(second.probability));
}

void describe_extent(std::string& out, const Incident& incident, const Topology& topology) {
  out +=
      fmt::format("Affected: {}, {}; {} confirmed bad now.\n", counted(incident.affected.size(), "endpoint"),
                  counted(incident.customers, "customer"), grouped(incident.bad.size()));
  if (!incident.complaints.empty())
    out += fmt::format("Complaints attached: {}.\n", grouped(incident.complaints.size()));
  const auto listed = worst_affected(incident, topology, kMaxListed);
  if (listed.empty()) return;
  out += "Endpoints: ";
  for (std::size_t i = 0; i < listed.size(); ++i)
    out += fmt::format("{}{}", i == 0 ? "" : ", ", topology.endpoint(listed[i]).name);
  if (incident.affected.size() > listed.size())
    out += fmt::format(" and {} more", grouped(incident.affected.size() - listed.size()));
  out += ".\n";
}

std::string_view event_words(IncidentEvent event) {
  switch (event) {
    case IncidentEvent::suspected:
      return "Suspected";
    case IncidentEvent::withdrawn:
      return "Withdrawn";
    case IncidentEvent::opened:
      return "Opened";
    case IncidentEvent::updated:
      return "Update";
    case IncidentEvent::rerooted:
      return "Placed anew";
    case IncidentEvent::recovering:
      return "Recovering";
    case IncidentEvent::relapsed:
      return "Bad again";
    case IncidentEvent::resolved:
      return "Resolved";
    case IncidentEvent::reopened:
      return "Reopened";
    case IncidentEvent::closed:
      return "Closed";
    case IncidentEvent::merged:
      return "Merged";
  }
  return "Update";
}

}  // namespace

std::string_view words(Cause cause) {
  return kCauseWords[static_cast<std::size_t>(cause)].text;
}
std::string_view title_words(Cause cause) {
  return kCauseWords[static_cast<std::size_t>(cause)].title;
}

std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, 1, ',');
  return digits;
}

std::string counted(std::uint64_t number, std::string_view singular) {
  return fmt::format("{} {}{}", grouped(number), singular, number == 1 ? "" : "s");
}

std::string place_in_words(const Root& root, const Topology& topology) {
  if (const auto* node = std::get_if<NodeIndex>(&root)) return topology.node(*node).name;
  if (const auto* endpoint = std::get_if<EndpointIndex>(&root)) return topology.endpoint(*endpoint).name;
  const auto& nodes = std::get<Area>(root).nodes;
  if (nodes.empty()) return "an unknown place";
  std::string text;
  const std::size_t named = std::min(kMaxPlaceNames, nodes.size());
  for (std::size_t i = 0; i < named; ++i) {
    const bool is_last = i + 1 == nodes.size();
    text += fmt::format("{}{}", i == 0 ? "" : is_last ? " and " : ", ", topology.node(nodes[i]).name);
  }
  if (nodes.size() > named) text += fmt::format(" and {} more", nodes.size() - named);
  return text;
}

std::vector<EndpointIndex> worst_affected(const Incident& incident, const Topology& topology,
                                          std::size_t limit) {
  const std::unordered_set<EndpointIndex> bad(incident.bad.begin(), incident.bad.end());
  std::vector<EndpointIndex> order = incident.affected;
  const auto worse = [&](EndpointIndex a, EndpointIndex b) {
    const bool a_bad = bad.contains(a);
    const bool b_bad = bad.contains(b);
    if (a_bad != b_bad) return a_bad;
    const auto& one = topology.endpoint(a);
    const auto& other = topology.endpoint(b);
    if (one.customers != other.customers) return one.customers > other.customers;
    return one.name < other.name;
  };
  const auto end = order.begin() + static_cast<std::ptrdiff_t>(std::min(limit, order.size()));
  std::partial_sort(order.begin(), end, order.end(), worse);
  order.erase(end, order.end());
  return order;
}

std::string title(const Incident& incident, const Topology& topology) {
  const std::string_view what =
      incident.causes.empty() ? "Fault" : title_words(incident.causes.front().cause);
  const std::string where = place_in_words(incident.root, topology);
  if (incident.complaint_only)
    return fmt::format("{} suspected at {}: {}, no probe confirms it", what, where,
                       counted(incident.complaints.size(), "complaint"));
  return fmt::format("{} at {}: {}, {}", what, where, counted(incident.affected.size(), "endpoint"),
                     counted(incident.customers, "customer"));
}

std::string description(const Incident& incident, const Topology& topology) {
  std::string out = fmt::format("{}.\n", title(incident, topology));
  out += fmt::format("Where: {} ({}).\n", place_in_words(incident.root, topology),
                     kind_of(incident.root, topology));
  out += fmt::format("Since: {}.\n", minute_of(incident.onset));
  if (incident.reopens > 0) out += fmt::format("Reopened: {}.\n", counted(incident.reopens, "time"));
  describe_causes(out, incident);
  out += fmt::format("Confidence that the fault is real and there: {}.\n", percent(incident.confidence));
  list(out, "Evidence", incident.evidence, kMaxEvidence);
  describe_measured(out, incident);
  list(out, "Weighed and rejected", incident.alternatives, kMaxAlternatives);
  describe_extent(out, incident, topology);
  if (!incident.suspected_members.empty())
    out += fmt::format("{} elsewhere went bad at the same time: is the inventory right?\n",
                       counted(incident.suspected_members.size(), "endpoint"));
  if (incident.merged_into) out += fmt::format("Merged into {}.\n", external_key(*incident.merged_into));
  if (incident.split_from)
    out += fmt::format("Split from {}, of which it is what was left.\n", external_key(*incident.split_from));
  if (incident.follows)
    out += fmt::format("Follows {} at the same place.\n", external_key(*incident.follows));
  out.pop_back();
  return out;
}

std::string note(const Incident& incident, const Topology& topology, IncidentEvent event,
                 std::string_view reason) {
  std::string what(event_words(event));
  if (event == IncidentEvent::rerooted && !incident.former_roots.empty())
    what = fmt::format("Placed at {} (before: {})", place_in_words(incident.root, topology),
                       place_in_words(incident.former_roots.back(), topology));
  if (event == IncidentEvent::merged && incident.merged_into)
    what = fmt::format("Merged into {}", external_key(*incident.merged_into));
  if (reason.empty()) return what + ".";
  return fmt::format("{}: {}", what, sentence(reason));
}

}  // namespace faultline::tickets
