#include "daemon/alarms/desk.h"

#include "tests/unit/daemon_store/support.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace faultline::alarms {
namespace {

using store::kNoon;
using testing::ElementsAre;
using testing::IsEmpty;

class AlarmDesk : public testing::Test {
 protected:
  AlarmDesk() { open(); }
  void open(DeskLimits limits = {}) {
    desk_.reset();
    store_.reset();
    store_ = store::open_store(directory_ / "desk.db", loop_.poster());
    DeskHooks hooks;
    hooks.now = [this] { return now_; };
    hooks.post = loop_.poster();
    hooks.tell = [this](const Alarm& alarm) {
      told_.push_back(fmt::format("{}{} {} at {}", alarm.cleared ? "end of " : "", alarm.id, name(alarm.kind),
                                  alarm.node ? topology_->node(*alarm.node).name : "an endpoint"));
    };
    hooks.count = [this](Source, Fate fate, const std::string& about) {
      ++counts_[fate];
      about_ = about;
    };
    desk_ = std::make_unique<Desk>(*store_, hooks, limits);
    configure();
    desk_->restore(
        store::must(store_->query_now([](store::Database& db) { return store::list_alarms(db); })));
  }
  void configure() {
    desk_->configure(mapping_, [this](std::string_view text, Among) -> std::optional<Target> {
      const auto node = topology_->find_node(text);
      if (!node) return std::nullopt;
      return Target{*node, std::nullopt};
    });
  }
  static Report report(const std::string& id, const std::string& node, bool cleared = false,
                       const std::string& cause = "powerProblem", Source source = Source::alertmanager) {
    return {source, id, kNoon, cleared,
            fmt::format(R"({{"node": "{}", "probableCause": "{}"}})", node, cause)};
  }
  std::vector<Fate> submit(std::vector<Report> reports) {
    std::optional<std::vector<Fate>> fates;
    desk_->submit(std::move(reports), [&](const std::vector<Fate>& got, const Result<void>& stored) {
      EXPECT_TRUE(stored) << stored.error().message;
      fates = got;
    });
    loop_.run_until([&] { return fates.has_value(); });
    return *fates;
  }

