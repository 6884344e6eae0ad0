// When session probes run, on a real event loop with intervals of milliseconds.
#include "probes/session/scheduler.h"

#include "tests/unit/probes_session/run_probe.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <thread>

namespace faultline::session {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

// Counts its runs and holds each of them as long as it is told to.
class FakeProbe : public SessionProbe {
 public:
  asio::awaitable<Round> run(SessionTarget target, Duration) override {
    starts.emplace_back(target.endpoint.value, Steady::now());
    most_at_once = std::max(most_at_once, ++under_way[target.endpoint.value]);
    co_await asio::this_coro::throw_if_cancelled(false);
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor, takes);
    const auto token = asio::as_tuple(asio::use_awaitable);
    const auto [error] = co_await timer.async_wait(token);
    --under_way[target.endpoint.value];
    Round round;
    round.outcome = error ? Outcome::not_measured : outcome;
    if (error) round.reason = OutcomeReason::cancelled;
    co_return round;
  }
  std::size_t starts_of(std::uint32_t endpoint) const {
    return static_cast<std::size_t>(
        std::count_if(starts.begin(), starts.end(), [&](const auto& s) { return s.first == endpoint; }));
  }

  Duration takes{0};
  Outcome outcome = Outcome::ok;
  std::vector<std::pair<std::uint32_t, Steady::time_point>> starts;
  std::map<std::uint32_t, int> under_way;
  int most_at_once = 0;
};

struct SchedulerTest : testing::Test {
  ~SchedulerTest() override {
    bool stopped = false;
    scheduler.stop([&] { stopped = true; });
    run_until(io, [&] { return stopped; });
  }
  ScheduledTarget target(std::uint32_t endpoint, Duration interval = 10ms) const {
    ScheduledTarget made;
    made.target.endpoint = EndpointIndex{endpoint};
    made.target.name = "m" + std::to_string(endpoint);
    made.target.device = "/dev/m" + std::to_string(endpoint);
    made.kind = 3;
    made.probe = probe;
    made.interval = interval;
    made.time_limit = 1s;
    return made;
  }
  void run_until_rounds(std::size_t count) {
    run_until(io, [&] { return rounds.size() >= count; });
  }

  asio::io_context io;
  std::shared_ptr<FakeProbe> probe = std::make_shared<FakeProbe>();
  std::vector<Round> rounds;
  Scheduler scheduler{io.get_executor(), [this](const Round& round) { rounds.push_back(round); }};
};

TEST_F(SchedulerTest, MeasuresAgainAndAgainAndCompletesTheRound) {
  scheduler.set_targets({target(4)});
  const Timestamp before = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  run_until_rounds(3);
  for (const Round& round : rounds) {
    EXPECT_EQ(round.endpoint, EndpointIndex{4});
    EXPECT_EQ(round.probe, 3);
    EXPECT_FALSE(round.on_demand);
    EXPECT_LE(before, round.started);
    EXPECT_LE(round.started, round.finished);
  }
  EXPECT_GT(probe->starts[2].second - probe->starts[0].second, 10ms) << "a whole interval between three";
}

TEST_F(SchedulerTest, SpreadsTheStartsOverTheInterval) {
  constexpr std::uint32_t kTargets = 50;
  constexpr Duration kInterval = 500ms;
  std::vector<ScheduledTarget> targets;
  for (std::uint32_t i = 0; i < kTargets; ++i) targets.push_back(target(i, kInterval));
  scheduler.set_targets(std::move(targets));
  run_until(io, [&] { return probe->starts.size() >= kTargets; });
  EXPECT_GT(probe->starts.back().second - probe->starts.front().second, kInterval / 2);
}

TEST_F(SchedulerTest, NeverMeasuresOneTargetTwiceAtOnceAndLeavesOutWhatItMissed) {
  probe->takes = 35ms;
  scheduler.set_targets({target(0, 10ms)});
  run_until(io, [&] { return probe->starts.size() >= 3; });
  scheduler.run_now(EndpointIndex{0}, 3);
  run_until(io, [&] { return probe->starts.size() >= 5; });
  EXPECT_EQ(probe->most_at_once, 1);
  for (std::size_t i = 1; i < probe->starts.size(); ++i)
    EXPECT_GE(probe->starts[i].second - probe->starts[i - 1].second, 35ms);
}

