#include "daemon/app/self_check.h"

#include <gtest/gtest.h>

namespace faultline::app {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp kBegin{1'000'000s};

Round round_of(std::size_t reference, Timestamp finished, std::uint16_t received) {
  Round round;
  round.endpoint = SelfCheck::reference(reference);
  round.finished = finished;
  round.packets.sent = 2;
  round.packets.received = received;
  return round;
}
struct SelfCheckTest : testing::Test {
  void answers(std::size_t reference, Timestamp at) { check.on_round(round_of(reference, at, 1)); }
  void is_silent(std::size_t reference, Timestamp at) { check.on_round(round_of(reference, at, 0)); }
  SelfCheck check;
};

TEST_F(SelfCheckTest, IsHealthyWithoutReferences) {
  EXPECT_TRUE(check.healthy(kBegin));
  is_silent(0, kBegin);
  EXPECT_TRUE(check.healthy(kBegin)) << "nobody asked for that one";
}

TEST_F(SelfCheckTest, IsHealthyUntilSomethingWasMeasured) {
  check.set_references(3);
  EXPECT_TRUE(check.healthy(kBegin));
}

TEST_F(SelfCheckTest, NeedsTwoReferencesThatAnswer) {
  check.set_references(3);
  answers(0, kBegin);
  answers(1, kBegin);
  is_silent(2, kBegin);
  EXPECT_TRUE(check.healthy(kBegin));
  is_silent(1, kBegin + 2s);
  EXPECT_FALSE(check.healthy(kBegin + 2s));
  answers(1, kBegin + 4s);
  EXPECT_TRUE(check.healthy(kBegin + 4s));
}

TEST_F(SelfCheckTest, NeedsTheOneReferenceThatThereIs) {
  check.set_references(1);
  answers(0, kBegin);
  EXPECT_TRUE(check.healthy(kBegin));
  is_silent(0, kBegin + 2s);
  EXPECT_FALSE(check.healthy(kBegin + 2s));
}

TEST_F(SelfCheckTest, AnAnswerOfTenSecondsAgoIsNone) {
  check.set_references(1);
  answers(0, kBegin);
  EXPECT_TRUE(check.healthy(kBegin + 9999ms));
  EXPECT_FALSE(check.healthy(kBegin + 10s));
}

TEST_F(SelfCheckTest, ForgetsAllWithNewReferences) {
  check.set_references(2);
  is_silent(0, kBegin);
  is_silent(1, kBegin);
  EXPECT_FALSE(check.healthy(kBegin));
  check.set_references(2);
  EXPECT_TRUE(check.healthy(kBegin));
}

TEST_F(SelfCheckTest, PassesOverRoundsOfTheInventory) {
  check.set_references(1);
  answers(0, kBegin);
  Round round = round_of(0, kBegin, 0);
  round.endpoint = EndpointIndex{0};
  check.on_round(round);
  check.on_round(round_of(7, kBegin, 0));
  EXPECT_TRUE(check.healthy(kBegin));
  EXPECT_FALSE(SelfCheck::is_reference(EndpointIndex{999'999}));
  EXPECT_TRUE(SelfCheck::is_reference(SelfCheck::reference(0)));
}

}  // namespace
}  // namespace faultline::app
