#include "daemon/store/history.h"

#include "tests/unit/daemon_store/support.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <cmath>
#include <fstream>

namespace faultline::store {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

TEST(HistoryValueTest, KeepsNumbersWithinItsErrorAndBoundsOnTheirSide) {
  for (double value : {0.0, 1e-4, 0.02, 0.333, 1.0, 17.25, 999.9, 1.5e9, -3.2, -97.5, -140.0}) {
    const double near = from_compact(to_compact(value, 0));
    EXPECT_NEAR(near, value, std::abs(value) * 0.0006) << value;
    EXPECT_LE(from_compact(to_compact(value, -1)), value + std::abs(value) * 1e-5);
    EXPECT_GE(from_compact(to_compact(value, 1)), value - std::abs(value) * 1e-5);
    EXPECT_NEAR(from_compact(to_compact(value, 1)), value, std::abs(value) * 0.0012);
    for (int round : {-1, 0, 1})  // coding what was decoded changes nothing: merging does not drift
      EXPECT_EQ(to_compact(near, round), to_compact(value, 0)) << value;
  }
  EXPECT_EQ(from_compact(to_compact(1e300, 0)), from_compact(to_compact(1e12, 0)));
  EXPECT_GT(from_compact(to_compact(1e-9, 1)), 0);
  EXPECT_EQ(from_compact(to_compact(std::nan(""), 0)), 0);
}

Summary summary_of(std::initializer_list<float> values) {
  Summary s;
  for (float v : values) s.add(v);
  return s;
}

struct HistoryFileTest : testing::Test {
  TemporaryDirectory directory;
  std::filesystem::path path = directory / "a.history";
  HistoryFile open() { return std::move(*HistoryFile::open(path)); }
  static void merge(HistoryFile& file, Timestamp t, std::uint32_t slot, std::initializer_list<float> values) {
    const std::vector<HistoryFile::SlotSummary> list{{slot, false, summary_of(values)}};
    ASSERT_TRUE(file.merge(t, list));
  }
};

TEST_F(HistoryFileTest, MergesIntoAnIntervalAndMakesItsHour) {
  HistoryFile file = open();
  merge(file, kNoon, 3, {1, 2, 3});
  merge(file, kNoon + 5min, 3, {10});
  merge(file, kNoon + 50min, 3, {20, 20});
  merge(file, kNoon, 4, {99});
  const auto fine = *file.read(3, Resolution::ten_minutes, kNoon, kNoon + 1h);
  ASSERT_EQ(fine.size(), 2U);
  EXPECT_EQ(fine[0].begins, kNoon);
  EXPECT_EQ(fine[0].count, 4U);
  EXPECT_NEAR(fine[0].minimum, 1, 0.002);
  EXPECT_NEAR(fine[0].mean, 4, 0.01);
  EXPECT_NEAR(fine[0].maximum, 10, 0.02);
  EXPECT_EQ(fine[1].begins, kNoon + 50min);
  const auto hours = *file.read(3, Resolution::hour, kNoon - 5h, kNoon + 5h);
  ASSERT_EQ(hours.size(), 1U);
  EXPECT_EQ(hours[0].count, 6U);
  EXPECT_NEAR(hours[0].mean, 56.0 / 6, 0.03);
}

TEST_F(HistoryFileTest, ANewRoundOfTheRingCoversTheOld) {
  HistoryFile file = open();
  merge(file, kNoon, 0, {1});
  merge(file, kNoon + std::chrono::days(8), 0, {2});
  EXPECT_TRUE(file.read(0, Resolution::ten_minutes, kNoon, kNoon + 10min)->empty());
  EXPECT_EQ(file.read(0, Resolution::ten_minutes, kNoon, kNoon + std::chrono::days(9))->size(), 1U);
  EXPECT_EQ(file.read(0, Resolution::hour, kNoon, kNoon + std::chrono::days(9))->size(), 2U);
}

TEST_F(HistoryFileTest, SlotsOfOtherBlocksKeepApart) {
  HistoryFile file = open();
  const std::vector<HistoryFile::SlotSummary> list{{509, false, summary_of({1})},
                                                   {510, false, summary_of({2})}};
  ASSERT_TRUE(file.merge(kNoon, list));
  EXPECT_NEAR(file.read(509, Resolution::hour, kNoon, kNoon + 1h)->at(0).mean, 1, 0.01);
  EXPECT_NEAR(file.read(510, Resolution::hour, kNoon, kNoon + 1h)->at(0).mean, 2, 0.01);
}

TEST_F(HistoryFileTest, ATornPageIsFoundAndReadAsEmpty) {
  {
    HistoryFile file = open();
    merge(file, kNoon, 0, {1});
  }
  {
    std::fstream raw(path, std::ios::in | std::ios::out | std::ios::binary);
    const auto column = interval_of(kNoon, Resolution::ten_minutes) % kTenMinuteColumns;
    raw.seekp((1 + column) * 4096 + 2048);
    raw << "torn";
  }
  HistoryFile file = open();
  EXPECT_TRUE(file.read(0, Resolution::ten_minutes, kNoon, kNoon + 10min)->empty());
  EXPECT_EQ(file.damaged_pages(), 1U);
  EXPECT_EQ(file.read(0, Resolution::hour, kNoon, kNoon + 1h)->size(), 1U) << "its hour is another page";
  merge(file, kNoon, 0, {5});
  EXPECT_EQ(file.read(0, Resolution::ten_minutes, kNoon, kNoon + 10min)->size(), 1U);
}

TEST_F(HistoryFileTest, IsSparse) {
  HistoryFile file = open();
  merge(file, kNoon, 5000, {1});
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_GT(status.st_size, 300'000'000);
  EXPECT_LT(status.st_blocks * 512, 100'000);
}

TEST_F(HistoryFileTest, RefusesAnotherFile) {
  std::ofstream(path) << "something else";
  EXPECT_THAT(HistoryFile::open(path).error().message, HasSubstr("move it away"));
}

struct HistoryTest : testing::Test {
  TemporaryDirectory directory;
  ManualLoop loop;
  std::unique_ptr<Store> store = open_store(directory / "a.db", loop.poster());
  std::shared_ptr<const Topology> topology = make_topology(3);
  std::unique_ptr<History> history = std::move(*History::open(directory / "a.history", *store));

  void SetUp() override {
    history->set_topology(topology, kNoon);
    history->roll(kNoon);
  }
  EndpointIndex cell(const char* name) { return *topology->find_endpoint(name); }
  void flush(Timestamp now) {
    bool done = false;
    history->flush(now, [&](Result<void> result) {
      EXPECT_TRUE(result) << result.error().message;
      done = true;
    });
    loop.run_until([&] { return done; });
  }
  std::vector<HistoryPoint> points(const char* endpoint, Metric metric, Timestamp from = kNoon - 1h) {
    std::optional<std::vector<HistoryPoint>> found;
    history->query(endpoint, metric, Resolution::ten_minutes, from, from + 24h,
                   [&](Result<std::vector<HistoryPoint>> result) { found = std::move(*result); });
    loop.run_until([&] { return found.has_value(); });
    return *found;
  }
};

TEST_F(HistoryTest, ARoundsValuesAreThereWhenTheIntervalHasEnded) {
  Round round;
  round.endpoint = cell("cell-2");
  round.outcome = Outcome::partial;
  round.packets.sent = 5;
  round.packets.received = 4;
  round.rtt.median_ms = 12;
  round.add(Metric::rsrp_dbm, -97);
  history->add(round);
  round.outcome = Outcome::not_measured;
  history->add(round);
  history->roll(kNoon + 9min);
  history->roll(kNoon + 10min);
  EXPECT_TRUE(store->write_now([](Database&) -> Result<void> { return {}; }));
  ASSERT_EQ(points("cell-2", Metric::rtt_ms).size(), 1U);
  EXPECT_EQ(points("cell-2", Metric::rtt_ms)[0].begins, kNoon);
  EXPECT_EQ(points("cell-2", Metric::rtt_ms)[0].count, 1U);
  EXPECT_NEAR(points("cell-2", Metric::loss_ratio)[0].mean, 0.2, 0.001);
  EXPECT_NEAR(points("cell-2", Metric::rsrp_dbm)[0].mean, -97, 0.1);
  EXPECT_TRUE(points("cell-2", Metric::ipdv_ms).empty()) << "no value, no point";
  EXPECT_TRUE(points("cell-1", Metric::rtt_ms).empty());
  EXPECT_TRUE(points("nobody", Metric::rtt_ms).empty());
}

TEST_F(HistoryTest, IsThereAfterARestart) {
  history->add(cell("cell-1"), Metric::rtt_ms, 10);
  flush(kNoon + 1min);
  history.reset();
  store.reset();
  store = open_store(directory / "a.db", loop.poster());
  history = std::move(*History::open(directory / "a.history", *store));
  history->set_topology(topology, kNoon);
  history->roll(kNoon + 2min);
  history->add(cell("cell-1"), Metric::rtt_ms, 20);
  flush(kNoon + 3min);
  const auto found = points("cell-1", Metric::rtt_ms);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].count, 2U);
  EXPECT_NEAR(found[0].mean, 15, 0.02);
}

