#include "tests/accuracy/network.h"

#include "tests/lab/dice.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <stdexcept>

namespace faultline::accuracy {
namespace {

constexpr double kLatitude = 50, kLongitude = 8;
constexpr double kKmPerLatitude = 111.2;
const double kKmPerLongitude = kKmPerLatitude * std::cos(kLatitude * std::numbers::pi / 180);
constexpr double kSpread_km = 8;            // of the sites around their aggregation
constexpr double kSquare_km = 60;           // for 20 aggregations
constexpr std::uint32_t kZonesPer20 = 120;  // power zones for 20 aggregations

struct Point {
  double x_km = 0, y_km = 0;
  Place place() const { return {kLatitude + y_km / kKmPerLatitude, kLongitude + x_km / kKmPerLongitude}; }
};

// Of one kind of site: what hangs on it.
struct AccessKind {
  NodeKind node;
  std::vector<Technology> technologies;  // in turn
  std::uint32_t endpoints;
  std::uint32_t customers;
  float coverage_m;
  double away_km;  // of an endpoint's area from the site
};
const AccessKind kMobile{NodeKind::site, {Technology::lte, Technology::nr}, 6, 400, 700, 0.5};
const AccessKind kOlt{NodeKind::olt, {Technology::gpon, Technology::xgspon}, 16, 48, 400, 1.0};
const AccessKind kCmts{NodeKind::cmts, {Technology::docsis}, 8, 250, 700, 1.0};

const AccessKind& draw_kind(lab::Dice& dice) {
  const double u = dice.unit();
  return u < 0.6 ? kMobile : u < 0.9 ? kOlt : kCmts;
}

std::uint32_t nearest(const std::vector<Point>& points, Point to) {
  std::uint32_t best = 0;
  double least = std::numeric_limits<double>::max();
  for (std::uint32_t i = 0; i < points.size(); ++i) {
    const double d = std::hypot(points[i].x_km - to.x_km, points[i].y_km - to.y_km);
    if (d < least) {
      least = d;
      best = i;
    }
  }
  return best;
}

Point around(Point centre, double deviation_km, lab::Dice& dice) {
  return {centre.x_km + deviation_km * dice.normal(), centre.y_km + deviation_km * dice.normal()};
}

NodeRecord node_record(std::string name, NodeKind kind, Place place) {
  NodeRecord record;
  record.node.name = std::move(name);
  record.node.kind = kind;
  record.node.place = place;
  return record;
}

// Builds both: the records of the inventory, and the truth beside them.
class Maker {
 public:
  explicit Maker(const NetworkPlan& plan)
      : plan_(plan),
        dice_(plan.seed * 7919 + 11),
        square_km_(kSquare_km * std::sqrt(plan.aggregations / 20.0)) {}

  Network make() {
    nodes_.push_back(node_record("core", NodeKind::core, Point{}.place()));
    for (std::uint32_t a = 0; a < plan_.aggregations; ++a) add_aggregation(a);
    add_zones();
    misplace();
    for (std::uint32_t h = 0; plan_.probe_hosts > 1 && h < plan_.probe_hosts; ++h)
      nodes_.push_back(node_record(fmt::format("probe-host-{}", h), NodeKind::probe_host, Point{}.place()));
    auto built = Topology::build(std::move(nodes_), std::move(endpoints_));
    if (!built) throw std::runtime_error(built.error().message);
    network_.topology = *built;
    resolve();
    return std::move(network_);
  }

 private:
  Point somewhere() { return {square_km_ * (dice_.unit() - 0.5), square_km_ * (dice_.unit() - 0.5)}; }

  void add_aggregation(std::uint32_t a) {
    const Point centre = somewhere();
    nodes_.push_back(node_record(fmt::format("agg-{}", a), NodeKind::aggregation, centre.place()));
    nodes_.back().parents = {{EdgeKind::transport, "core"}};
    for (std::uint32_t s = 0; s < plan_.sites_of_each; ++s) add_site(a, s, around(centre, kSpread_km, dice_));
  }

