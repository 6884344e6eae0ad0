// The outbox's policy on a virtual clock.
#include "daemon/tickets/outbox.h"

#include "tests/unit/daemon_tickets/sample.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace faultline::tickets {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

store::OutboxRow row(std::int64_t sequence, std::string key, std::string connector = "noc") {
  store::OutboxRow r;
  r.sequence = sequence;
  r.connector = std::move(connector);
  r.ticket_key = std::move(key);
  r.operation = "update";
  return r;
}

std::vector<std::int64_t> sequences(const std::vector<store::OutboxRow>& rows) {
  std::vector<std::int64_t> found;
  for (const auto& r : rows) found.push_back(r.sequence);
  return found;
}

DeliveryResult outcome(Delivery d, std::optional<Duration> retry_after = std::nullopt) {
  return {d, "because", retry_after, {}};
}

class OutboxPolicy : public testing::Test {
 protected:
  std::vector<std::int64_t> ask(std::vector<store::OutboxRow> due) {
    EXPECT_GT(outbox_.rows_wanted("noc"), 0U);
    outbox_.question_asked("noc");
    return sequences(outbox_.admit("noc", std::move(due)));
  }
  Duration wait(std::uint32_t attempts, const DeliveryResult& result) {
    store::OutboxRow r = row(1, "FL-1");
    r.attempts = attempts;
    return outbox_.settle(r, result, kStart).next_attempt - kStart;
  }
  Outbox outbox_{{}, 42};
};

TEST_F(OutboxPolicy, SendsOneRowPerTicketInOrderOfWriting) {
  EXPECT_THAT(ask({row(3, "FL-2"), row(2, "FL-1"), row(1, "FL-1")}), ElementsAre(1, 3));
}

TEST_F(OutboxPolicy, HoldsTheNextRowUntilTheEarlierOneIsOnDisk) {
  EXPECT_THAT(ask({row(1, "FL-1")}), ElementsAre(1));
  EXPECT_THAT(ask({row(1, "FL-1"), row(2, "FL-1")}), IsEmpty()) << "in flight";
  const auto settled = outbox_.settle(row(1, "FL-1"), outcome(Delivery::done), kStart);
  EXPECT_THAT(ask({row(2, "FL-1")}), IsEmpty()) << "answered, but a kill now would send it again";
  outbox_.written(settled);
  EXPECT_THAT(ask({row(2, "FL-1")}), ElementsAre(2));
}

TEST_F(OutboxPolicy, IgnoresAnAnswerOlderThanWhatWasWritten) {
  EXPECT_THAT(ask({row(1, "FL-1")}), ElementsAre(1));
  outbox_.question_asked("noc");  // the store reads row 1 as unfinished …
  outbox_.written(outbox_.settle(row(1, "FL-1"), outcome(Delivery::done), kStart));  // … and it finishes now
  EXPECT_THAT(outbox_.admit("noc", {row(1, "FL-1"), row(4, "FL-2")}).front().ticket_key, "FL-2");
  EXPECT_TRUE(outbox_.is_outdated("noc")) << "so that FL-1's next row need not wait for a tick";
  outbox_.written(row(4, "FL-2"));
  EXPECT_THAT(ask({row(2, "FL-1")}), ElementsAre(2)) << "the next question is answered afresh";
}

TEST_F(OutboxPolicy, AsksOnceMoreIfRowsWereWrittenMeanwhile) {
  outbox_.may_have_grown("noc");
  EXPECT_FALSE(outbox_.is_outdated("noc")) << "no question was under way";
  outbox_.question_asked("noc");
  outbox_.may_have_grown("noc");
  EXPECT_THAT(outbox_.admit("noc", {}), IsEmpty());
  EXPECT_TRUE(outbox_.is_outdated("noc"));
  EXPECT_THAT(ask({}), IsEmpty());
  EXPECT_FALSE(outbox_.is_outdated("noc"));
}

TEST_F(OutboxPolicy, NeverAdmitsAFinishedRow) {
  store::OutboxRow finished = row(1, "FL-1");
  finished.state = store::OutboxState::rejected;
  EXPECT_THAT(ask({finished}), IsEmpty());
}

