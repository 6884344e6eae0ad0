#include "rules/correlate/scan.h"

#include "rules/correlate/gain.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <span>
#include <utility>
#include <variant>
#include <vector>

namespace faultline::correlate {
namespace {

constexpr double kNever = -std::numeric_limits<double>::infinity();

// ln of a sum of exponentials.
double log_of_sum(const std::vector<double>& terms) {
  const double high = *std::max_element(terms.begin(), terms.end());
  if (high == kNever) return kNever;
  double sum = 0;
  for (const double term : terms) sum += std::exp(term - high);
  return high + std::log(sum);
}

// ln(share e^hit + 1 - share) without overflow.
double hit_or_not(double share, double hit) {
  constexpr double kAlmostInfinite = 500;
  if (hit > kAlmostInfinite) return std::log(share) + hit;
  return std::log1p(share * std::expm1(hit));
}

// One candidate root over one window.
struct Look {
  Root root;
  Level level = Level::endpoint;
  Duration window{};
  std::uint32_t complaints = 0;
  double expected = 0;
  double elsewhere = 0;   // complaints below it that lie in none of its groups
  double nats = kNever;   // of a fault here, its prior included
  double parts = 0;       // of its children, each by itself: the other explanation
  double factor = 1;      // on what is usual: the surge, and at the top what is no fault there
  double surge = 1;       // how much more than usual the rest of the network complains
  std::uint32_t hit = 0;  // child groups that speak for it
  std::uint32_t groups = 0;
  Timestamp first{};

  double lead() const { return nats - parts; }
};

class Scanner {
 public:
  Scanner(const Footprints& footprints, const ComplaintCounts& counts, const Usual& usual, Timestamp now,
          const LocaliseRules& localise, const ScanRules& rules)
      : footprints_(footprints),
        counts_(counts),
        usual_(usual),
        now_(now),
        localise_(localise),
        rules_(rules) {
    windows_ = rules.windows;
    if (is_morning(now, rules)) windows_.push_back(rules.night_window);
  }

  void try_endpoint(EndpointIndex endpoint) {
    const Customers customers = footprints_.customers(endpoint);
    const auto& times = counts_.at(endpoint);
    for (const Duration window : windows_) {
      Look look = look_at(times, customers, window, 1);
      if (look.complaints < rules_.complaints || is_usual(look)) continue;
      look.root = endpoint;
      look.nats = prior_of_endpoint(window) + rules_.silent_nats +
                  uplift_nats(look.complaints, look.expected, rules_.uplift);
      if (window <= rules_.line_window) look.nats = std::max(look.nats, rules_.line_nats);
      consider(std::move(look));
    }
  }

  void try_node(NodeIndex node) {
    const NodeKind kind = footprints_.topology().node(node).kind;
    // Without power nothing answers a probe: it is no silent fault.
    if (kind == NodeKind::probe_host || kind == NodeKind::power) return;
    const auto& times = counts_.at(node);
    if (times.size() < rules_.complaints) return;
    const auto in_groups = counts_.in_groups(node);
    const auto heard = std::count_if(in_groups.begin(), in_groups.end(),
                                     [](const auto& group) { return !group.times.empty(); });
    if (level_of(kind) == Level::wide && static_cast<std::size_t>(heard) < least_groups(node)) return;
    const bool is_top = kind == NodeKind::core || kind == NodeKind::upstream;
    for (const Duration window : windows_) {
      Look look = look_at(times, footprints_.customers(node), window, is_top ? rules_.surge_usual : 1);
      if (look.complaints < rules_.complaints || is_usual(look)) continue;
      look.root = node;
      look.level = level_of(kind);
      auto shown = weigh_groups(look, node, in_groups);
      if (!has_enough(look, node, kind)) continue;
      look.nats = prior_of(kind, look.window) + rules_.silent_nats +
                  fault_nats(shown, look.elsewhere, rules_.uplift, spread_of(kind));
      consider(std::move(look));
    }
  }

  const std::optional<Look>& best() const { return best_; }

