#include "tests/lab/generator.h"

#include "tests/lab/dice.h"
#include "tests/lab/ground.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <string_view>
#include <utility>

namespace faultline::lab {
namespace {

constexpr std::uint32_t kRings = 5, kSitesPerRing = 8, kSectors = 3, kOlts = 12, kStreets = 60;
constexpr std::uint32_t kLinesPerStreet = 3, kCmts = 2, kLinesPerCmts = 6, kZones = 6;
constexpr std::uint32_t kStreetsPerOlt = kStreets / kOlts;
constexpr double kCityRadius = 9000;  // metres
constexpr std::uint32_t kCitiesPerRow = 60;
constexpr std::array<std::string_view, 10> kFirst = {"amber",  "birch",  "cedar", "copper", "harbour",
                                                     "linden", "meadow", "mill",  "river",  "station"};
constexpr std::array<std::string_view, 6> kSecond = {"lane", "street", "road", "square", "gate", "quay"};

class City {
 public:
  City(InventoryRows& rows, std::uint64_t seed, std::uint32_t number, std::uint32_t limit)
      : rows_(rows), dice_(seed * 1'000'003 + number), number_(number), limit_(limit) {
    const std::uint32_t row = number / kCitiesPerRow;
    centre_ = {46.0 + 0.3 * row, 5.0 + 0.4 * (number % kCitiesPerRow)};
    region_ = number == 0 ? "veldhaven" : fmt::format("city-{}", number + 1);
  }

  void build() {
    for (std::uint32_t z = 1; z <= kZones; ++z) node(zone(z), NodeKind::power, {}, centre_);
    for (std::uint32_t r = 1; r <= kRings; ++r)
      node(ring(r), NodeKind::aggregation, {{EdgeKind::transport, "core"}}, in_ring(r, 0.35, 0.1));
    // Interleaved, so that a city cut off by the wanted number of endpoints still has some of everything.
    for (std::uint32_t i = 0; i < kRings * kSitesPerRing && !full(); ++i) {
      site(i % kRings + 1, i / kRings + 1);
      if (i < kOlts) olt(i);
      if (i % 20 == 19) cmts(i / 20 + 1);
    }
  }

 private:
  bool full() const { return rows_.endpoints.size() >= limit_; }
  std::string ring(std::uint32_t r) const { return fmt::format("agg-{}", number_ * kRings + r); }
  std::string zone(std::uint32_t z) const { return fmt::format("zone-{}", number_ * kZones + z); }

  // A ring is a sector of the city: an angle and a band of distances from the centre.
  Place in_ring(std::uint32_t r, double middle, double spread) {
    const double angle = 2 * std::numbers::pi * (r - 1 + 0.1 + 0.8 * dice_.unit()) / kRings;
    const double distance = kCityRadius * (middle + spread * (2 * dice_.unit() - 1));
    return moved(centre_, distance * std::cos(angle), distance * std::sin(angle));
  }
  // Power comes in west-to-east strips, which every ring crosses.
  ParentName power_at(Place place) const {
    const double metres = (place.latitude_deg - centre_.latitude_deg) * 111'195;
    const double strip = (metres + kCityRadius) / (2 * kCityRadius) * kZones;
    const auto z = static_cast<std::uint32_t>(std::clamp(strip, 0.0, kZones - 1.0));
    return {EdgeKind::power, zone(z + 1)};
  }

  void node(std::string name, NodeKind kind, std::vector<ParentName> parents, Place place) {
    NodeRecord record;
    record.node.name = std::move(name);
    record.node.kind = kind;
    record.node.place = place;
    record.parents = std::move(parents);
    rows_.nodes.push_back(std::move(record));
  }

  void endpoint(std::string name, Technology technology, const std::string& parent, Place place,
                float coverage_m, std::uint32_t customers, bool v6 = false) {
    if (full()) return;
    const auto i = static_cast<std::uint32_t>(rows_.endpoints.size()) + 1;
    EndpointRecord record;
    record.endpoint.name = std::move(name);
    record.endpoint.technology = technology;
    record.endpoint.place = place;
    record.endpoint.coverage_m = coverage_m;
    record.endpoint.customers = customers;
    record.endpoint.region = region_;
    record.parents = {{EdgeKind::transport, parent}};
    rows_.endpoints.push_back(std::move(record));
    rows_.addresses.push_back(v6 ? fmt::format("fd00:fa17::{:x}:{:x}", i >> 16, i & 0xFFFF)
                                 : fmt::format("10.{}.{}.{}", 16 + (i >> 16), (i >> 8) & 255, i & 255));
    rows_.devices.emplace_back();
    rows_.agents.emplace_back();
  }