TEST_F(OutboxPolicy, LimitsTicketsToldAtTheSameTime) {
  std::vector<store::OutboxRow> many;
  for (int i = 1; i <= 10; ++i) many.push_back(row(i, "FL-" + std::to_string(i)));
  EXPECT_EQ(ask(many).size(), 4U);
  EXPECT_EQ(outbox_.rows_wanted("noc"), 0U);
  EXPECT_EQ(outbox_.busy("noc"), 4U);
  outbox_.written(row(1, "FL-1"));
  EXPECT_GT(outbox_.rows_wanted("noc"), 0U);
}

TEST_F(OutboxPolicy, AsksOneQuestionAtATimeAndPerConnector) {
  outbox_.question_asked("noc");
  EXPECT_EQ(outbox_.rows_wanted("noc"), 0U);
  EXPECT_GT(outbox_.rows_wanted("crm"), 0U) << "a slow connector holds up no other";
  outbox_.question_asked("crm");
  EXPECT_EQ(outbox_.admit("crm", {row(2, "FL-1", "crm")}).size(), 1U);
  EXPECT_EQ(outbox_.admit("noc", {row(1, "FL-1")}).size(), 1U);
}

TEST_F(OutboxPolicy, DoublesTheWaitWithJitterUpToTheLongest) {
  const std::pair<std::uint32_t, Duration> cases[] = {{0, seconds(1)},
                                                      {1, seconds(2)},
                                                      {2, seconds(4)},
                                                      {6, seconds(64)},
                                                      {7, seconds(120)},
                                                      {8, seconds(120)},
                                                      {4'000'000'000U, seconds(120)}};
  for (const auto& [attempts, nominal] : cases) {
    const Duration waited = wait(attempts, outcome(Delivery::retry_later));
    EXPECT_GE(waited, nominal * 3 / 4) << attempts;
    EXPECT_LE(waited, nominal * 5 / 4) << attempts;
  }
  EXPECT_NE(wait(3, outcome(Delivery::retry_later)), wait(3, outcome(Delivery::retry_later))) << "jitter";
}

TEST_F(OutboxPolicy, GivesTheSameWaitsWithTheSameSeed) {
  Outbox one({}, 7), other({}, 7);
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(one.settle(row(1, "FL-1"), outcome(Delivery::unknown), kStart).next_attempt,
              other.settle(row(1, "FL-1"), outcome(Delivery::unknown), kStart).next_attempt);
}

TEST_F(OutboxPolicy, ObeysRetryAfterWithinReason) {
  EXPECT_EQ(wait(0, outcome(Delivery::retry_later, minutes(7))), minutes(7));
  EXPECT_EQ(wait(0, outcome(Delivery::retry_later, Duration{0})), seconds(1)) << "no hammering";
  EXPECT_EQ(wait(0, outcome(Delivery::retry_later, std::chrono::hours(9000))), minutes(60));
}

TEST_F(OutboxPolicy, WritesDownWhatBecameOfEachOutcome) {
  const auto done = outbox_.settle(row(1, "FL-1"), outcome(Delivery::done), kStart);
  EXPECT_EQ(done.state, store::OutboxState::delivered);
  EXPECT_EQ(done.finished, kStart);
  EXPECT_EQ(done.attempts, 1U);
  EXPECT_EQ(done.last_error, "");
  const auto rejected = outbox_.settle(row(1, "FL-1"), outcome(Delivery::rejected), kStart);
  EXPECT_EQ(rejected.state, store::OutboxState::rejected);
  EXPECT_EQ(rejected.finished, kStart);
  EXPECT_EQ(rejected.last_error, "because");
  const auto unknown = outbox_.settle(row(1, "FL-1"), outcome(Delivery::unknown), kStart);
  EXPECT_EQ(unknown.state, store::OutboxState::uncertain);
  EXPECT_FALSE(unknown.finished);
  const auto later = outbox_.settle(unknown, outcome(Delivery::retry_later), kStart);
  EXPECT_EQ(later.state, store::OutboxState::pending);
  EXPECT_EQ(later.attempts, 2U);
}

}  // namespace
}  // namespace faultline::tickets
