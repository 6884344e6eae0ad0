#include "rules/correlate/area_scan.h"

#include "rules/correlate/gain.h"
#include "rules/correlate/of_sites.h"
#include "rules/correlate/scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <utility>

namespace faultline::correlate {
namespace {

// The callers of one square who are served by one site and whose places are exact enough for a circle.
struct Tally {
  Square square;
  std::uint32_t site = 0;
  std::size_t smallest = 0;                    // position of the smallest radius that they count in
  std::vector<std::uint32_t> counts, unnamed;  // by window
  std::vector<Timestamp> first;
  std::uint32_t open = 0;  // not attached, within the window that shows surges
  bool is_recent = false;
};

using BySite = std::map<std::uint32_t, double>;

// One circle over one window.
struct Circle {
  Square centre;
  double radius_m = 0;
  Duration window{};
  std::uint32_t callers = 0, unnamed = 0;
  std::map<std::uint32_t, std::uint32_t> by_site;
  std::map<std::uint32_t, Customers> customers;
  double surge = 1;
  double expected = 0;
  Timestamp first{};
  double rough_nats = 0;  // without regard to where in it they are: an order to look at them in
  double nats = 0, parts = 0;

  double lead() const { return nats - parts; }
};

Customers& operator+=(Customers& sum, const Customers& more) {
  sum.mobile += more.mobile;
  sum.fixed += more.fixed;
  return sum;
}

class AreaScanner {
 public:
  AreaScanner(const AreaQuestion& question, Square newest, std::optional<double> by_topology, Timestamp now)
      : grid_(question.grid),
        question_(question),
        scan_(question.scan),
        rules_(question.scan.area),
        newest_(newest),
        by_topology_(by_topology),
        now_(now),
        heard_(grid_.sites().size()),
        served_(grid_.sites().size()) {
    for (const Duration window : scan_.windows)
      each_.push_back({per_customer({1, 0}, window), per_customer({0, 1}, window)});
    each_in_surge_ = {per_customer({1, 0}, scan_.surge_window), per_customer({0, 1}, scan_.surge_window)};
  }

  std::optional<Circle> best() {
    count();
    if (tallies_.empty()) return std::nullopt;
    for (const Square centre : centres()) look_around(centre);
    std::stable_sort(circles_.begin(), circles_.end(),
                     [](const Circle& a, const Circle& b) { return a.rough_nats > b.rough_nats; });
    if (circles_.size() > rules_.weighed) circles_.resize(rules_.weighed);
    std::optional<Circle> best;
    for (Circle& circle : circles_) {
      weigh(circle);
      const double other = std::max(circle.parts, by_topology_.value_or(0));
      if (circle.nats - other <= question_.localise.ambiguity_nats) continue;
      // Of equals the smaller one: what is farther out adds nothing.
      if (!best || circle.nats > best->nats ||
          (circle.nats == best->nats && circle.radius_m < best->radius_m))
        best = circle;
    }
    return best;
  }