  void site(std::uint32_t r, std::uint32_t s) {
    const std::string name = fmt::format("cell-{:02}{:02}", number_ * kRings + r, s);
    const Place place = in_ring(r, 0.55, 0.4);
    node(name, NodeKind::site, {{EdgeKind::transport, ring(r)}, power_at(place)}, place);
    for (std::uint32_t sector = 1; sector <= kSectors && !full(); ++sector) {
      const double azimuth = 2 * std::numbers::pi * (sector - 1) / kSectors;
      const Place beam = moved(place, 450 * std::sin(azimuth), 450 * std::cos(azimuth));
      endpoint(fmt::format("{}-{}", name, sector), s % 2 == 0 ? Technology::nr : Technology::lte, name, beam,
               static_cast<float>(dice_.between(600, 900)), dice_.between(250, 600));
      const bool has_modem = number_ == 0 && sector == 1 && (s == 1 || (r == 1 && s == 2));
      if (has_modem) rows_.devices.back() = "modems/" + rows_.endpoints.back().endpoint.name;
    }
  }

  void olt(std::uint32_t i) {
    const std::uint32_t r = i % kRings + 1;
    const std::string name = fmt::format("olt-{:02}", number_ * kOlts + i + 1);
    const Place place = in_ring(r, 0.45, 0.25);
    node(name, NodeKind::olt, {{EdgeKind::transport, ring(r)}, power_at(place)}, place);
    for (std::uint32_t street = 0; street < kStreetsPerOlt && !full(); ++street)
      lines_of_street(i * kStreetsPerOlt + street, name, place);
  }

  void lines_of_street(std::uint32_t street, const std::string& olt_name, Place olt_place) {
    const std::string words =
        fmt::format("{}-{}", kFirst[street % kFirst.size()], kSecond[street / kFirst.size()]);
    // A number at the end would read like a line of the first city's street.
    const std::string name = number_ == 0 ? words : fmt::format("{}-{}", region_, words);
    const double angle = 2 * std::numbers::pi * dice_.unit();
    const double distance = 300 + 900 * dice_.unit();
    const Place place = moved(olt_place, distance * std::cos(angle), distance * std::sin(angle));
    node(name, NodeKind::splitter, {{EdgeKind::transport, olt_name}}, place);
    for (std::uint32_t line = 1; line <= kLinesPerStreet && !full(); ++line) {
      endpoint(fmt::format("{}-{}", name, line), Technology::gpon, name,
               moved(place, 60.0 * (line - 2.0), 20 * (2 * dice_.unit() - 1)), 80, dice_.between(16, 64),
               line == 3 && street % 2 == 0);
      // A street is a port of the OLT, numbered as a Huawei OLT numbers those of its first card.
      const std::uint32_t port = 0xFA000000U + 256 * (street % kStreetsPerOlt);
      if (number_ == 0)
        rows_.agents.back() = fmt::format("10.254.0.{}/{}.{}", street / kStreetsPerOlt + 1, port, line - 1);
    }
  }

  void cmts(std::uint32_t i) {
    const std::string name = fmt::format("cmts-{}", number_ * kCmts + i);
    const std::uint32_t r = 2 * i;
    const Place place = in_ring(r, 0.4, 0.2);
    node(name, NodeKind::cmts, {{EdgeKind::transport, ring(r)}, power_at(place)}, place);
    for (std::uint32_t line = 1; line <= kLinesPerCmts && !full(); ++line)
      endpoint(fmt::format("{}-{}", name, line), Technology::docsis, name,
               moved(place, 300.0 * line - 1000, 400 * (2 * dice_.unit() - 1)), 250, dice_.between(80, 250));
  }

  InventoryRows& rows_;
  Dice dice_;
  std::uint32_t number_, limit_;
  Place centre_;
  std::string region_;
};

constexpr std::uint32_t kPerCity =
    kRings * kSitesPerRing * kSectors + kStreets * kLinesPerStreet + kCmts * kLinesPerCmts;

}  // namespace

InventoryRows generate_demo(std::uint64_t seed) {
  return generate(seed, kPerCity);
}

InventoryRows generate(std::uint64_t seed, std::uint32_t endpoints) {
  InventoryRows rows;
  NodeRecord core;
  core.node.name = "core";
  core.node.kind = NodeKind::core;
  core.node.place = Place{46.0, 5.0};
  rows.nodes.push_back(std::move(core));
  for (std::uint32_t number = 0; rows.endpoints.size() < endpoints; ++number)
    City(rows, seed, number, endpoints).build();
  return rows;
}

}  // namespace faultline::lab
