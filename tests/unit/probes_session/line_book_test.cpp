// What throughput tests ask before they load a line, and how a transfer is measured.
#include "probes/session/line_book.h"

#include "probes/session/reflected_load.h"
#include "probes/session/transfer_meter.h"

#include <gtest/gtest.h>

namespace faultline::session {
namespace {

using namespace std::chrono_literals;

const Timestamp kNoon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 29} + 12h};
constexpr NodeIndex kSector{3}, kOther{4};

LineTest test_of(std::uint32_t endpoint, NodeIndex node, std::uint64_t bytes = 100) {
  return {EndpointIndex{endpoint}, {node}, bytes};
}
TestLimits limits() {
  TestLimits limits;
  limits.at_once = 2;
  limits.daily_bytes = 250;
  limits.busy_bps = 1e6;
  limits.busy_ratio = 0.1;
  limits.use_age = 5min;
  return limits;
}
Round reading(std::uint32_t endpoint, Metric metric, float value, Timestamp at) {
  Round round;
  round.endpoint = EndpointIndex{endpoint};
  round.finished = at;
  round.add(metric, value);
  return round;
}

TEST(LineBook, NeverTestsTwiceAtOnceOnANode) {
  LineBook book;
  EXPECT_EQ(book.begin(test_of(1, kSector), limits(), kNoon), OutcomeReason::none);
  EXPECT_EQ(book.begin(test_of(2, kSector), limits(), kNoon), OutcomeReason::node_in_test);
  EXPECT_EQ(book.begin(test_of(3, kOther), limits(), kNoon), OutcomeReason::none);
  book.end(test_of(1, kSector), 100, kNoon);
  EXPECT_EQ(book.begin(test_of(2, kSector), limits(), kNoon), OutcomeReason::none);
}

TEST(LineBook, AnEndpointOnTwoNodesNeedsBoth) {
  LineBook book;
  EXPECT_EQ(book.begin(test_of(1, kSector), limits(), kNoon), OutcomeReason::none);
  const LineTest both{EndpointIndex{2}, {kOther, kSector}, 100};
  EXPECT_EQ(book.begin(both, limits(), kNoon), OutcomeReason::node_in_test);
  EXPECT_EQ(book.begin(test_of(3, kOther), limits(), kNoon), OutcomeReason::none) << "nothing was taken";
}

TEST(LineBook, TestsShareTheUplink) {
  LineBook book;
  TestLimits one = limits();
  one.at_once = 1;
  EXPECT_EQ(book.begin(test_of(1, kSector), one, kNoon), OutcomeReason::none);
  EXPECT_EQ(book.begin(test_of(2, kOther), one, kNoon), OutcomeReason::node_in_test);
  EXPECT_EQ(book.begin(test_of(2, kOther), limits(), kNoon), OutcomeReason::none);
}

TEST(LineBook, SpendsNoMoreThanTheCapInADay) {
  LineBook book;
  for (const std::uint64_t spent : {150, 0}) {
    EXPECT_EQ(book.begin(test_of(1, kSector), limits(), kNoon), OutcomeReason::none);
    book.end(test_of(1, kSector), spent, kNoon);
  }
  EXPECT_EQ(book.begin(test_of(1, kSector, 101), limits(), kNoon), OutcomeReason::cap_reached);
  EXPECT_EQ(book.begin(test_of(2, kSector, 101), limits(), kNoon), OutcomeReason::none) << "by endpoint";
  EXPECT_EQ(book.begin(test_of(1, kOther, 100), limits(), kNoon), OutcomeReason::none) << "up to the cap";
  EXPECT_EQ(book.begin(test_of(1, kOther, 1), limits(), kNoon), OutcomeReason::cap_reached)
      << "what runs counts in full";
  book.end(test_of(1, kOther), 100, kNoon);
  EXPECT_EQ(book.begin(test_of(1, kOther), limits(), kNoon + 11h), OutcomeReason::cap_reached);
  EXPECT_EQ(book.begin(test_of(1, kOther), limits(), kNoon + 12h), OutcomeReason::none) << "a new day";
}

