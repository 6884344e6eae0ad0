// Which incident explains a complaint.
#include "rules/correlate/attach.h"

#include "tests/unit/rules_correlate/complaint_world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace faultline::correlate {
namespace {

using namespace std::chrono_literals;
using test::at, test::rules, test::two_sites, test::kHere, test::kThreeKmAway;
using test::kStart;

TEST(Attach, FollowsTheCallDelayOfTheGoldenValues) {
  EXPECT_NEAR(call_delay_density(20min, rules().attach.call_in), 1.197, 0.002);
  EXPECT_NEAR(call_delay_density(2h, rules().attach.call_in), 0.040, 0.001);
}

struct Outage {
  std::shared_ptr<const Topology> topology = two_sites();
  Footprints footprints{topology};
  std::vector<EndpointIndex> affected = topology->endpoints_below(*topology->find_node("here"));
  AttachTarget target{7, affected, kStart, std::nullopt, true};

  Attachment attach_at(Place place, Duration after) const {
    const auto weights = Geocoder(topology).weights(at(place), rules().geocode);
    Complaint complaint = at(place);
    complaint.received = kStart + after;
    return attach(footprints, weights, complaint, std::span(&target, 1), Usual{}, rules());
  }
};

TEST(Attach, TakesAComplaintInsideAndLeavesOneOutside) {
  const Outage outage;
  EXPECT_EQ(outage.attach_at(kHere, 10min).incident, std::optional<IncidentNumber>(7));
  EXPECT_EQ(outage.attach_at(kThreeKmAway, 10min).incident, std::nullopt);
}

TEST(Attach, LeavesAComplaintFromBeforeTheOnset) {
  const Outage outage;
  EXPECT_EQ(outage.attach_at(kHere, -10min).incident, std::nullopt);
  EXPECT_EQ(outage.attach_at(kHere, -30s).incident, std::optional<IncidentNumber>(7));
}

TEST(Attach, ForgetsAnIncidentThatIsLongOver) {
  Outage outage;
  outage.target.recovered = kStart + 1h;
  EXPECT_EQ(outage.attach_at(kHere, 90min).incident, std::optional<IncidentNumber>(7));
  EXPECT_EQ(outage.attach_at(kHere, 5h).incident, std::nullopt);
}

TEST(Attach, GoesByTheTimeThatTheCustomerGives) {
  Outage outage;
  outage.target.recovered = kStart + 30min;
  const auto weights = Geocoder(outage.topology).weights(at(kHere), rules().geocode);
  Complaint late = at(kHere);
  late.received = kStart + 6h;
  const auto attached = [&] {
    return attach(outage.footprints, weights, late, std::span(&outage.target, 1), Usual{}, rules()).incident;
  };
  EXPECT_EQ(attached(), std::nullopt);
  late.trouble_began = kStart + 10min;
  EXPECT_EQ(attached(), std::optional<IncidentNumber>(7));
}

TEST(Attach, BelievesAServiceThatTheCellDoesNotCarryLess) {
  const Outage outage;
  const Weights weights{{outage.affected.front(), 1}};
  Complaint complaint = at(kHere);
  complaint.received = kStart + 10min;
  const auto probability = [&](Service service) {
    complaint.service = service;
    return attach(outage.footprints, weights, complaint, std::span(&outage.target, 1), Usual{}, rules())
        .probability;
  };
  const auto odds = [](double p) { return p / (1 - p); };
  EXPECT_NEAR(odds(probability(Service::tv)) / odds(probability(Service::mobile_data)), 0.05, 1e-6);
}

TEST(TargetIndex, GivesWhatAllTargetsTogetherGive) {
  const auto topology = two_sites();
  const Footprints footprints(topology);
  const auto here = topology->endpoints_below(*topology->find_node("here"));
  const auto there = topology->endpoints_below(*topology->find_node("there"));
  std::vector<EndpointIndex> everywhere = here;
  everywhere.insert(everywhere.end(), there.begin(), there.end());
  std::sort(everywhere.begin(), everywhere.end());
  const std::vector<AttachTarget> targets = {
      {1, there, kStart - 1h, std::nullopt, true},
      {2, here, kStart, std::nullopt, true},
      {3, there, kStart - 2h, kStart - 1h, false, std::span(here).first(1)},
      {4, everywhere, kStart - 3h, std::nullopt, false},
  };
  TargetIndex index(targets, topology->endpoints().size());
  for (const Place place : {kHere, kThreeKmAway, Place{52.31, 4.80}, Place{0, 0}}) {
    Complaint complaint = at(place);
    complaint.received = kStart + 10min;
    const auto weights = Geocoder(topology).weights(complaint, rules().geocode);
    const Attachment all = attach(footprints, weights, complaint, targets, Usual{}, rules());
    const Attachment near = attach(footprints, weights, complaint, index.near(weights), Usual{}, rules());
    EXPECT_EQ(near.incident, all.incident);
    EXPECT_EQ(near.probability, all.probability);
    EXPECT_EQ(near.explained, all.explained);
  }
  // Only those that it may be about, in their order.
  const auto of = [&](EndpointIndex endpoint) {
    std::vector<IncidentNumber> numbers;
    for (const AttachTarget& one : index.near(Weights{{endpoint, 1}})) numbers.push_back(one.number);
    return numbers;
  };
  EXPECT_THAT(of(here[0]), testing::ElementsAre(2, 3, 4));
  EXPECT_THAT(of(here[1]), testing::ElementsAre(2, 4));
  EXPECT_THAT(of(there[0]), testing::ElementsAre(1, 3, 4));
  EXPECT_THAT(of(EndpointIndex{1000}), testing::IsEmpty());
}

TEST(TargetChanges, TouchWhatIsNearADifference) {
  const std::vector<EndpointIndex> first{{1}, {2}}, second{{5}, {6}}, grown{{5}, {6}, {7}};
  const AttachTarget one{1, first, kStart, std::nullopt, true}, two{2, second, kStart, std::nullopt, true};
  TargetChanges changes;
  const auto touched = [&](const std::vector<AttachTarget>& targets) {
    changes.note(targets);
    std::vector<std::uint32_t> endpoints;
    for (const std::uint32_t i : {0, 1, 2, 3, 4, 5, 6, 7, 8, 100, 2053}) {  // 2053 is folded upon 5
      const Weights weights{{EndpointIndex{100}, 0.5}, {EndpointIndex{i}, 0.5}};
      if (changes.touch(whereabouts_of(weights), weights)) endpoints.push_back(i);
    }
    return endpoints;
  };
  using testing::ElementsAre;
  EXPECT_EQ(touched({one}).size(), 11U) << "the first time";
  EXPECT_THAT(touched({one}), testing::IsEmpty());
  EXPECT_THAT(touched({one, two}), ElementsAre(5, 6));
  AttachTarget changed = two;
  changed.affected = grown;
  EXPECT_THAT(touched({one, changed}), ElementsAre(5, 6, 7));
  changed.hard = false;
  EXPECT_THAT(touched({one, changed}), ElementsAre(5, 6, 7));
  changed.recovered = kStart + 1h;
  EXPECT_THAT(touched({one, changed}), ElementsAre(5, 6, 7));
  changed.onset += 1s;
  EXPECT_THAT(touched({one, changed}), ElementsAre(5, 6, 7));
  changed.strays = std::span(first).last(1);
  EXPECT_THAT(touched({one, changed}), ElementsAre(2, 5, 6, 7));
  // For whom it is over: a second target of the same incident.
  AttachTarget over = two;
  over.recovered = kStart + 2h;
  EXPECT_THAT(touched({one, changed, over}), ElementsAre(5, 6));
  EXPECT_THAT(touched({one, changed, over}), testing::IsEmpty());
  EXPECT_THAT(touched({changed}), ElementsAre(1, 2, 5, 6)) << "those that are gone";
  EXPECT_THAT(touched({changed}), testing::IsEmpty());
  changes.forget();
  EXPECT_EQ(touched({changed}).size(), 11U);
}

}  // namespace
}  // namespace faultline::correlate
