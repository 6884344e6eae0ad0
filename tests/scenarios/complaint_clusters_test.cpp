// Hundreds of complaints of faults that no probe sees, through the whole pipeline with the shipped rules: how
// many tickets, and where. Nothing is measured here; what matters is that each fault is one ticket.
#include "daemon/config/rule_file.h"
#include "rules/pipeline.h"
#include "tests/unit/rules_correlate/fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace faultline {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp kMorning = Timestamp(std::chrono::hours(500'002));  // 10:00
constexpr int kAggregations = 4, kSites = 12, kCells = 6;

Place place_of(int aggregation, int site) {
  return {52.30 + 0.012 * site, 4.80 + 0.06 * aggregation};  // rings 4 km apart, sites 1.3 km
}
std::string site_name(int aggregation, int site) {
  return "s" + std::to_string(aggregation) + "-" + std::to_string(site);
}

std::shared_ptr<const Topology> four_rings() {
  correlate::test::Network network;
  network.node("core", NodeKind::core);
  for (int a = 0; a < kAggregations; ++a) {
    const std::string ring = "agg" + std::to_string(a);
    network.node(ring, NodeKind::aggregation, {"core"});
    for (int s = 0; s < kSites; ++s) network.site(site_name(a, s), kCells, {ring}, place_of(a, s));
  }
  return network.build();
}

// Faults, their callers, and the tickets that come of them.
class Town {
 public:
  Town() : rules_(config::load_rules({}).value()) {}

  // `count` callers of one aggregation's sites, from `begin` on for an hour, of whom every `astray`th gives a
  // place 5 km off (0: none).
  void silent_fault(int aggregation, Duration begin, int count, int astray) {
    std::normal_distribution<double> error(0, 5.0 / 111);
    for (int i = 0; i < count; ++i) {
      const Duration delay = std::chrono::seconds(3600LL * i * i / count / count + 20 * i / count);
      Complaint complaint = from(aggregation, static_cast<int>(random_() % kSites));
      if (astray > 0 && i % astray == astray - 1) {
        complaint.place->latitude_deg += error(random_);
        complaint.place->longitude_deg += error(random_) / std::cos(0.91);
      } else {
        complaint.cell = cell(aggregation, static_cast<int>(random_() % kSites));
      }
      add(begin + delay, complaint);
    }
  }
  void call(int aggregation, int site, Duration after) {
    Complaint complaint = from(aggregation, site);
    complaint.cell = topology_->find_endpoint(site_name(aggregation, site) + "-c0");
    add(after, complaint);
  }
  void play(Duration until) {
    auto next = calls_.begin();
    for (Duration now = 0s; now <= until; now += 1s) {
      for (; next != calls_.end() && next->first <= now; ++next) take(pipeline_.on(next->second));
      take(pipeline_.on(Tick{kMorning + now, true}));
    }
  }
  std::vector<std::string> tickets() const { return tickets_; }  // roots as they are at the end
  int bursts(const std::string& endpoint) const {
    const auto found = bursts_.find(*topology_->find_endpoint(endpoint));
    return found == bursts_.end() ? 0 : found->second;
  }
  void finish() {
    for (const auto& [number, root] : roots_)
      if (const auto* node = std::get_if<NodeIndex>(&root))
        tickets_.push_back(topology_->node(*node).name);
      else
        tickets_.push_back(topology_->endpoint(std::get<EndpointIndex>(root)).name);
  }

 private:
  std::optional<EndpointIndex> cell(int aggregation, int site) {
    return topology_->find_endpoint(site_name(aggregation, site) + "-c" + std::to_string(random_() % kCells));
  }
  static Complaint from(int aggregation, int site) {
    Complaint complaint;
    complaint.service = Service::mobile_data;
    complaint.place = place_of(aggregation, site);
    return complaint;
  }
  void add(Duration after, Complaint complaint) {
    complaint.customer = ++customers_;
    complaint.id = std::to_string(customers_);
    complaint.received = kMorning + after;
    calls_.emplace(after, complaint);
  }
  void take(const Actions& actions) {
    for (const Action& action : actions) {
      if (const auto* burst = std::get_if<BurstRequested>(&action.detail)) ++bursts_[burst->endpoint];
      const auto* change = std::get_if<IncidentChanged>(&action.detail);
      if (change != nullptr && change->incident.opened_at)
        roots_[change->incident.number] = change->incident.root;
    }
  }

  std::shared_ptr<const Topology> topology_ = four_rings();
  RuleSet rules_;
  Pipeline pipeline_{topology_, std::make_shared<const RuleSet>(rules_)};
  std::multimap<Duration, Complaint> calls_;
  std::map<IncidentNumber, Root> roots_;
  std::map<EndpointIndex, int> bursts_;
  std::vector<std::string> tickets_;
  std::mt19937 random_{7};
  std::uint64_t customers_ = 0;
};

std::vector<std::string> tickets_after(Town& town, Duration until) {
  town.play(until);
  town.finish();
  return town.tickets();
}

TEST(ComplaintClusters, AreOneTicketHoweverInexactTheirPlacesAre) {
  Town town;
  town.silent_fault(1, 60s, 300, 10);
  EXPECT_THAT(tickets_after(town, 70min), testing::ElementsAre("agg1"));
}

TEST(ComplaintClusters, OfTwoRingsAreTwoTickets) {
  Town town;
  town.silent_fault(0, 60s, 200, 10);
  town.silent_fault(2, 660s, 200, 10);
  EXPECT_THAT(tickets_after(town, 80min), testing::UnorderedElementsAre("agg0", "agg2"));
}

TEST(ComplaintClusters, GrowFromASiteToTheRingWithoutASecondTicket) {
  Town town;
  for (int i = 0; i < 6; ++i) town.call(1, 3, 60s + i * 20s);
  town.silent_fault(1, 6min, 200, 0);
  EXPECT_THAT(tickets_after(town, 70min), testing::ElementsAre("agg1"));
}

TEST(ComplaintClusters, OfALineAreMeasuredFromTheSecondCustomerOn) {
  Town town;
  town.call(1, 3, 60s);
  town.call(1, 3, 20min);
  EXPECT_THAT(tickets_after(town, 25min), testing::IsEmpty());
  EXPECT_GE(town.bursts("s1-3-c0"), 2);
  EXPECT_GE(town.bursts("s1-3-c5"), 1);  // its like, too

  Town third;
  for (int i = 0; i < 3; ++i) third.call(1, 3, 60s + i * 10min);
  EXPECT_THAT(tickets_after(third, 25min), testing::ElementsAre("s1-3-c0"));
}

TEST(ComplaintClusters, OfTheWholeNetworkAreOneTicketAtTheCore) {
  Town town;
  for (int a = 0; a < kAggregations; ++a) town.silent_fault(a, 60s, 150, 0);
  EXPECT_THAT(tickets_after(town, 70min), testing::ElementsAre("core"));
}

}  // namespace
}  // namespace faultline
