// How much complaining is usual where and when, and how that is learnt.
#include "rules/correlate/usual.h"

#include "tests/unit/rules_correlate/complaint_world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace faultline::correlate {
namespace {

using namespace std::chrono_literals;
using test::at, test::rules, test::two_sites, test::kHere, test::kThreeKmAway;
using test::kStart;
using test::Network;

TEST(Usual, AddsUpTheHoursOfAWindow) {
  CorrelateRules all = rules();
  all.scan.hour_profile.fill(1);
  all.scan.hour_profile[8] = 0.5;  // kStart is 08:00
  const Customers customers{0, 40'000};
  EXPECT_NEAR(Usual{}.between(customers, kStart, kStart + 1h, all.scan), 0.5, 1e-9);
  EXPECT_NEAR(Usual{}.between(customers, kStart - 30min, kStart + 90min, all.scan), 1.5, 1e-9);
}

// A site that complains twice as much as usual for so many days, and one that does as usual.
struct Learnt {
  std::shared_ptr<const Topology> topology = two_sites();
  EndpointIndex here = *topology->find_endpoint("here-c0"), there = *topology->find_endpoint("there-c0");
  ScanRules scan = rules().scan;
  Usual usual;

  explicit Learnt(int days) {
    scan.mobile_per_hour = 1e-3;  // 1.2 an hour and site
    for (int hour = 0; hour < days * 24; ++hour) {
      for (int i = 0; i < (hour % 5 == 0 ? 4 : 2); ++i) usual.heard(*topology, here, true);
      for (int i = 0; i < (hour % 5 == 0 ? 2 : 1); ++i) usual.heard(*topology, there, true);
      usual.end_hour(*topology, kStart + hour * 1h, scan);
    }
  }
  double level() const { return usual.rate({1, 0}, kStart, scan) / scan.mobile_per_hour; }
};

TEST(Usual, StartsFromTheTableAndFollowsWhatIsHeard) {
  EXPECT_DOUBLE_EQ(Learnt(0).level(), 1);
  EXPECT_NEAR(Learnt(28).level(), 1.5, 0.15);
}

TEST(Usual, LearnsAFactorOfEachArea) {
  const Learnt learnt(28);
  const double here = learnt.usual.factor(*learnt.topology, learnt.here, learnt.scan);
  const double there = learnt.usual.factor(*learnt.topology, learnt.there, learnt.scan);
  EXPECT_NEAR(here / there, 2, 0.1);
  EXPECT_NEAR(here, 1.33, 0.15);
  Usual none;
  EXPECT_DOUBLE_EQ(none.factor(*learnt.topology, learnt.here, learnt.scan), 1);
}

TEST(Usual, TakesTotalSilenceForAFeedThatIsDown) {
  Learnt learnt(7);
  const double before = learnt.level();
  learnt.scan.mobile_per_hour = 1e-2;  // so many that none at all cannot be
  for (int hour = 0; hour < 24 * 7; ++hour)
    learnt.usual.end_hour(*learnt.topology, kStart + hour * 1h, learnt.scan);
  EXPECT_NEAR(learnt.level(), before, 1e-9);
}

TEST(Usual, LearnsHowMuchComplaintsClump) {
  const auto size_of = [](int clump) {
    const auto topology = two_sites();
    const EndpointIndex here = *topology->find_endpoint("here-c0");
    ScanRules scan = rules().scan;
    scan.mobile_per_hour = 1e-3;  // 29 a day and site
    Usual usual;
    for (int day = 0; day < 60; ++day)
      for (int hour = 0; hour < 24; ++hour) {
        const int calls = hour >= 20 ? 0 : day % clump == 0 ? clump : 0;
        for (int i = 0; i < calls; ++i) usual.heard(*topology, here, true);
        usual.end_hour(*topology, kStart + (day * 24 + hour) * 1h, scan);
      }
    return usual.dispersion(scan);
  };
  EXPECT_EQ(size_of(1), 200);  // the same number every day
  EXPECT_LT(size_of(6), 5);    // all on one day of six
  EXPECT_EQ(Usual{}.dispersion(rules().scan), 20);
}

TEST(Usual, IsSavedAndRestored) {
  const Learnt learnt(28);
  const std::string saved = learnt.usual.save(*learnt.topology);
  Usual again;
  again.restore(*learnt.topology, saved);
  EXPECT_NEAR(again.rate({1, 0}, kStart, learnt.scan), learnt.usual.rate({1, 0}, kStart, learnt.scan), 1e-9);
  EXPECT_NEAR(again.factor(*learnt.topology, learnt.here, learnt.scan),
              learnt.usual.factor(*learnt.topology, learnt.here, learnt.scan), 1e-9);
  for (const std::string& wrong :
       {std::string("usual-1 nan"), std::string(), saved.substr(0, 200), "other" + saved}) {
    Usual untouched;
    untouched.restore(*learnt.topology, wrong);
    EXPECT_EQ(untouched.save(*learnt.topology), Usual{}.save(*learnt.topology)) << wrong;
  }
}

}  // namespace
}  // namespace faultline::correlate
