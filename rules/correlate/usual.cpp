#include "rules/correlate/usual.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <locale>
#include <sstream>
#include <utility>

namespace faultline::correlate {
namespace {

constexpr std::size_t kHoursOfWeek = 168;
constexpr std::string_view kFormat = "usual-1";

std::size_t hour_of_week(Timestamp at, const ScanRules& rules) {
  const auto hours = std::chrono::floor<std::chrono::hours>(at + rules.utc_offset).time_since_epoch().count();
  return static_cast<std::size_t>((hours % 168 + 168) % 168);
}

double faded(Duration time, const UsualRules& rules) {
  return std::exp2(-to_seconds(time) / to_seconds(rules.half_life));
}

// What was heard against what was expected, with so many of both before.
double ratio(double heard, double expected, double before) {
  return (heard + before) / (expected + before);
}

// The area of an endpoint is what it hangs on.
std::optional<NodeIndex> area_of(const Topology& topology, EndpointIndex endpoint) {
  if (endpoint.value >= topology.endpoints().size()) return std::nullopt;
  const auto& parents = topology.endpoint(endpoint).parents;
  if (parents.empty()) return std::nullopt;
  return parents.front().parent;
}

}  // namespace

double Usual::slot_factor(std::size_t slot, const ScanRules& rules) const {
  const std::size_t before = (slot + kHoursOfWeek - 1) % kHoursOfWeek, after = (slot + 1) % kHoursOfWeek;
  const auto smooth = [&](const std::array<double, kHoursOfWeek>& of) {
    return (of[before] + 2 * of[slot] + of[after]) / 2;
  };
  return ratio(smooth(slot_heard_), smooth(slot_expected_), rules.usual.hour_prior);
}

// Complaints of one customer of each technology.
Customers Usual::per_hour(Timestamp at, const ScanRules& rules) const {
  const std::size_t slot = hour_of_week(at, rules);
  const double profile = rules.hour_profile[slot % 24] * slot_factor(slot, rules);
  const double before = rules.usual.level_prior;
  return {rules.mobile_per_hour * profile * ratio(heard_.mobile, expected_.mobile, before),
          rules.fixed_per_hour * profile * ratio(heard_.fixed, expected_.fixed, before)};
}

double Usual::rate(const Customers& customers, Timestamp at, const ScanRules& rules) const {
  const Customers each = per_hour(at, rules);
  return customers.mobile * each.mobile + customers.fixed * each.fixed;
}

double Usual::between(const Customers& customers, Timestamp from, Timestamp until,
                      const ScanRules& rules) const {
  double sum = 0;
  for (Timestamp at = from; at < until;) {
    const Timestamp hour = std::chrono::floor<std::chrono::hours>(at + rules.utc_offset);
    const Timestamp next = std::min(until, hour + std::chrono::hours(1) - rules.utc_offset);
    sum += rate(customers, at, rules) * to_seconds(next - at) / 3600;
    at = next;
  }
  return sum;
}

double Usual::factor(const Topology& topology, EndpointIndex endpoint, const ScanRules& rules) const {
  const auto area = area_of(topology, endpoint);
  const auto found = area ? areas_.find(*area) : areas_.end();
  return found == areas_.end() ? 1
                               : ratio(found->second.heard, found->second.expected, rules.usual.area_prior);
}

double Usual::dispersion(const ScanRules& rules) const {
  const UsualRules& usual = rules.usual;
  const double clumps = usual.dispersion_prior / rules.dispersion + excess_;
  if (clumps <= 0) return usual.most_dispersion;
  return std::clamp((usual.dispersion_prior + squares_) / clumps, usual.least_dispersion,
                    usual.most_dispersion);
}

void Usual::heard(const Topology& topology, EndpointIndex endpoint, bool sure) {
  if (endpoint.value >= topology.endpoints().size()) return;
  (is_mobile(topology.endpoint(endpoint).technology) ? hour_.mobile : hour_.fixed) += 1;
  if (const auto area = area_of(topology, endpoint); area && sure) ++areas_[*area].today;
}

bool Usual::end_hour(const Topology& topology, Timestamp hour, const ScanRules& rules) {
  constexpr std::uint32_t kHoursOfDay = 24;
  constexpr double kCannotBeNothing = 8;
  Customers everyone;
  for (const Endpoint& endpoint : topology.endpoints())
    if (!endpoint.retired) everyone.add(endpoint);
  const Customers each = per_hour(hour, rules);
  const double expected = everyone.mobile * each.mobile + everyone.fixed * each.fixed;
  const Customers now = std::exchange(hour_, {});
  // Nothing at all where many are usual: it was not the customers, it was the way to us.
  if (now.mobile + now.fixed > 0 || expected < kCannotBeNothing) {
    const std::size_t slot = hour_of_week(hour, rules);
    const double shipped = rules.hour_profile[slot % 24];
    const double fade = faded(std::chrono::hours(1), rules.usual);
    const double weekly = faded(std::chrono::hours(kHoursOfWeek), rules.usual);
    heard_ = {heard_.mobile * fade + now.mobile, heard_.fixed * fade + now.fixed};
    expected_ = {expected_.mobile * fade + everyone.mobile * rules.mobile_per_hour * shipped,
                 expected_.fixed * fade + everyone.fixed * rules.fixed_per_hour * shipped};
    slot_heard_[slot] = slot_heard_[slot] * weekly + now.mobile + now.fixed;
    slot_expected_[slot] = slot_expected_[slot] * weekly + expected / slot_factor(slot, rules);
    day_.mobile += each.mobile;
    day_.fixed += each.fixed;
  }
  if (++hours_ < kHoursOfDay) return false;
  hours_ = 0;
  end_day(topology, rules);
  return true;
}

void Usual::end_day(const Topology& topology, const ScanRules& rules) {
  std::unordered_map<NodeIndex, Customers> below;
  for (std::uint32_t i = 0; i < topology.endpoints().size(); ++i) {
    const Endpoint& endpoint = topology.endpoint({i});
    const auto area = area_of(topology, {i});
    if (area && !endpoint.retired) below[*area].add(endpoint);
  }
  std::erase_if(areas_, [&](const auto& entry) { return !below.contains(entry.first); });
  const double fade = faded(std::chrono::hours(24), rules.usual);
  squares_ *= fade;
  excess_ *= fade;
  for (const auto& [node, customers] : below) {
    Area& area = areas_[node];
    const double plain = customers.mobile * day_.mobile + customers.fixed * day_.fixed;
    const double usual = plain * ratio(area.heard, area.expected, rules.usual.area_prior);
    squares_ += usual * usual;
    excess_ += (area.today - usual) * (area.today - usual) - usual;
    area.heard = area.heard * fade + area.today;
    area.expected = area.expected * fade + plain;
    area.today = 0;
  }
  day_ = {};
}

std::string Usual::save(const Topology& topology) const {
  std::string text = fmt::format("{} {} {} {} {} {} {}\n", kFormat, heard_.mobile, heard_.fixed,
                                 expected_.mobile, expected_.fixed, squares_, excess_);
  for (std::size_t i = 0; i < kHoursOfWeek; ++i)
    text += fmt::format("{} {}\n", slot_heard_[i], slot_expected_[i]);
  for (const auto& [node, area] : areas_)
    text += fmt::format("{} {} {}\n", area.heard, area.expected, topology.node(node).name);
  return text;
}

void Usual::restore(const Topology& topology, std::string_view saved) {
  std::istringstream in{std::string(saved)};
  in.imbue(std::locale::classic());
  const auto is_fine = [](double value) { return std::isfinite(value) && value >= 0; };
  Usual read;
  std::string format;
  in >> format >> read.heard_.mobile >> read.heard_.fixed >> read.expected_.mobile >> read.expected_.fixed >>
      read.squares_ >> read.excess_;
  bool fine = in && format == kFormat && std::isfinite(read.excess_);
  for (const double value :
       {read.heard_.mobile, read.heard_.fixed, read.expected_.mobile, read.expected_.fixed, read.squares_})
    fine = fine && is_fine(value);
  for (std::size_t i = 0; i < kHoursOfWeek && fine; ++i) {
    in >> read.slot_heard_[i] >> read.slot_expected_[i];
    fine = in && is_fine(read.slot_heard_[i]) && is_fine(read.slot_expected_[i]);
  }
  if (!fine) return;
  Area area;
  std::string name;
  while (in >> area.heard >> area.expected && std::getline(in >> std::ws, name)) {
    const auto node = topology.find_node(name);
    if (node && is_fine(area.heard) && is_fine(area.expected)) read.areas_[*node] = area;
  }
  *this = std::move(read);
}

}  // namespace faultline::correlate
