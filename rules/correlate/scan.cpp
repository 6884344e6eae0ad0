#include "rules/correlate/scan.h"

#include "rules/correlate/attach.h"
#include "rules/correlate/gain.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>
#include <variant>
#include <vector>

namespace faultline::correlate {
namespace {

// What is counted below one endpoint or node within one window.
struct Count {
  std::uint32_t complaints = 0;
  double expected = 0;
  Timestamp first{};
};

template <typename T>
bool holds(const std::vector<T>& sorted, const T& value) {
  return std::binary_search(sorted.begin(), sorted.end(), value);
}

struct Best {
  double nats = 0;
  Root root;
  Level level = Level::endpoint;
  Count count;
  Duration window{};
};

class Scanner {
 public:
  Scanner(const Footprints& footprints, std::span<const Unexplained> recent, Timestamp now,
          const LocaliseRules& localise, const ScanRules& rules)
      : footprints_(footprints), recent_(recent), now_(now), localise_(localise), rules_(rules) {}

  void try_endpoint(EndpointIndex endpoint) {
    const double prior = prior_nats(localise_.endpoint_faults_per_year, localise_.correlation_window);
    const double rate = ordinary_rate(footprints_.topology().endpoint(endpoint), now_, rules_);
    const auto times = times_where([&](const Located& l) { return holds(l.endpoints, endpoint); });
    for (const Duration window : rules_.windows)
      consider(endpoint, Level::endpoint, prior, count_of(times, window, rate), window);
  }
  void try_node(NodeIndex node) {
    const NodeKind kind = footprints_.topology().node(node).kind;
    if (kind == NodeKind::probe_host) return;
    const auto times = times_where([&](const Located& l) { return holds(l.nodes, node); });
    if (times.size() < rules_.complaints) return;
    const double prior = prior_nats(localise_.node_faults_per_year[static_cast<std::size_t>(kind)],
                                    localise_.correlation_window);
    const double rate = ordinary_rate(footprints_.customers(node), now_, rules_);
    const bool is_wide = level_of(kind) == Level::wide;
    const auto in_groups = is_wide ? times_of_groups(node) : GroupTimes{};
    for (const Duration window : rules_.windows) {
      if (is_wide && !has_enough_groups(node, in_groups, window)) continue;
      consider(node, level_of(kind), prior, count_of(times, window, rate), window);
    }
  }
  const std::optional<Best>& best() const { return best_; }

 private:
  using Times = std::vector<Timestamp>;               // in the order of `recent`
  using GroupTimes = std::map<std::uint32_t, Times>;  // by position in Footprints::groups

  template <typename Is>
  Times times_where(Is is) const {
    Times times;
    for (const Unexplained& complaint : recent_)
      if (is(*complaint.located)) times.push_back(complaint.received);
    return times;
  }
  GroupTimes times_of_groups(NodeIndex node) const {
    GroupTimes times;
    for (const Unexplained& complaint : recent_) {
      const auto& groups = complaint.located->groups;
      for (auto i = std::lower_bound(groups.begin(), groups.end(), std::pair(node, std::uint32_t{0}));
           i != groups.end() && i->first == node; ++i)
        times[i->second].push_back(complaint.received);
    }
    return times;
  }
  // `rate` is what is usual, complaints an hour.
  Count count_of(const Times& times, Duration window, double rate) const {
    Count found;
    found.expected = rate * to_seconds(window) / 3600;
    for (const Timestamp received : times)
      if (now_ - received <= window && found.complaints++ == 0) found.first = received;
    return found;
  }
  // A wide node must show it in several of its groups, else the group is the place.
  bool has_enough_groups(NodeIndex node, const GroupTimes& in_groups, Duration window) const {
    std::uint32_t convincing = 0;
    for (const auto& [group, times] : in_groups) {
      const double rate = ordinary_rate(footprints_.groups(node)[group].customers, now_, rules_);
      const Count found = count_of(times, window, rate);
      if (found.complaints > 0 &&
          uplift_nats(found.complaints, found.expected, rules_.uplift) > rules_.group_nats)
        ++convincing;
    }
    return convincing >= rules_.groups;
  }
  void consider(Root root, Level level, double prior, const Count& count, Duration window) {
    if (count.complaints < rules_.complaints) return;
    const double nats =
        prior + rules_.silent_nats + uplift_nats(count.complaints, count.expected, rules_.uplift);
    if (nats <= 0 || (best_ && nats <= best_->nats)) return;
    if (negative_binomial_tail(count.complaints, count.expected, rules_.dispersion) > rules_.least_tail)
      return;
    best_ = Best{nats, std::move(root), level, count, window};
  }

  const Footprints& footprints_;
  std::span<const Unexplained> recent_;
  Timestamp now_;
  const LocaliseRules& localise_;
  const ScanRules& rules_;
  std::optional<Best> best_;
};

}  // namespace

double uplift_nats(double complaints, double expected, const Mixture& uplift) {
  std::vector<double> terms;
  for (const MixturePoint& point : uplift)
    terms.push_back(std::log(point.weight) + complaints * std::log(point.value) -
                    (point.value - 1) * expected);
  const double high = *std::max_element(terms.begin(), terms.end());
  double sum = 0;
  for (const double term : terms) sum += std::exp(term - high);
  return high + std::log(sum);
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

std::optional<Hypothesis> scan(const Footprints& footprints, std::span<const Unexplained> recent,
                               Timestamp now, const LocaliseRules& localise, const ScanRules& rules) {
  if (recent.size() < rules.complaints || !recent.back().located->nearest.valid()) return std::nullopt;
  Scanner scanner(footprints, recent, now, localise, rules);
  const EndpointIndex nearest = recent.back().located->nearest;
  scanner.try_endpoint(nearest);
  for (const NodeIndex node : footprints.topology().ancestors(nearest)) scanner.try_node(node);
  const auto& best = scanner.best();
  if (!best) return std::nullopt;
  Hypothesis found;
  found.root = best->root;
  found.level = best->level;
  found.gain_nats = found.margin_nats = best->nats;
  found.complaints_only = true;
  found.onset = best->count.first;
  if (const auto* node = std::get_if<NodeIndex>(&best->root)) {
    const auto below = footprints.endpoints(*node);
    found.affected.assign(below.begin(), below.end());
  } else {
    found.affected = {nearest};
  }
  found.evidence.push_back(
      {fmt::format("{} customers complain within {:.0f} min where {:.3f} are usual; no probe explains it",
                   best->count.complaints, to_seconds(best->window) / 60, best->count.expected),
       best->nats});
  return found;
}

}  // namespace faultline::correlate