TEST_F(HistoryTest, ASlotThatIsFreeAgainShowsNothingOfItsFormerOwner) {
  history->add(cell("cell-3"), Metric::rtt_ms, 30);
  flush(kNoon + 1min);
  const auto smaller = make_topology(2, topology.get());
  history->set_topology(smaller, kNoon + 2min);
  const auto released = [](Database& db) {
    return db.number("SELECT count(*) FROM history_series WHERE released IS NOT NULL");
  };
  // The answer of the scan queues the release; other answers may come before it.
  while (store->query_now(released) != 1) {
    if (loop.waiting() > 0) loop.run_one();
    ASSERT_TRUE(store->write_now([](Database&) -> Result<void> { return {}; }));
  }
  history->add(cell("cell-3"), Metric::rtt_ms, 31);  // retired: left out
  history->add(cell("cell-1"), Metric::rtt_ms, 10);
  flush(kNoon + 3min);
  EXPECT_EQ(store->query_now([](Database& db) { return db.number("SELECT count(*) FROM history_series"); }),
            1)
      << "the slot was to be used again";
  const auto found = points("cell-1", Metric::rtt_ms);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].count, 1U);
  EXPECT_NEAR(found[0].maximum, 10, 0.02);
  EXPECT_TRUE(points("cell-3", Metric::rtt_ms).empty());
}

TEST_F(HistoryTest, AClockThatJumpsBackLosesNothing) {
  history->roll(kNoon - 2h);
  history->add(cell("cell-1"), Metric::rtt_ms, 5);
  history->roll(kNoon);
  history->add(cell("cell-1"), Metric::rtt_ms, 10);
  history->roll(kNoon - 1h);
  history->add(cell("cell-1"), Metric::rtt_ms, 20);
  flush(kNoon - 1h);
  EXPECT_EQ(points("cell-1", Metric::rtt_ms, kNoon - 2h).size(), 3U);
}

}  // namespace
}  // namespace faultline::store