  void add_site(std::uint32_t a, std::uint32_t s, Point at) {
    const AccessKind& kind = draw_kind(dice_);
    const std::string name = fmt::format("site-{}-{}", a, s);
    nodes_.push_back(node_record(name, kind.node, at.place()));
    nodes_.back().parents = {{EdgeKind::transport, fmt::format("agg-{}", a)}};
    site_records_.push_back(nodes_.size() - 1);
    SimSite site;
    site.kind = kind.node;
    site.place = at.place();
    site.aggregation = a;
    for (std::uint32_t k = 0; k < kind.endpoints; ++k) {
      const double turn = 2 * std::numbers::pi * k / kind.endpoints;
      const Point area{at.x_km + kind.away_km * std::cos(turn), at.y_km + kind.away_km * std::sin(turn)};
      EndpointRecord record;
      record.endpoint.name = fmt::format("ep-{}-{}-{}", a, s, k);
      record.endpoint.place = area.place();
      record.endpoint.coverage_m = kind.coverage_m;
      record.endpoint.customers = kind.customers;
      record.endpoint.technology = kind.technologies[k % kind.technologies.size()];
      record.parents = {{EdgeKind::transport, name}};
      site.endpoints.push_back({static_cast<std::uint32_t>(endpoints_.size())});
      endpoints_.push_back(std::move(record));
    }
    points_.push_back(at);
    network_.sites.push_back(std::move(site));
  }

  void add_zones() {
    const std::uint32_t count = kZonesPer20 * plan_.aggregations / 20;
    std::vector<Point> centres(count);
    for (Point& centre : centres) centre = around(points_[dice_.next() % points_.size()], 1, dice_);
    network_.sites_of_zone.resize(count);
    for (std::uint32_t i = 0; i < network_.sites.size(); ++i) {
      const std::uint32_t zone = nearest(centres, points_[i]);
      network_.sites[i].zone = zone;
      network_.sites_of_zone[zone].push_back(i);
    }
    if (!plan_.power_zones) return;
    for (std::uint32_t z = 0; z < count; ++z)
      nodes_.push_back(node_record(fmt::format("power-{}", z), NodeKind::power, centres[z].place()));
    for (std::uint32_t i = 0; i < network_.sites.size(); ++i)
      nodes_[site_records_[i]].parents.push_back(
          {EdgeKind::power, fmt::format("power-{}", network_.sites[i].zone)});
  }

  // What the inventory has wrong: the endpoint stays where it is, its record names another site.
  void misplace() {
    for (EndpointRecord& record : endpoints_)
      if (dice_.unit() < plan_.wrong_edges)
        record.parents[0].parent = nodes_[site_records_[dice_.next() % site_records_.size()]].node.name;
  }

  void resolve() {
    const Topology& topology = *network_.topology;
    network_.core = *topology.find_node("core");
    for (std::uint32_t a = 0; a < plan_.aggregations; ++a)
      network_.aggregations.push_back(*topology.find_node(fmt::format("agg-{}", a)));
    for (std::uint32_t z = 0; z < network_.sites_of_zone.size(); ++z)
      network_.zones.push_back(topology.find_node(fmt::format("power-{}", z)).value_or(NodeIndex{}));
    for (std::uint32_t i = 0; i < network_.sites.size(); ++i)
      network_.sites[i].node =
          *topology.find_node(fmt::format("site-{}-{}", i / plan_.sites_of_each, i % plan_.sites_of_each));
  }

  const NetworkPlan& plan_;
  lab::Dice dice_;
  double square_km_;
  Network network_;
  std::vector<NodeRecord> nodes_;
  std::vector<EndpointRecord> endpoints_;
  std::vector<std::size_t> site_records_;  // by site: its place in nodes_
  std::vector<Point> points_;
};

}  // namespace

std::vector<EndpointIndex> Network::endpoints_of(const std::vector<std::uint32_t>& some_sites) const {
  std::vector<EndpointIndex> all;
  for (const std::uint32_t site : some_sites)
    all.insert(all.end(), sites[site].endpoints.begin(), sites[site].endpoints.end());
  std::sort(all.begin(), all.end());
  return all;
}

std::vector<std::uint32_t> Network::sites_of_aggregation(std::uint32_t aggregation) const {
  std::vector<std::uint32_t> found;
  for (std::uint32_t i = 0; i < sites.size(); ++i)
    if (sites[i].aggregation == aggregation) found.push_back(i);
  return found;
}

Network make_network(const NetworkPlan& plan) {
  return Maker(plan).make();
}

}  // namespace faultline::accuracy
