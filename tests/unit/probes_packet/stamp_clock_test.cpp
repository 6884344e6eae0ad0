#include "probes/packet/stamp_clock.h"

#include <gtest/gtest.h>

namespace faultline::packet {
namespace {

constexpr Nanos kMs = 1'000'000;
constexpr Nanos kHour = 3'600'000 * kMs;
constexpr std::int64_t kOffset = 1'700'000'000'000'000'000;

class StampClocks : public ::testing::Test {
 protected:
  void read_at(Nanos steady, Nanos step = 0, Nanos uncertainty = 100) {
    clock.update({.steady = steady, .wall = steady + kOffset + step, .uncertainty = uncertainty});
  }
  StampClock clock;
};

TEST_F(StampClocks, StampsBecomeSteadyTimes) {
  read_at(100 * kMs);
  const auto time = clock.steady_time(kOffset + 99 * kMs, 90 * kMs);
  EXPECT_TRUE(time.certain);
  EXPECT_EQ(time.steady, 99 * kMs);
}

class StampClockSteps : public StampClocks, public ::testing::WithParamInterface<Nanos> {};

TEST_P(StampClockSteps, StampsFromBeforeAndAfterAStepAreBothRight) {
  const auto step = GetParam();
  read_at(100 * kMs);
  read_at(110 * kMs, step);
  EXPECT_EQ(clock.steps(), 1U);
  const auto before = clock.steady_time(kOffset + 103 * kMs, 100 * kMs);
  const auto after = clock.steady_time(kOffset + 108 * kMs + step, 100 * kMs);
  EXPECT_TRUE(before.certain);
  EXPECT_EQ(before.steady, 103 * kMs);
  EXPECT_TRUE(after.certain);
  EXPECT_EQ(after.steady, 108 * kMs);
  read_at(120 * kMs, step);
  EXPECT_EQ(clock.steps(), 1U);
  EXPECT_EQ(clock.steady_time(kOffset + 115 * kMs + step, 110 * kMs).steady, 115 * kMs);
}

INSTANTIATE_TEST_SUITE_P(AnHourEachWayAndLess, StampClockSteps,
                         ::testing::Values(kHour, -kHour, 1000 * kMs, -1000 * kMs));

TEST_F(StampClocks, AStepTooSmallToTellApartIsUncertainAndNeverWrong) {
  read_at(100 * kMs);
  read_at(110 * kMs, 2 * kMs);
  EXPECT_FALSE(clock.steady_time(kOffset + 105 * kMs, 100 * kMs).certain);
}

TEST_F(StampClocks, AStampFromTheFutureIsUncertain) {
  read_at(100 * kMs);
  const auto time = clock.steady_time(kOffset + 500 * kMs, 90 * kMs);
  EXPECT_FALSE(time.certain);
  EXPECT_LE(time.steady, 100 * kMs);
}

TEST_F(StampClocks, AnInterruptedReadingIsNoStep) {
  read_at(100 * kMs);
  read_at(110 * kMs, 3 * kMs, 5 * kMs);
  EXPECT_EQ(clock.steps(), 0U);
  EXPECT_EQ(clock.steady_time(kOffset + 105 * kMs, 100 * kMs).steady, 105 * kMs);
}

// The machine was busy when it began: what was read first is off by 40 us, and so is every round trip until a
// better reading comes.
TEST_F(StampClocks, ABadFirstReadingGivesWayToABetterOne) {
  read_at(100 * kMs, 40'000, 90'000);
  read_at(110 * kMs, 5'000, 12'000);
  EXPECT_EQ(clock.steady_time(kOffset + 105 * kMs, 100 * kMs).steady, 105 * kMs - 5'000);
  read_at(120 * kMs, -30'000, 70'000);
  EXPECT_EQ(clock.steady_time(kOffset + 115 * kMs, 110 * kMs).steady, 115 * kMs - 5'000);
  read_at(130 * kMs, 0, 200);
  EXPECT_EQ(clock.steady_time(kOffset + 125 * kMs, 120 * kMs).steady, 125 * kMs);
  EXPECT_EQ(clock.steps(), 0U);
}

TEST(Clocks, AreReadCloseTogether) {
  const auto reading = read_clocks();
  EXPECT_GT(reading.wall, kOffset);
  EXPECT_LE(steady_now() - reading.steady, 1000 * kMs);
}

}  // namespace
}  // namespace faultline::packet