  // The sites that have most of the callers, as few as suffice.
  std::vector<std::uint32_t> covering(const Circle& circle) const {
    std::vector<std::pair<std::uint32_t, std::uint32_t>> ranked(circle.by_site.begin(), circle.by_site.end());
    std::stable_sort(ranked.begin(), ranked.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    std::vector<std::uint32_t> sites;
    double covered = 0;
    for (const auto& [site, callers] : ranked) {
      if (covered >= rules_.cover_share * circle.callers) break;
      covered += callers;
      sites.push_back(site);
    }
    return sites;
  }

 private:
  double per_customer(const Customers& one, Duration window) const {
    return question_.usual.between(one, now_ - window, now_, scan_);
  }
  static double expect(const Customers& customers, const Customers& each) {
    return customers.mobile * each.mobile + customers.fixed * each.fixed;
  }
  double reach(double radius_m) const { return radius_m + grid_.square_m() / 2; }
  std::int32_t rows(double metres) const {
    return static_cast<std::int32_t>(std::ceil(metres / grid_.square_m()));
  }

  void count() {
    const double farthest = 2 * reach(rules_.radii_m.back());
    const Grid::Ruler from_newest = grid_.ruler(newest_);
    for (const auto& [square, callers] : question_.callers.around(newest_, rows(farthest))) {
      if (!from_newest.is_within(square, farthest)) continue;
      std::map<std::pair<std::uint32_t, std::size_t>, Tally> here;
      for (const Callers::Caller& caller : callers) count(square, caller, here);
      for (auto& [key, tally] : here) tallies_.push_back(std::move(tally));
    }
    std::sort(tallies_.begin(), tallies_.end(), [](const Tally& a, const Tally& b) {
      return std::pair(a.square, a.site) < std::pair(b.square, b.site);
    });
  }

  void count(Square square, const Callers::Caller& caller,
             std::map<std::pair<std::uint32_t, std::size_t>, Tally>& here) const {
    std::size_t smallest = 0;
    while (smallest < rules_.radii_m.size() && rules_.radii_m[smallest] < caller.spot->accuracy_m) ++smallest;
    if (smallest == rules_.radii_m.size()) return;  // anywhere: says nothing about a place
    if (caller.received > now_) return;
    Tally& tally = here[{caller.spot->site, smallest}];
    if (tally.counts.empty()) {
      const std::size_t windows = scan_.windows.size();
      tally = {square,
               caller.spot->site,
               smallest,
               std::vector<std::uint32_t>(windows),
               std::vector<std::uint32_t>(windows),
               std::vector<Timestamp>(windows, now_),
               0,
               false};
    }
    for (std::size_t w = 0; w < scan_.windows.size(); ++w) {
      if (caller.received <= now_ - scan_.windows[w]) continue;
      ++tally.counts[w];
      if (!caller.spot->is_named) ++tally.unnamed[w];
      tally.first[w] = std::min(tally.first[w], caller.received);
    }
    if (!caller.is_attached && caller.received > now_ - scan_.surge_window) ++tally.open;
    if (caller.received > now_ - rules_.recent) tally.is_recent = true;
  }

  // Those that hold a recent caller, nearest to the newest one first.
  std::vector<Square> centres() const {
    std::set<std::pair<double, Square>> ordered;
    for (const Tally& tally : tallies_) {
      const double away = grid_.distance_m(newest_, tally.square);
      if (tally.is_recent && away <= reach(rules_.radii_m.back())) ordered.insert({away, tally.square});
    }
    std::vector<Square> nearest;
    for (const auto& [away, square] : ordered)
      if (nearest.size() < rules_.centres) nearest.push_back(square);
    return nearest;
  }

  void look_around(Square centre) {
    const Grid::Ruler from_centre = grid_.ruler(centre);
    for (std::size_t r = 0; r < rules_.radii_m.size(); ++r) {
      const double radius = reach(rules_.radii_m[r]);
      if (!from_centre.is_within(newest_, radius)) continue;
      std::vector<const Tally*> inside;
      for (const Tally& tally : tallies_)
        if (tally.smallest <= r && from_centre.is_within(tally.square, radius)) inside.push_back(&tally);
      served_.clear();
      for (std::size_t w = 0; w < scan_.windows.size(); ++w) {
        Circle circle = heard(centre, r, w, inside);
        if (!is_worth_a_look(circle)) continue;
        if (served_.sites().empty()) find_customers(centre, rules_.radii_m[r]);
        if (!stands_out(circle, w, inside)) continue;
        circle.by_site = heard_.sorted();
        circle.customers = served_.sorted();
        if (covering(circle).size() >= rules_.sites) circles_.push_back(std::move(circle));
      }
    }
  }

  Circle heard(Square centre, std::size_t r, std::size_t w, const std::vector<const Tally*>& inside) {
    Circle circle;
    circle.centre = centre;
    circle.radius_m = rules_.radii_m[r];
    circle.window = scan_.windows[w];
    circle.first = now_;
    heard_.clear();
    for (const Tally* tally : inside) {
      if (tally->counts[w] == 0) continue;
      circle.callers += tally->counts[w];
      circle.unnamed += tally->unnamed[w];
      heard_[tally->site] += tally->counts[w];
      circle.first = std::min(circle.first, tally->first[w]);
    }
    return circle;
  }

  // Callers of one site are the topology's business, and so are those of whom it knows where they are.
  bool is_worth_a_look(const Circle& circle) const {
    if (circle.callers < rules_.complaints || heard_.sites().size() < rules_.sites) return false;
    return !by_topology_ || circle.unnamed >= rules_.unnamed_share * circle.callers;
  }

  // Of the sites that reach into the circle, so far as they do.
  void find_customers(Square centre, double radius_m) {
    if (!near_) {
      near_.emplace();
      const double farthest = 2 * reach(rules_.radii_m.back()) + grid_.widest_m();
      const std::int32_t steps = rows(farthest) + 1;
      const auto add = [&](Square square, const std::vector<Served>& served) {
        for (const Served& one : served) {
          near_->push_back({square, one.site, one.coverage_m, {}});
          for (const EndpointIndex endpoint : one.endpoints)
            near_->back().customers += question_.footprints.customers(endpoint);
        }
      };
      for (std::int32_t row = newest_.row - steps; row <= newest_.row + steps; ++row)
        for (std::int32_t column = newest_.column - steps; column <= newest_.column + steps; ++column) {
          const auto found = grid_.squares().find({row, column});
          if (found != grid_.squares().end()) add(found->first, found->second);
        }
    }
    const Grid::Ruler from_centre = grid_.ruler(centre);
    for (const Near& one : *near_)
      if (from_centre.is_within(one.square, reach(radius_m) + one.coverage_m))
        served_[one.site] += one.customers;
  }

  bool stands_out(Circle& circle, std::size_t w, const std::vector<const Tally*>& inside) {
    // A caller may be served from outside: those customers could have called as well.
    for (const std::uint32_t site : heard_.sites()) {
      Customers& customers = served_[site];
      if (customers.mobile + customers.fixed <= 0) customers = everyone_of(site);
    }
    Customers all;
    for (const std::uint32_t site : served_.sites()) all += served_[site];
    double open = 0;
    for (const Tally* tally : inside) open += tally->open;
    circle.surge = surge_factor(
        static_cast<double>(count_between(question_.open, now_ - scan_.surge_window, now_)) - open,
        expect(question_.footprints.everyone(), each_in_surge_) - expect(all, each_in_surge_), scan_);
    circle.expected = circle.surge * expect(all, each_[w]);
    circle.rough_nats = uplift_nats(circle.callers, circle.expected, scan_.uplift);
    return negative_binomial_tail(circle.callers, circle.expected, question_.usual.dispersion(scan_)) <=
           rules_.tail_factor * scan_.least_tail;
  }

  double prior(double per_year, Duration window) const {
    return prior_nats(per_year, std::max(window, question_.localise.correlation_window));
  }

  // One cause for all sites that are hit, against each by itself, and against one site alone.
  void weigh(Circle& circle) const {
    const auto window = static_cast<std::size_t>(
        std::find(scan_.windows.begin(), scan_.windows.end(), circle.window) - scan_.windows.begin());
    std::vector<GroupComplaints> groups;
    circle.parts = 0;
    for (const auto& [site, customers] : circle.customers) {
      GroupComplaints group{0, circle.surge * expect(customers, each_[window])};
      const auto callers = circle.by_site.find(site);
      if (callers != circle.by_site.end()) {
        group.complaints = callers->second;
        const double alone = prior_of_site(site, circle.window) + scan_.silent_nats +
                             uplift_nats(group.complaints, group.expected, scan_.uplift);
        circle.parts += std::max(0.0, alone);
      }
      groups.push_back(group);
    }
    circle.parts = std::max(circle.parts, one_site(circle, window));
    circle.nats = prior(rules_.faults_per_year, circle.window) + scan_.silent_nats +
                  fault_nats(groups, 0, scan_.uplift, question_.localise.spread);
  }

  // Places are inexact: callers of one site may seem to be next door. What the likeliest such site is worth.
  double one_site(const Circle& circle, std::size_t window) const {
    std::map<std::uint32_t, std::vector<double>> sites;  // by uplift: what its callers say for it
    const Grid::Ruler from_centre = grid_.ruler(circle.centre);
    const double radius = reach(circle.radius_m);
    for (const auto& [square, callers] : question_.callers.around(circle.centre, rows(radius))) {
      if (!from_centre.is_within(square, radius)) continue;
      for (const Callers::Caller& caller : callers) {
        if (caller.spot->accuracy_m > circle.radius_m || caller.received > now_ ||
            caller.received <= now_ - circle.window)
          continue;
        for (const SiteWeight& one : caller.spot->may_serve) {
          auto& nats = sites[one.site];
          nats.resize(scan_.uplift.size());
          for (std::size_t u = 0; u < nats.size(); ++u)
            nats[u] += std::log1p(one.weight * (scan_.uplift[u].value - 1));
        }
      }
    }
    double most = 0;
    for (const auto& [site, nats] : sites) {
      const auto known = circle.customers.find(site);
      const Customers customers = known != circle.customers.end() ? known->second : everyone_of(site);
      const double expected = circle.surge * expect(customers, each_[window]);
      double best = 0;  // the likeliest uplift stands for all: a nat more or less of an alternative
      for (std::size_t u = 0; u < nats.size(); ++u)
        best = std::max(best,
                        std::log(scan_.uplift[u].weight) + nats[u] - (scan_.uplift[u].value - 1) * expected);
      most = std::max(most, prior_of_site(site, circle.window) + scan_.silent_nats + best);
    }
    return most;
  }

  Customers everyone_of(std::uint32_t site) const {
    Customers customers;
    for (const EndpointIndex endpoint : grid_.sites()[site].endpoints)
      customers += question_.footprints.customers(endpoint);
    return customers;
  }

  double prior_of_site(std::uint32_t site, Duration window) const {
    const NodeKind kind = question_.footprints.topology().node(grid_.sites()[site].node).kind;
    return prior(question_.localise.node_faults_per_year[static_cast<std::size_t>(kind)], window);
  }

  struct Near {
    Square square;
    std::uint32_t site = 0;
    double coverage_m = 0;
    Customers customers;
  };

  const Grid& grid_;
  const AreaQuestion& question_;
  const ScanRules& scan_;
  const AreaRules& rules_;
  Square newest_;
  std::optional<double> by_topology_;
  Timestamp now_;
  std::vector<Customers> each_;  // by window: what one customer of each technology says in it
  Customers each_in_surge_;
  std::vector<Tally> tallies_;
  std::optional<std::vector<Near>> near_;
  OfSites<std::uint32_t> heard_;  // in one circle and window: callers
  OfSites<Customers> served_;     // in one circle
  std::vector<Circle> circles_;
};

std::string describe(const Circle& circle, std::size_t sites, const Grid& grid) {
  const Place middle = grid.middle(circle.centre);
  std::string text = fmt::format(
      "{} customers within {:.0f} km of {:.3f}, {:.3f} complain within {:.0f} min where {:.3f} are usual; no "
      "probe explains it, and no one node of the inventory has them: they belong to {} sites",
      circle.callers, circle.radius_m / 1000, middle.latitude_deg, middle.longitude_deg,
      to_seconds(circle.window) / 60, circle.expected, circle.by_site.size());
  if (circle.by_site.size() > sites) text += fmt::format(", most of them to {}", sites);
  if (circle.surge > 1)
    text += fmt::format(" (elsewhere {:.1f} times as many as usual complain now)", circle.surge);
  return text;
}

}  // namespace

std::optional<Hypothesis> scan_area(const AreaQuestion& question, Square newest,
                                    std::optional<double> by_topology, Timestamp now) {
  AreaScanner scanner(question, newest, by_topology, now);
  const auto best = scanner.best();
  if (!best) return std::nullopt;
  Hypothesis found;
  Area area;
  const auto sites = scanner.covering(*best);
  for (const std::uint32_t site : sites) {
    const GridSite& one = question.grid.sites()[site];
    area.nodes.push_back(one.node);
    found.affected.insert(found.affected.end(), one.endpoints.begin(), one.endpoints.end());
  }
  std::sort(area.nodes.begin(), area.nodes.end());
  area.nodes.erase(std::unique(area.nodes.begin(), area.nodes.end()), area.nodes.end());
  std::sort(found.affected.begin(), found.affected.end());
  found.root = std::move(area);
  found.callers = question.grid.middle(best->centre);
  found.level = Level::wide;
  found.gain_nats = best->nats;
  found.margin_nats = best->lead();
  found.complaints_only = true;
  found.complaints = best->callers;
  found.onset = found.median_onset = best->first;
  found.groups = static_cast<std::uint32_t>(best->customers.size());
  found.groups_hit = static_cast<std::uint32_t>(best->by_site.size());
  found.evidence.push_back({describe(*best, sites.size(), question.grid), best->nats});
  found.alternatives.push_back(
      {fmt::format("faults of {} sites at the same time by chance", sites.size()), best->parts});
  return found;
}

}  // namespace faultline::correlate