TEST_F(SchedulerTest, MeasuresAtOnceWhenAskedTo) {
  scheduler.set_targets({target(0, 1h), target(1, 1h)});
  scheduler.run_now(EndpointIndex{1}, 3);
  scheduler.run_now(EndpointIndex{1}, 3);
  scheduler.run_now(EndpointIndex{9}, 3);
  run_until_rounds(1);
  io.poll();
  ASSERT_EQ(rounds.size(), 1U) << "once, and nothing for an unknown endpoint";
  EXPECT_TRUE(rounds[0].on_demand);
  EXPECT_EQ(rounds[0].endpoint, EndpointIndex{1});
  scheduler.run_now(EndpointIndex{1}, 3);
  run_until_rounds(2);
}

TEST_F(SchedulerTest, ATimeOutWhileTheLoopWasHeldUpIsNotMeasured) {
  probe->takes = 100ms;
  probe->outcome = Outcome::timed_out;
  scheduler.set_targets({target(0, 1h)});
  scheduler.run_now(EndpointIndex{0}, 3);
  run_until(io, [&] { return probe->under_way[0] == 1; });
  std::this_thread::sleep_for(400ms);  // a quarter of the time limit and more
  run_until_rounds(1);
  EXPECT_EQ(rounds[0].outcome, Outcome::not_measured);
  EXPECT_EQ(rounds[0].reason, OutcomeReason::engine_late);
}

TEST_F(SchedulerTest, ATimeOutThatIsNotOursAndAnAnswerInSpiteOfADelayStay) {
  probe->takes = 100ms;
  probe->outcome = Outcome::timed_out;
  scheduler.set_targets({target(0, 1h)});
  scheduler.run_now(EndpointIndex{0}, 3);
  run_until_rounds(1);
  EXPECT_EQ(rounds[0].outcome, Outcome::timed_out);
  std::this_thread::sleep_for(400ms);  // nothing is under way
  scheduler.run_now(EndpointIndex{0}, 3);
  run_until_rounds(2);
  EXPECT_EQ(rounds[1].outcome, Outcome::timed_out);
  probe->outcome = Outcome::ok;
  scheduler.run_now(EndpointIndex{0}, 3);
  run_until(io, [&] { return probe->under_way[0] == 1; });
  std::this_thread::sleep_for(400ms);
  run_until_rounds(3);
  EXPECT_EQ(rounds[2].outcome, Outcome::ok);
}

TEST_F(SchedulerTest, KeepsTheScheduleOfWhatDidNotChange) {
  scheduler.set_targets({target(0, 300ms), target(1, 300ms)});
  run_until(io, [&] { return probe->starts_of(0) >= 1; });
  // Set anew after every handler: were the schedule begun anew each time, endpoint 0 would never run again.
  run_until(io, [&] {
    scheduler.set_targets({target(0, 300ms), target(2, 5ms)});
    return probe->starts_of(0) >= 2;
  });
  EXPECT_EQ(scheduler.size(), 2U);
  const std::size_t of_removed = probe->starts_of(1);
  run_until(io, [&] { return probe->starts_of(0) >= 3; });
  EXPECT_EQ(probe->starts_of(1), of_removed) << "what was taken away is measured no more";
  EXPECT_GE(probe->starts_of(2), 3U);
}

TEST_F(SchedulerTest, NeverTellsWhatItMeasuredOfATargetThatWentOrChanged) {
  probe->takes = 30ms;
  scheduler.set_targets({target(0, 1h)});
  scheduler.run_now(EndpointIndex{0}, 3);
  run_until(io, [&] { return !probe->starts.empty(); });
  ScheduledTarget other = target(0, 1h);
  other.target.name = "another";
  scheduler.set_targets({other});
  run_until(io, [&] { return probe->under_way[0] == 0; });
  io.poll();
  EXPECT_TRUE(rounds.empty()) << "the index may mean another endpoint now";
  scheduler.run_now(EndpointIndex{0}, 3);
  run_until_rounds(1);
}

TEST_F(SchedulerTest, StopsInTheMiddleOfAMeasurement) {
  probe->takes = 1h;
  scheduler.set_targets({target(0, 1ms), target(1, 1h)});
  run_until(io, [&] { return !probe->starts.empty(); });
  bool stopped = false;
  scheduler.stop([&] { stopped = true; });
  run_until(io, [&] { return stopped; });
  EXPECT_EQ(scheduler.size(), 0U);
  EXPECT_TRUE(rounds.empty()) << "a cancelled measurement is no round";
}

TEST_F(SchedulerTest, StopsWhatHasNotBegunYet) {
  scheduler.set_targets({target(0, 1h)});
  bool stopped = false;
  scheduler.stop([&] { stopped = true; });
  run_until(io, [&] { return stopped; });
  EXPECT_TRUE(probe->starts.empty());
}

}  // namespace
}  // namespace faultline::session
