#include "tests/lab/director.h"

#include "tests/unit/lab/small_city.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace faultline::lab {
namespace {

using namespace std::chrono_literals;

class DirectorTest : public testing::Test {
 protected:
  void play(std::string_view text, std::uint64_t seed = 1) {
    auto scenario = parse_scenario(text, "s.txt");
    ASSERT_TRUE(scenario) << scenario.error().message;
    Director::Outlets outlets;
    outlets.set_condition = [this](std::uint32_t host, const Condition& c) { conditions[host] = c; };
    outlets.set_signal = [this](EndpointIndex, const SignalShift& s) { signal = s; };
    outlets.set_light = [this](EndpointIndex, const LightShift& s) { light = s; };
    outlets.send = [this](const ComplaintReport& r) { sent.push_back(r); };
    director.emplace(city, *scenario, seed, Timestamp(1'700'000'000s), outlets);
  }
  bool silent(std::string_view endpoint) {
    return conditions[city.host_of[test::endpoint_named(city, endpoint).value]].silent;
  }

  LabInventory city = test::small_city();
  std::map<std::uint32_t, Condition> conditions;
  SignalShift signal;
  LightShift light;
  std::vector<ComplaintReport> sent;
  std::optional<Director> director;
};

TEST_F(DirectorTest, ACutSilencesWhatIsBelowTheNodeUntilItIsRestored) {
  play("at 00:10 fault agg-1 cut\nat 00:20 restore agg-1\nat 00:30 end");
  EXPECT_EQ(director->next(), 10s);
  director->advance(9s);
  EXPECT_TRUE(conditions.empty());
  director->advance(10s);
  EXPECT_TRUE(silent("cell-1"));
  EXPECT_TRUE(silent("line-1"));
  EXPECT_FALSE(silent("cell-2"));
  EXPECT_FALSE(conditions[city.first_reference].silent);
  director->advance(25s);
  EXPECT_FALSE(silent("cell-1"));
  EXPECT_FALSE(director->over());
  director->advance(30s);
  EXPECT_TRUE(director->over());
  EXPECT_EQ(director->next(), std::nullopt);
  ASSERT_EQ(director->faults().records().size(), 1U);
  EXPECT_EQ(director->faults().records()[0].began, 10s);
  EXPECT_EQ(director->faults().records()[0].ended, Duration(20s));
}

TEST_F(DirectorTest, APowerCutFollowsThePowerEdgesAndTakesTheSignalAway) {
  play("at 00:10 fault zone-1 power");
  director->advance(10s);
  EXPECT_TRUE(silent("cell-1"));
  EXPECT_TRUE(silent("line-1"));
  EXPECT_FALSE(silent("cell-2"));
  EXPECT_TRUE(signal.no_service);
}

TEST_F(DirectorTest, ACutOfTheTransportLeavesTheSignal) {
  play("at 00:10 fault agg-1 cut");
  director->advance(10s);
  EXPECT_FALSE(signal.no_service);
}

TEST_F(DirectorTest, FaultsAddUpAndEndOneByOne) {
  play(
      "at 00:01 fault agg-1 congestion delay=40ms loss=50%\n"
      "at 00:02 fault cell-1 congestion delay=2ms loss=50%\n"
      "at 00:03 fault cell-1 signal rsrp=-12dB\n"
      "at 00:04 fault agg-1 signal rsrp=-3dB\n"
      "at 00:05 restore agg-1");
  director->advance(4s);
  const std::uint32_t host = city.host_of[test::endpoint_named(city, "cell-1").value];
  EXPECT_EQ(conditions[host].delay_ns, 42'000'000U);
  EXPECT_NEAR(conditions[host].loss, share_of(0.75), 2);
  EXPECT_DOUBLE_EQ(signal.rsrp_db, -15);
  director->advance(5s);
  EXPECT_EQ(conditions[host].delay_ns, 2'000'000U);
  EXPECT_DOUBLE_EQ(signal.rsrp_db, -12);
}

TEST_F(DirectorTest, LightFadesUntilItIsRestored) {
  play(
      "at 00:01 fault olt-1 light rx=-9dB over=20s\n"
      "at 00:02 fault line-1 light rx=-2dB\n"
      "at 00:03 restore line-1\n"
      "at 00:04 restore olt-1");
  director->advance(1s);
  EXPECT_DOUBLE_EQ(light.rx_db, -9);
  EXPECT_EQ(light.over, 20s);
  EXPECT_FALSE(light.dark);
  EXPECT_FALSE(silent("line-1"));
  director->advance(2s);
  EXPECT_DOUBLE_EQ(light.rx_db, -11);
  director->advance(4s);
  EXPECT_DOUBLE_EQ(light.rx_db, 0);
  EXPECT_EQ(light.over, 0s);
}

TEST_F(DirectorTest, AnOltsAgentFallsSilentWithItsRingAndNotWithALine) {
  const std::uint32_t agent = city.olts.at(0).host;
  play(
      "at 00:01 fault line-1 cut\n"
      "at 00:02 fault agg-1 cut\n"
      "at 00:03 restore agg-1");
  director->advance(1s);
  EXPECT_TRUE(light.dark);
  EXPECT_TRUE(silent("line-1"));
  EXPECT_FALSE(conditions[agent].silent);
  director->advance(2s);
  EXPECT_TRUE(conditions[agent].silent);
  director->advance(3s);
  EXPECT_FALSE(conditions[agent].silent);
  EXPECT_TRUE(light.dark);
}

TEST_F(DirectorTest, EverythingTouchesTheReferencesToo) {
  play("at 00:01 fault everything congestion loss=20%\nat 00:02 restore everything");
  director->advance(1s);
  EXPECT_EQ(conditions[city.first_reference].loss, share_of(0.2));
  EXPECT_EQ(conditions[city.host_of[3]].loss, share_of(0.2));
  director->advance(2s);
  EXPECT_EQ(conditions[city.first_reference], Condition{});
}

TEST_F(DirectorTest, ComplaintsComeFromBelowTheTargetWithinTheTimeAndBelongToTheFault) {
  play("at 00:10 fault agg-1 cut\nat 00:20 complaints 50 below agg-1 within 60s");
  director->advance(20s);
  EXPECT_LT(sent.size(), 10U);
  EXPECT_FALSE(director->over());
  director->advance(80s);
  EXPECT_TRUE(director->over());
  ASSERT_EQ(sent.size(), 50U);
  std::set<std::string> ids;
  for (const MadeComplaint& made : director->complaints()) {
    ids.insert(made.report.id);
    EXPECT_NE(city.topology->endpoint(made.endpoint).name, "cell-2");
    EXPECT_EQ(made.fault, 0U);
    EXPECT_EQ(made.report.received, director->start() + made.at);
    EXPECT_LE(made.report.began.value_or(made.report.received), made.report.received);
  }
  EXPECT_EQ(ids.size(), 50U);
  EXPECT_EQ(director->faults().records()[0].complaints.size(), 50U);
}

TEST_F(DirectorTest, AComplaintFromFarAwayIsCausedByNoFault) {
  play("at 00:10 fault agg-1 cut\nat 00:20 complaint far-from agg-1 error=100m by=place");
  director->advance(20s);
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(director->complaints()[0].fault, std::nullopt);
  EXPECT_LT(distance_m(*sent[0].place, Place{46.5, 5.2}), 1500);
}

TEST_F(DirectorTest, SettingsOfAComplaintAreKept) {
  play(
      "at 00:20 complaint near cell-1 service=mobile_voice delay=90s error=200m by=place\n"
      "at 00:21 complaint near line-1 by=line");
  director->advance(21s);
  ASSERT_EQ(sent.size(), 2U);
  EXPECT_EQ(sent[0].service, Service::mobile_voice);
  EXPECT_EQ(sent[0].began, sent[0].received - 90s);
  EXPECT_DOUBLE_EQ(sent[0].accuracy_m, 200);
  EXPECT_EQ(sent[1].line, "line-1");
  EXPECT_FALSE(sent[1].place);
}

TEST_F(DirectorTest, TheSameSeedMakesTheSameComplaints) {
  const auto texts = [&](std::uint64_t seed) {
    sent.clear();
    play("at 00:20 complaints 20 below core within 60s", seed);
    director->advance(100s);
    std::string all;
    for (const ComplaintReport& r : sent) all += r.customer + r.text + r.channel;
    return all;
  };
  EXPECT_EQ(texts(7), texts(7));
  EXPECT_NE(texts(7), texts(8));
}

TEST_F(DirectorTest, TheErrorOfThePlaceHasTheStatedSize) {
  play("at 00:20 complaints 2000 below cell-1 within 60s error=1km by=place");
  director->advance(100s);
  double sum = 0;
  for (const ComplaintReport& r : sent) sum += std::pow(distance_m(*r.place, Place{46.0, 5.0}), 2);
  // 2 σ² of the error and the mean square of a disc of 400 m.
  EXPECT_NEAR(std::sqrt(sum / 2000), std::sqrt(2 * 1e6 + 400 * 400 / 2.0), 60);
}

}  // namespace
}  // namespace faultline::lab