  store::TemporaryDirectory directory_;
  store::ManualLoop loop_;
  std::shared_ptr<const Topology> topology_ = store::make_topology(3);
  Mapping mapping_;
  Timestamp now_ = kNoon;
  std::unique_ptr<store::Store> store_;
  std::vector<std::string> told_;
  std::map<Fate, int> counts_;
  std::string about_;
  std::unique_ptr<Desk> desk_;
};

TEST_F(AlarmDesk, TellsTheRulesOfBeginningAndEnd) {
  EXPECT_THAT(submit({report("a", "s-1")}), ElementsAre(Fate::raised));
  EXPECT_THAT(submit({report("a", "s-1")}), ElementsAre(Fate::repeated));
  EXPECT_EQ(desk_->open(), 1U);
  EXPECT_THAT(submit({report("a", "s-1", true)}), ElementsAre(Fate::cleared));
  EXPECT_THAT(submit({report("a", "s-1", true)}), ElementsAre(Fate::unknown_clear));
  EXPECT_THAT(told_, ElementsAre("alertmanager/a power at s-1", "end of alertmanager/a power at s-1"));
  EXPECT_EQ(desk_->open(), 0U);
}

TEST_F(AlarmDesk, TheSameIdOfTwoSourcesIsTwoAlarms) {
  submit({report("a", "s-1"), report("a", "s-2", false, "powerProblem", Source::trap)});
  submit({report("a", "s-1", true)});
  EXPECT_THAT(told_, ElementsAre("alertmanager/a power at s-1", "trap/a power at s-2",
                                 "end of alertmanager/a power at s-1"));
}

TEST_F(AlarmDesk, CountsWhatMapsToNothingAndSaysWhatItLookedFor) {
  EXPECT_THAT(submit({report("a", "s-9")}), ElementsAre(Fate::no_target));
  EXPECT_EQ(about_, "a (s-9)");
  EXPECT_THAT(submit({report("b", "s-1", false, "somethingElse")}), ElementsAre(Fate::no_kind));
  EXPECT_THAT(told_, IsEmpty());
  EXPECT_EQ(counts_[Fate::no_target], 1);
  EXPECT_EQ(counts_[Fate::no_kind], 1);
  EXPECT_EQ(desk_->open(), 2U);
}

TEST_F(AlarmDesk, AMendedConfigurationFindsWhatIsOn) {
  submit({report("a", "s-4"), report("b", "s-1", false, "somethingElse"), report("c", "s-2")});
  told_.clear();
  topology_ = store::make_topology(4, topology_.get());
  MappingRule rule;
  rule.match.causes = {"somethingelse"};
  rule.kind = AlarmKind::loss_of_signal;
  mapping_.rules = {rule};
  configure();
  EXPECT_THAT(told_, ElementsAre("alertmanager/a power at s-4", "alertmanager/b loss_of_signal at s-1"));
}

TEST_F(AlarmDesk, AnotherMeaningTakesThePlaceOfTheFirst) {
  submit({report("a", "s-1")});
  submit({report("a", "s-1", false, "lossOfSignal")});
  submit({report("a", "s-9", false, "lossOfSignal")});
  EXPECT_THAT(told_, ElementsAre("alertmanager/a power at s-1", "alertmanager/a loss_of_signal at s-1",
                                 "end of alertmanager/a loss_of_signal at s-1"));
}

TEST_F(AlarmDesk, IgnoresWhatARuleIgnores) {
  submit({report("a", "s-1")});
  MappingRule rule;
  rule.ignore = true;
  mapping_.rules = {rule};
  configure();
  EXPECT_THAT(submit({report("a", "s-1"), report("b", "s-1")}), ElementsAre(Fate::ignored, Fate::ignored));
  EXPECT_EQ(desk_->open(), 0U);
  EXPECT_EQ(told_.back(), "end of alertmanager/a power at s-1");
}

TEST_F(AlarmDesk, WhatIsOnSurvivesARestart) {
  submit({report("a", "s-1"), report("b", "s-2"), report("c", "s-9")});
  submit({report("b", "s-2", true), report("t", "s-3", true, "powerProblem", Source::tmf642)});
  told_.clear();
  open();
  EXPECT_THAT(told_, ElementsAre("alertmanager/a power at s-1"));
  EXPECT_EQ(desk_->open(), 2U);
  ASSERT_NE(desk_->find(Source::tmf642, "t"), nullptr);
  EXPECT_TRUE(desk_->find(Source::tmf642, "t")->cleared);
  submit({report("a", "s-1", true)});
  EXPECT_EQ(told_.back(), "end of alertmanager/a power at s-1");
}

TEST_F(AlarmDesk, WhatIsNotToldAgainExpires) {
  submit({report("a", "s-1"), report("b", "s-2")});
  now_ += std::chrono::hours(24 * 5);
  submit({report("b", "s-2")});
  now_ += std::chrono::hours(24 * 3);
  desk_->tick();
  EXPECT_EQ(told_.back(), "end of alertmanager/a power at s-1");
  EXPECT_EQ(counts_[Fate::expired], 1);
  EXPECT_EQ(desk_->open(), 1U);
}

TEST_F(AlarmDesk, ABurstIsBounded) {
  std::vector<Report> burst;
  for (int i = 0; i < 10'000; ++i) burst.push_back(report(fmt::format("{}", i), "s-1"));
  submit(burst);
  EXPECT_EQ(desk_->open(), 10'000U);
  EXPECT_EQ(counts_[Fate::raised], 10'000);
  open({.open = 10'050, .document_bytes = 1'000'000, .cleared = 10});
  burst.clear();
  for (int i = 0; i < 100; ++i) burst.push_back(report(fmt::format("more {}", i), "s-1"));
  const auto fates = submit(burst);
  EXPECT_EQ(std::count(fates.begin(), fates.end(), Fate::full), 50);
  EXPECT_EQ(desk_->open(), 10'050U);
  EXPECT_THAT(submit({report("0", "s-1", true), report("last", "s-1")}),
              ElementsAre(Fate::cleared, Fate::raised));
}

TEST_F(AlarmDesk, TextIsBoundedToo) {
  open({.open = 100, .document_bytes = 1000, .cleared = 10});
  Report large = report("a", std::string(900, 'x'));
  EXPECT_THAT(submit({large, large, report("b", std::string(200, 'y'))}),
              ElementsAre(Fate::no_target, Fate::no_target, Fate::full));
  large.document = R"({"node": "s-1", "probableCause": "powerProblem"})";
  EXPECT_THAT(submit({large, report("b", std::string(200, 'y'))}),
              ElementsAre(Fate::raised, Fate::no_target));
}

TEST_F(AlarmDesk, KeepsSomeOfTheTmfAlarmsThatAreOver) {
  open({.open = 100, .document_bytes = 100'000, .cleared = 2});
  for (int i = 0; i < 5; ++i)
    submit({report(fmt::format("{}", i), "s-1", false, "powerProblem", Source::tmf642)});
  for (int i = 0; i < 5; ++i)
    submit({report(fmt::format("{}", i), "s-1", true, "powerProblem", Source::tmf642)});
  EXPECT_EQ(desk_->all(Source::tmf642).size(), 2U);
  EXPECT_EQ(desk_->find(Source::tmf642, "2"), nullptr);
  open();
  EXPECT_EQ(desk_->all(Source::tmf642).size(), 2U);
  EXPECT_EQ(desk_->open(), 0U);
}

}  // namespace
}  // namespace faultline::alarms
