#include "rules/correlate/scan.h"

#include "rules/correlate/attach.h"
#include "rules/correlate/gain.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace faultline::correlate {
namespace {

// What is counted below one endpoint or node within one window.
struct Count {
  std::uint32_t complaints = 0;
  double expected = 0;
  Timestamp first{};
};

Count count_in(std::span<const EndpointIndex> endpoints, std::span<const Unexplained> recent, Duration window,
               Timestamp now, const Topology& topology, const ScanRules& rules) {
  Count count;
  for (const EndpointIndex endpoint : endpoints)
    count.expected += ordinary_rate(topology.endpoint(endpoint), now, rules) * to_seconds(window) / 3600;
  for (const Unexplained& complaint : recent) {
    if (now - complaint.received > window) continue;
    double inside = 0;
    for (const EndpointWeight& one : *complaint.weights)
      if (std::binary_search(endpoints.begin(), endpoints.end(), one.endpoint)) inside += one.weight;
    if (inside < rules.located_share) continue;
    if (count.complaints++ == 0) count.first = complaint.received;
  }
  return count;
}

struct Best {
  double nats = 0;
  Root root;
  Level level = Level::endpoint;
  Count count;
  Duration window{};
  std::vector<EndpointIndex> affected;
};

class Scanner {
 public:
  Scanner(const Footprints& footprints, std::span<const Unexplained> recent, Timestamp now,
          const LocaliseRules& localise, const ScanRules& rules)
      : footprints_(footprints), recent_(recent), now_(now), localise_(localise), rules_(rules) {}

  void try_endpoint(EndpointIndex endpoint) {
    const std::vector<EndpointIndex> one{endpoint};
    const double prior = prior_nats(localise_.endpoint_faults_per_year, localise_.correlation_window);
    for (const Duration window : rules_.windows) consider(endpoint, Level::endpoint, prior, one, window);
  }
  void try_node(NodeIndex node) {
    const NodeKind kind = footprints_.topology().node(node).kind;
    if (kind == NodeKind::probe_host) return;
    const double prior = prior_nats(localise_.node_faults_per_year[static_cast<std::size_t>(kind)],
                                    localise_.correlation_window);
    const auto endpoints = footprints_.endpoints(node);
    const std::vector<EndpointIndex> below(endpoints.begin(), endpoints.end());
    for (const Duration window : rules_.windows) {
      if (level_of(kind) == Level::wide && !has_enough_groups(node, window)) continue;
      consider(node, level_of(kind), prior, below, window);
    }
  }
  const std::optional<Best>& best() const { return best_; }

 private:
  // A wide node must show it in several of its groups, else the group is the place.
  bool has_enough_groups(NodeIndex node, Duration window) const {
    std::uint32_t convincing = 0;
    for (const ChildGroup& group : footprints_.groups(node)) {
      const Count count = count_in(group.endpoints, recent_, window, now_, footprints_.topology(), rules_);
      if (count.complaints > 0 &&
          uplift_nats(count.complaints, count.expected, rules_.uplift) > rules_.group_nats)
        ++convincing;
    }
    return convincing >= rules_.groups;
  }
  void consider(Root root, Level level, double prior, const std::vector<EndpointIndex>& below,
                Duration window) {
    const Count count = count_in(below, recent_, window, now_, footprints_.topology(), rules_);
    if (count.complaints < rules_.complaints) return;
    const double nats =
        prior + rules_.silent_nats + uplift_nats(count.complaints, count.expected, rules_.uplift);
    if (nats <= 0 || (best_ && nats <= best_->nats)) return;
    if (negative_binomial_tail(count.complaints, count.expected, rules_.dispersion) > rules_.least_tail)
      return;
    best_ = Best{nats, std::move(root), level, count, window, below};
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
  double log_term = std::lgamma(count + size) - std::lgamma(size) - std::lgamma(count + 1.0) +
                    size * std::log1p(-p) + count * std::log(p);
  double term = std::exp(log_term), sum = 0;
  for (double k = count; term > sum * 1e-12 || k < mean; ++k) {
    sum += term;
    term *= (k + size) / (k + 1) * p;
  }
  return std::min(1.0, sum);
}

std::optional<Hypothesis> scan(const Footprints& footprints, std::span<const Unexplained> recent,
                               Timestamp now, const LocaliseRules& localise, const ScanRules& rules) {
  if (recent.size() < rules.complaints || recent.back().weights->empty()) return std::nullopt;
  Scanner scanner(footprints, recent, now, localise, rules);
  const EndpointIndex nearest = recent.back().weights->front().endpoint;
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
  found.affected = best->affected;
  found.evidence.push_back(
      {fmt::format("{} customers complain within {:.0f} min where {:.3f} are usual; no probe explains it",
                   best->count.complaints, to_seconds(best->window) / 60, best->count.expected),
       best->nats});
  return found;
}

}  // namespace faultline::correlate