TEST(LineBook, LeavesALineInUseAlone) {
  const auto reason = [](Metric metric, float value, Duration age, TestLimits limit) {
    LineBook book;
    book.note_use(reading(1, metric, value, kNoon - age));
    return book.begin(test_of(1, kSector), limit, kNoon);
  };
  using enum OutcomeReason;
  EXPECT_EQ(reason(Metric::traffic_bps, 1e6F, 1min, limits()), line_in_use);
  EXPECT_EQ(reason(Metric::traffic_bps, 0.9e6F, 1min, limits()), none);
  EXPECT_EQ(reason(Metric::traffic_bps, 1e9F, 6min, limits()), none) << "too old to say";
  EXPECT_EQ(reason(Metric::utilisation, 0.1F, 1min, limits()), line_in_use);
  EXPECT_EQ(reason(Metric::utilisation, 0.09F, 1min, limits()), none);
  EXPECT_EQ(reason(Metric::rtt_ms, 1e9F, 1min, limits()), none);
  TestLimits any = limits();
  any.busy_bps = any.busy_ratio = 0;
  EXPECT_EQ(reason(Metric::traffic_bps, 1e9F, 1min, any), none);
  TestLimits careful = limits();
  careful.only_known_use = true;
  EXPECT_EQ(reason(Metric::traffic_bps, 0, 1min, careful), none);
  EXPECT_EQ(reason(Metric::traffic_bps, 0, 6min, careful), line_in_use) << "nothing is known of it";
  EXPECT_EQ(reason(Metric::rtt_ms, 0, 1min, careful), line_in_use);
}

TEST(LineBook, WakesWhoWaitsOnce) {
  LineBook book;
  int woken = 0;
  book.begin(test_of(1, kSector), limits(), kNoon);
  book.when_one_ends([&] { ++woken; });
  EXPECT_EQ(woken, 0);
  book.end(test_of(1, kSector), 0, kNoon);
  EXPECT_EQ(woken, 1);
  book.begin(test_of(1, kSector), limits(), kNoon);
  book.end(test_of(1, kSector), 0, kNoon);
  EXPECT_EQ(woken, 1);
}

TEST(TransferMeter, CountsFromTheFirstBytesToTheLast) {
  TransferMeter meter;
  EXPECT_FALSE(meter.rate_bps());
  meter.add(5s, 1000);
  EXPECT_FALSE(meter.rate_bps()) << "one moment has no rate";
  meter.add(5s + 500ms, 126'000);
  EXPECT_DOUBLE_EQ(meter.rate_bps().value(), 2e6);
  EXPECT_EQ(meter.bytes(), 125'000U);
  EXPECT_EQ(meter.lasted(), 500ms);
}

TEST(TransferMeter, LeavesOutTheSecondInWhichTcpFindsItsSpeed) {
  TransferMeter meter;
  meter.add(0s, 0);
  meter.add(1s, 100'000);
  meter.add(1900ms, 1'000'000);
  EXPECT_NEAR(meter.rate_bps().value(), 8e6 / 1.9, 1) << "not for less than a second";
  meter.add(2s, 1'100'000);
  EXPECT_DOUBLE_EQ(meter.rate_bps().value(), 8e6);
}

TEST(TransferMeter, AStallIsSlow) {
  TransferMeter meter;
  meter.stall(3s);
  EXPECT_FALSE(meter.rate_bps()) << "it never began";
  meter.add(0s, 0);
  meter.stall(1s);
  EXPECT_FALSE(meter.rate_bps()) << "nothing came";
  meter.add(1s, 1000);
  meter.stall(8s);
  EXPECT_DOUBLE_EQ(meter.rate_bps().value_or(0), 8000.0 / 7);
}

TEST(LoadCount, KnowsWhatCameBackAndWhatArrived) {
  LoadCount load(0xFFFFFFFE);  // the numbers go over the end
  EXPECT_EQ(load.next_sequence(), 0xFFFFFFFEU);
  for (int i = 0; i < 5; ++i) load.sent();
  EXPECT_EQ(load.next_sequence(), 3U);
  EXPECT_FALSE(load.arrived_count());
  load.answered(0, 0xFFFFFFFE);
  load.answered(0, 0xFFFFFFFE);  // a duplicate
  load.answered(9, 3);           // not sent yet
  load.answered(9, 0xFFFFFFFD);  // somebody else's
  load.answered(2, 2);           // the reflector counts: two of its answers came, of three that arrived
  EXPECT_EQ(load.received_count(), 2U);
  EXPECT_EQ(load.arrived_count(), 3U);
}

TEST(LoadCount, AReflectorThatCopiesNumbersDoesNotTellWhatArrived) {
  LoadCount load(77);
  for (int i = 0; i < 3; ++i) load.sent();
  load.answered(77, 77);
  load.answered(79, 79);
  EXPECT_EQ(load.received_count(), 2U);
  EXPECT_FALSE(load.arrived_count());
}

TEST(LoadCount, ASessionThatTheReflectorKnewBeforeCountsOn) {
  LoadCount load(77);
  for (int i = 0; i < 4; ++i) load.sent();
  load.answered(5000, 77);
  load.answered(5002, 79);
  EXPECT_EQ(load.arrived_count(), 3U);
}

}  // namespace
}  // namespace faultline::session
