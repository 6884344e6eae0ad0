#include "daemon/app/gauges.h"

#include <gtest/gtest.h>

namespace faultline::app {
namespace {

TEST(EngineLag, IsThatOfLateAndNotOfTheWholeRun) {
  packet::EngineStats before;  // a good day
  before.sent = 1'000'000;
  before.lag_sum_us = 1'000'000;
  packet::EngineStats now = before;
  now.sent += 10;
  now.lag_sum_us += 20'000'000;  // 2 s late, each
  EXPECT_DOUBLE_EQ(mean_lag_seconds(before, now), 2);
}

TEST(EngineLag, IsNoneWhenNothingIsSent) {
  packet::EngineStats stats;
  EXPECT_EQ(mean_lag_seconds(stats, stats), 0);
  stats.sent = 5;
  EXPECT_EQ(mean_lag_seconds(stats, {}), 0) << "a new engine";
}

}  // namespace
}  // namespace faultline::app
