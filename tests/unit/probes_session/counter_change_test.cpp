#include "probes/session/counter_change.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace faultline::session {
namespace {

using std::chrono::seconds;

constexpr std::uint64_t kMost32 = 0xFFFF'FFFF, kMost64 = ~std::uint64_t{0};

TEST(CounterGrowth, CountsThroughAWrapOfACounterOnly) {
  EXPECT_EQ(growth({10, 32}, {17, 32}), 7U);
  EXPECT_EQ(growth({10, 32}, {10, 32}), 0U);
  EXPECT_EQ(growth({kMost32 - 4, 32}, {5, 32}), 10U);
  EXPECT_EQ(growth({kMost64 - 4, 64}, {5, 64}), 10U);
  EXPECT_EQ(growth({kMost64 - 9, 64}, {kMost64 - 2, 64}), 7U) << "exact where a double is not";
  EXPECT_EQ(growth({10, 0}, {17, 0}), 7U);
  EXPECT_FALSE(growth({kMost32 - 4, 0}, {5, 0})) << "a gauge never wraps";
}

TEST(CounterGrowth, KnowsACounterThatBeganAnew) {
  EXPECT_FALSE(growth({1'000'000, 32}, {3, 32}));
  EXPECT_FALSE(growth({3'000'000'000, 32}, {3, 32})) << "more than a quarter of the range from its end";
  EXPECT_FALSE(growth({1'000'000, 64}, {3, 64}));
  EXPECT_FALSE(growth({5, 32}, {4, 32})) << "one back is no wrap";
  EXPECT_FALSE(growth({0, 32}, {kMost32, 32})) << "counted below zero";
  EXPECT_FALSE(growth({5, 64}, {4, 32})) << "another type, and less";
}

TEST(CounterAge, TellsWhetherItBeganAnew) {
  EXPECT_FALSE(began_anew(1000, 1060, 60));
  EXPECT_TRUE(began_anew(1000, 30, 60));
  EXPECT_TRUE(began_anew(100, 3600, 10'000)) << "older than before, but not as old as the time between";
  EXPECT_FALSE(began_anew(100, 150, 60)) << "a clock that lags";
}

TEST(CounterChange, IsARateOrAShare) {
  EXPECT_EQ(change_of(Change::per_second, 120, 0, 60), 2);
  EXPECT_EQ(change_of(Change::per_hour, 2, 0, 60), 120);
  EXPECT_EQ(change_of(Change::share_of_time, 15, 0, 60), 0.25);
  EXPECT_EQ(change_of(Change::share, 30, 3000, 60), 0.01);
}

TEST(CounterChange, IsNeverMoreThanThereIs) {
  EXPECT_EQ(change_of(Change::share_of_time, 61, 0, 60), 1) << "the agent counts whole seconds";
  EXPECT_FALSE(change_of(Change::share_of_time, 900, 0, 60));
  EXPECT_FALSE(change_of(Change::share, 0, 0, 60)) << "of nothing";
  EXPECT_FALSE(change_of(Change::share, 1, kLeastWhole - 1, 60)) << "of too few";
  EXPECT_FALSE(change_of(Change::share, 301, 300, 60));
  EXPECT_FALSE(change_of(Change::per_hour, 1, 0, 0));
}

TEST(CounterSpan, IsNeitherTooShortNorTooLong) {
  const SpanLimits limits = span_limits(seconds(60));
  EXPECT_EQ(judge_span(seconds(9), limits), Span::too_short);
  EXPECT_EQ(judge_span(seconds(10), limits), Span::good);
  EXPECT_EQ(judge_span(seconds(180), limits), Span::good);
  EXPECT_EQ(judge_span(seconds(181), limits), Span::too_long);
  const SpanLimits often = span_limits(seconds(5));
  EXPECT_EQ(judge_span(seconds(5), often), Span::good) << "each of its intervals";
  EXPECT_EQ(judge_span(seconds(60), often), Span::good);
  EXPECT_EQ(judge_span(seconds(61), often), Span::too_long);
}

}  // namespace
}  // namespace faultline::session
