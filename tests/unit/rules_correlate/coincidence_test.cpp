#include "rules/correlate/coincidence.h"

#include "daemon/config/rule_file.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>

namespace faultline::correlate {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp kBegin = Timestamp(std::chrono::seconds(1'795'514'400));
constexpr std::size_t kEndpoints = 5000;

class CoincidenceTest : public testing::Test {
 protected:
  // So many endpoints become worse in each of the hours.
  void hours(int count, int each) {
    for (int h = 0; h < count; ++h, now += 1h)
      for (int i = 0; i < each; ++i) coincidence.note(now + i * 1s, false);
  }
  double nats(bool gone = false) { return coincidence.nats(now, gone, kEndpoints, rules); }

  LocaliseRules rules = config::default_rules()->correlate.localise;
  Coincidence coincidence;
  Timestamp now = kBegin;
};

TEST_F(CoincidenceTest, BeginsWithWhatTheRulesAssume) {
  EXPECT_EQ(nats(), rules.bad_nats);
  hours(2, 100);
  EXPECT_EQ(nats(), rules.bad_nats);  // too short to say
}

TEST_F(CoincidenceTest, LearnsHowOftenEndpointsFailByThemselves) {
  hours(24, 100);
  // 100 an hour over 5,000 endpoints: 1/600 in the five minutes that count as together.
  EXPECT_NEAR(nats(), std::log(600), 0.01);
  EXPECT_NEAR(coincidence.per_year(now, false, kEndpoints, rules), 175, 1);
  EXPECT_EQ(nats(true), rules.bad_nats);  // none was gone altogether
}

TEST_F(CoincidenceTest, OneCutIsNotAHabit) {
  hours(10, 0);
  hours(1, 500);
  hours(12, 0);
  EXPECT_EQ(nats(), rules.bad_nats);
}

TEST_F(CoincidenceTest, ForgetsAfterADay) {
  hours(24, 100);
  now += 48h;
  EXPECT_EQ(nats(), rules.bad_nats);
}

TEST_F(CoincidenceTest, AClockThatJumpsBackBreaksNothing) {
  hours(24, 100);
  const double before = nats();
  coincidence.note(kBegin - 1000h, false);
  EXPECT_EQ(coincidence.nats(kBegin - 1000h, false, kEndpoints, rules), before);
}

}  // namespace
}  // namespace faultline::correlate