 private:
  // Of a fault that began within the window.
  double prior_of_endpoint(Duration window) const {
    return prior_nats(localise_.endpoint_faults_per_year, std::max(window, localise_.correlation_window));
  }
  double prior_of(NodeKind kind, Duration window) const {
    return prior_nats(localise_.node_faults_per_year[static_cast<std::size_t>(kind)],
                      std::max(window, localise_.correlation_window));
  }
  std::size_t least_groups(NodeIndex node) const {
    return std::max<std::size_t>(2, std::min<std::size_t>(rules_.groups, footprints_.groups(node).size()));
  }
  const Mixture& spread_of(NodeKind kind) const {
    return kind == NodeKind::core || kind == NodeKind::upstream ? localise_.spread_core : localise_.spread;
  }
  // Of a window there are hundreds of groups, and what one customer says in it is the same for all.
  double usual(const Customers& customers, Duration window) {
    auto known =
        std::find_if(each_.begin(), each_.end(), [&](const auto& one) { return one.first == window; });
    if (known == each_.end()) {
      const Timestamp from = now_ - window;
      known = each_.insert(
          known,
          {window, {usual_.between({1, 0}, from, now_, rules_), usual_.between({0, 1}, from, now_, rules_)}});
    }
    return customers.mobile * known->second.mobile + customers.fixed * known->second.fixed;
  }

  Look look_at(const ComplaintCounts::Times& times, const Customers& customers, Duration window,
               double allowed) {
    Look look;
    look.window = window;
    look.complaints = count_between(times, now_ - window, now_);
    look.surge = surge_beside(times, customers);
    look.factor = look.surge * allowed;
    look.expected = look.factor * usual(customers, window);
    if (look.complaints > 0) look.first = *std::upper_bound(times.begin(), times.end(), now_ - window);
    return look;
  }

  double surge_beside(const ComplaintCounts::Times& times, const Customers& customers) {
    const Timestamp after = now_ - rules_.surge_window;
    const double heard = static_cast<double>(count_between(counts_.open(), after, now_)) -
                         static_cast<double>(count_between(times, after, now_));
    return surge_factor(
        heard, usual(footprints_.everyone(), rules_.surge_window) - usual(customers, rules_.surge_window),
        rules_);
  }

  // What each of its groups shows, and what that is worth group by group: cheaper than the whole, and most
  // nodes have too few that speak for them.
  std::vector<GroupComplaints> weigh_groups(Look& look, NodeIndex node,
                                            std::span<const ComplaintCounts::GroupTimes> in_groups) {
    const auto groups = footprints_.groups(node);
    std::vector<GroupComplaints> shown(groups.size());
    double placed = 0;
    for (std::size_t g = 0; g < groups.size(); ++g)
      shown[g].expected = look.factor * usual(groups[g].customers, look.window);
    for (const auto& [group, times] : in_groups) {
      if (times.empty()) continue;
      shown[group].complaints = count_between(times, now_ - look.window, now_);
      placed += shown[group].complaints;
    }
    look.groups = static_cast<std::uint32_t>(groups.size());
    look.elsewhere = std::max(0.0, look.complaints - placed);
    for (const auto& [group, times] : in_groups) {
      if (times.empty() || shown[group].complaints == 0) continue;
      const double nats = uplift_nats(shown[group].complaints, shown[group].expected, rules_.uplift);
      if (nats > rules_.group_nats) ++look.hit;
      const NodeIndex child = groups[group].node;
      const double prior = child.valid() ? prior_of(footprints_.topology().node(child).kind, look.window)
                                         : prior_of_endpoint(look.window);
      look.parts += std::max(0.0, prior + rules_.silent_nats + nats);
    }
    return shown;
  }

  // So many complain by chance.
  bool is_usual(const Look& look) const {
    return negative_binomial_tail(look.complaints, look.expected, usual_.dispersion(rules_)) >
           rules_.least_tail;
  }

  // A wide node must show it in several of its groups, else the group is the place; the top of the network by
  // a share of them and far more than the surges that every network knows.
  bool has_enough(const Look& look, NodeIndex node, NodeKind kind) const {
    if (look.level != Level::wide) return true;
    if (look.hit < least_groups(node)) return false;
    if (kind != NodeKind::core && kind != NodeKind::upstream) return true;
    return look.hit >= localise_.core.group_share * look.groups;
  }

  // Better than its parts each by itself, a wide one clearly so; and of those the one that says most.
  void consider(Look look) {
    const double least_lead = look.level == Level::wide ? localise_.ambiguity_nats : 0;
    if (look.nats <= 0 || look.lead() <= least_lead || (best_ && look.nats <= best_->nats)) return;
    best_ = std::move(look);
  }

