#include "probes/session/shared_answer.h"

#include <gtest/gtest.h>

namespace faultline::session {
namespace {

using namespace std::chrono_literals;

constexpr EndpointIndex kA{1}, kB{2};
const SharedAnswer::Clock::time_point kNow{1h};

TEST(SharedAnswer, NobodyIsServedBeforeTheFirst) {
  EXPECT_FALSE(SharedAnswer(60s).serves(kA, kNow));
}

TEST(SharedAnswer, ServesEachOnceAnInterval) {
  SharedAnswer answer(60s);
  answer.renew(kNow);
  answer.use(kA);
  EXPECT_TRUE(answer.serves(kB, kNow + 59s)) << "new to it";
  EXPECT_FALSE(answer.serves(kA, kNow + 59s)) << "it had that";
  EXPECT_FALSE(answer.serves(kB, kNow + 60s)) << "of the last interval";
  answer.renew(kNow + 60s);
  EXPECT_TRUE(answer.serves(kA, kNow + 100s));
}

TEST(SharedAnswer, WhatHasJustComeServesAgain) {
  SharedAnswer answer(60s);
  answer.renew(kNow);
  answer.use(kA);
  EXPECT_TRUE(answer.serves(kA, kNow + 4s));
  EXPECT_FALSE(answer.serves(kA, kNow + 5s)) << "a second opinion needs another answer";
  SharedAnswer often(2s);
  often.renew(kNow);
  often.use(kA);
  EXPECT_FALSE(often.serves(kA, kNow + 500ms));
}

// Ten thousand endpoints whose starts are spread over the interval, for an hour.
TEST(SharedAnswer, IsAskedForOnceAnInterval) {
  constexpr int kEndpoints = 10'000, kRounds = 60;
  SharedAnswer answer(60s);
  int questions = 0;
  for (int round = 0; round < kRounds; ++round)
    for (int e = 0; e < kEndpoints; ++e) {
      const auto now = kNow + round * 60s + e * 60s / kEndpoints;
      const EndpointIndex endpoint{static_cast<std::uint32_t>(e)};
      if (!answer.serves(endpoint, now)) {
        ++questions;
        answer.renew(now);
      }
      answer.use(endpoint);
    }
  EXPECT_EQ(questions, kRounds);
}

}  // namespace
}  // namespace faultline::session