  const Footprints& footprints_;
  const ComplaintCounts& counts_;
  const Usual& usual_;
  Timestamp now_;
  const LocaliseRules& localise_;
  const ScanRules& rules_;
  std::vector<Duration> windows_;
  std::vector<std::pair<Duration, Customers>> each_;
  std::optional<Look> best_;
};

}  // namespace

bool is_morning(Timestamp at, const ScanRules& rules) {
  const auto local = at + rules.utc_offset;
  const Duration since_midnight = local - std::chrono::floor<std::chrono::days>(local);
  return since_midnight >= rules.night_from && since_midnight < rules.night_until;
}

double uplift_nats(double complaints, double expected, const Mixture& uplift) {
  std::vector<double> terms;
  for (const MixturePoint& point : uplift)
    terms.push_back(std::log(point.weight) + complaints * std::log(point.value) -
                    (point.value - 1) * expected);
  return log_of_sum(terms);
}

double fault_nats(std::span<const GroupComplaints> groups, double elsewhere, const Mixture& uplift,
                  const Mixture& spread) {
  std::vector<double> terms;
  for (const MixturePoint& u : uplift) {
    const double each = std::log(u.value);
    for (const MixturePoint& theta : spread) {
      double term = std::log(u.weight * theta.weight) + elsewhere * hit_or_not(theta.value, each);
      for (const GroupComplaints& group : groups)
        term += hit_or_not(theta.value, group.complaints * each - (u.value - 1) * group.expected);
      terms.push_back(term);
    }
  }
  return log_of_sum(terms);
}

double surge_factor(double heard_beside, double expected_beside, const ScanRules& rules) {
  const double factor = (std::max(0.0, heard_beside) + rules.surge_prior) /
                        (std::max(0.0, expected_beside) + rules.surge_prior);
  return factor > rules.surge_least ? factor : 1;
}

double negative_binomial_tail(std::uint32_t count, double mean, double size) {
  if (count == 0) return 1;
  const double p = mean / (mean + size);
  // The terms from `count` on, each from the one before: exact even where 1 - P(X < count) is only rounding.
  const double log_term = std::lgamma(count + size) - std::lgamma(size) - std::lgamma(count + 1.0) +
                          size * std::log1p(-p) + count * std::log(p);
  // Numbers as small as these no longer shrink when multiplied: the loop would not end.
  if (log_term < -690) return count > mean ? 0 : 1;
  double term = std::exp(log_term), sum = 0;
  for (double k = count; term > sum * 1e-12 || k < mean; ++k) {
    sum += term;
    term *= (k + size) / (k + 1) * p;
  }
  return std::min(1.0, sum);
}

std::optional<Hypothesis> scan(const Footprints& footprints, const ComplaintCounts& counts,
                               const Usual& usual, const Located& newest, Timestamp now,
                               const LocaliseRules& localise, const ScanRules& rules) {
  if (!newest.nearest.valid()) return std::nullopt;
  Scanner scanner(footprints, counts, usual, now, localise, rules);
  for (const EndpointIndex endpoint : newest.endpoints) scanner.try_endpoint(endpoint);
  for (const NodeIndex node : newest.nodes) scanner.try_node(node);
  const auto& best = scanner.best();
  if (!best) return std::nullopt;
  Hypothesis found;
  found.root = best->root;
  found.level = best->level;
  found.gain_nats = best->nats;
  found.margin_nats = best->lead();
  found.ambiguous = best->lead() < localise.ambiguity_nats;
  found.complaints_only = true;
  found.complaints = best->complaints;
  found.onset = found.median_onset = best->first;
  if (const auto* node = std::get_if<NodeIndex>(&best->root)) {
    const auto below = footprints.endpoints(*node);
    found.affected.assign(below.begin(), below.end());
  } else {
    found.affected = {std::get<EndpointIndex>(best->root)};
  }
  std::string text =
      fmt::format("{} customers complain within {:.0f} min where {:.3f} are usual; no probe explains it",
                  best->complaints, to_seconds(best->window) / 60, best->expected);
  if (best->surge > 1)
    text += fmt::format(" (elsewhere {:.1f} times as many as usual complain now)", best->surge);
  found.evidence.push_back({std::move(text), best->nats});
  return found;
}

}  // namespace faultline::correlate
