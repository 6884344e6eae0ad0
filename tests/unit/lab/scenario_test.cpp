#include "tests/lab/scenario.h"

#include "tests/unit/lab/small_city.h"

#include <gtest/gtest.h>

namespace faultline::lab {
namespace {

using namespace std::chrono_literals;

Scenario parsed(std::string_view text) {
  auto scenario = parse_scenario(text, "s.txt");
  EXPECT_TRUE(scenario) << scenario.error().message;
  return scenario.value_or(Scenario{});
}
template <typename T>
const T& event(const Scenario& scenario, std::size_t i = 0) {
  return std::get<T>(scenario.events.at(i).what);
}

TEST(ScenarioParser, ReadsTheEventsInTheOrderOfTheirTimes) {
  const Scenario scenario = parsed(
      "# a story\n\n"
      "at 01:00:02 end   # the last\n"
      "at 02:00 restore agg-7\r\n"
      "\tat 00:40 fault agg-7 cut");
  ASSERT_EQ(scenario.events.size(), 3U);
  EXPECT_EQ(scenario.events[0].at, 40s);
  EXPECT_EQ(event<FaultEvent>(scenario).target, "agg-7");
  EXPECT_TRUE(event<FaultEvent>(scenario).condition.silent);
  EXPECT_EQ(event<RestoreEvent>(scenario, 1).target, "agg-7");
  EXPECT_EQ(scenario.end(), 3602s);
  EXPECT_FALSE(scenario.has_complaints());
}

TEST(ScenarioParser, ReadsTheSettingsOfEachKindOfFault) {
  const Scenario scenario = parsed(
      "at 00:01 fault agg-2 congestion delay=+40ms loss=3% jitter=10ms\n"
      "at 00:02 fault zone-12 power\n"
      "at 00:03 fault cell-1 signal rsrp=-12dB rsrq=-3dB sinr=-8.5dB\n"
      "at 00:04 fault cell-1 answers duplicate=5% reorder=100% reorder_by=300ms forge=1% truncate=2% "
      "unreachable=13 "
      "late=900ms\n"
      "at 00:05 fault cell-1 modem mode=nonsense\n"
      "at 00:06 fault street-1 light rx=-9dB over=20s\n");
  const FaultEvent& congestion = event<FaultEvent>(scenario, 0);
  EXPECT_EQ(congestion.condition.delay_ns, 40'000'000U);
  EXPECT_EQ(congestion.condition.jitter_ns, 10'000'000U);
  EXPECT_EQ(congestion.condition.loss, share_of(0.03));
  EXPECT_EQ(congestion.settings, "delay=+40ms loss=3% jitter=10ms");
  EXPECT_TRUE(event<FaultEvent>(scenario, 1).signal.no_service);
  const FaultEvent& signal = event<FaultEvent>(scenario, 2);
  EXPECT_EQ(signal.condition, Condition{});
  EXPECT_DOUBLE_EQ(signal.signal.rsrp_db, -12);
  EXPECT_DOUBLE_EQ(signal.signal.sinr_db, -8.5);
  const Condition& odd = event<FaultEvent>(scenario, 3).condition;
  EXPECT_EQ(odd.delay_ns, 900'000'000U);
  EXPECT_EQ(odd.odd.duplicate, share_of(0.05));
  EXPECT_EQ(odd.odd.reorder, share_of(1));
  EXPECT_EQ(odd.odd.reorder_ns, 300'000'000U);
  EXPECT_EQ(odd.odd.unreachable, 13);
  EXPECT_EQ(event<FaultEvent>(scenario, 4).signal.mode, ModemMode::nonsense);
  const FaultEvent& light = event<FaultEvent>(scenario, 5);
  EXPECT_EQ(light.condition, Condition{});
  EXPECT_DOUBLE_EQ(light.light.rx_db, -9);
  EXPECT_EQ(light.light.over, 20s);
  EXPECT_FALSE(light.light.dark);
  EXPECT_TRUE(event<FaultEvent>(scenario, 1).light.dark);
}

TEST(ScenarioParser, ReadsComplaints) {
  const Scenario scenario = parsed(
      "at 01:10 complaint near cell-0101-2 service=mobile_data delay=2min error=300m by=place\n"
      "at 01:11 complaints 20 below agg-3 within 60s\n"
      "at 01:12 complaint far-from agg-3 by=cell\n");
  EXPECT_TRUE(scenario.has_complaints());
  const ComplaintEvent& near = event<ComplaintEvent>(scenario, 0);
  EXPECT_EQ(near.where, ComplaintWhere::near);
  EXPECT_EQ(near.service, Service::mobile_data);
  EXPECT_EQ(near.delay, Duration(120s));
  EXPECT_EQ(near.error_m, 300.0);
  const ComplaintEvent& below = event<ComplaintEvent>(scenario, 1);
  EXPECT_EQ(below.count, 20U);
  EXPECT_EQ(below.within, 60s);
  EXPECT_FALSE(below.service);
  EXPECT_EQ(event<ComplaintEvent>(scenario, 2).by, ComplaintBy::cell);
}

struct Mistake {
  const char* line;
  const char* message;
};
class ScenarioMistakes : public testing::TestWithParam<Mistake> {};

TEST_P(ScenarioMistakes, SayWhereAndWhatWasExpected) {
  const auto scenario = parse_scenario(std::string("# first\n") + GetParam().line, "s.txt");
  ASSERT_FALSE(scenario);
  EXPECT_EQ(scenario.error().message, std::string("s.txt:2: ") + GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Each, ScenarioMistakes,
    testing::Values(
        Mistake{"fault a cut", "\"fault\" (expected \"at\")"},
        Mistake{"at", "expected a time at the end of the line"},
        Mistake{"at 40 end", "\"40\" (expected a time since the start as mm:ss or hh:mm:ss)"},
        Mistake{"at 00:60 end", "\"00:60\" (expected a time since the start as mm:ss or hh:mm:ss)"},
        Mistake{"at 00:61:00 end", "\"00:61:00\" (expected a time since the start as mm:ss or hh:mm:ss)"},
        Mistake{"at 00:00:00:00 end",
                "\"00:00:00:00\" (expected a time since the start as mm:ss or hh:mm:ss)"},
        Mistake{"at 00:-1 end", "\"00:-1\" (expected a time since the start as mm:ss or hh:mm:ss)"},
        Mistake{"at 00:10", "expected an event at the end of the line"},
        Mistake{"at 00:10 explode", "\"explode\" (expected fault, restore, complaint, complaints or end)"},
        Mistake{"at 00:10 end now", "\"now\" (expected nothing more)"},
        Mistake{"at 00:10 fault", "expected the name of a node or endpoint at the end of the line"},
        Mistake{"at 00:10 fault a", "expected the kind of fault at the end of the line"},
        Mistake{"at 00:10 fault a melt",
                "\"melt\" (expected one of cut, power, congestion, signal, answers, modem, light)"},
        Mistake{"at 00:10 fault a cut deep=1", "\"deep=1\" (expected nothing more)"},
        Mistake{"at 00:10 fault a congestion",
                "expected at the end of the line at least one of delay, jitter, loss"},
        Mistake{"at 00:10 fault a congestion slow",
                "\"slow\" (expected delay, jitter, loss, each as NAME=VALUE)"},
        Mistake{"at 00:10 fault a congestion loss=3% loss=4%", "loss: given twice"},
        Mistake{"at 00:10 fault a congestion loss=3", "loss: \"3\" (expected 0% to 100%)"},
        Mistake{"at 00:10 fault a congestion loss=101%", "loss: \"101%\" (expected 0% to 100%)"},
        Mistake{"at 00:10 fault a congestion loss=nan%", "loss: \"nan%\" (expected 0% to 100%)"},
        Mistake{"at 00:10 fault a congestion delay=40",
                "delay: \"40\" (expected a time span with a unit, as 40ms, 60s or 5min)"},
        Mistake{"at 00:10 fault a congestion delay=-4ms",
                "delay: \"-4ms\" (expected a time span with a unit, as 40ms, 60s or 5min)"},
        Mistake{"at 00:10 fault a congestion delay=5s", "delay: \"5s\" (expected at most 4s)"},
        Mistake{"at 00:10 fault a signal rsrp=-12", "rsrp: \"-12\" (expected a change in dB, as -12dB)"},
        Mistake{"at 00:10 fault a light", "expected at the end of the line at least one of over, rx"},
        Mistake{"at 00:10 fault a light rx=-9", "rx: \"-9\" (expected a change in dB, as -12dB)"},
        Mistake{"at 00:10 fault a answers unreachable=16",
                "unreachable: \"16\" (expected a whole number from 0 to 15)"},
        Mistake{"at 00:10 fault a modem mode=drunk",
                "mode: \"drunk\" (expected one of normal, silent, nonsense, gone)"},
        Mistake{"at 00:10 restore", "expected the name of a node or endpoint at the end of the line"},
        Mistake{"at 00:10 complaint in a", "\"in\" (expected near or far-from)"},
        Mistake{"at 00:10 complaint near a service=gas",
                "service: \"gas\" (expected one of unknown, mobile_voice, mobile_data, messaging, internet, "
                "telephony, tv)"},
        Mistake{"at 00:10 complaint near a error=300",
                "error: \"300\" (expected a distance, as 300m or 2km)"},
        Mistake{"at 00:10 complaints 0 below a within 1s",
                "\"0\" (expected a whole number from 1 to 100000)"},
        Mistake{"at 00:10 complaints 5 above a within 1s", "\"above\" (expected \"below\")"},
        Mistake{"at 00:10 complaints 5 below a", "\"the end of the line\" (expected \"within\")"},
        Mistake{"at 00:10 complaints 5 below a within soon",
                "\"soon\" (expected a time span with a unit, as 40ms, 60s or 5min)"}));

class ScenarioTargets : public testing::TestWithParam<Mistake> {};

TEST_P(ScenarioTargets, AreHeldAgainstTheInventory) {
  const LabInventory city = test::small_city();
  const Scenario scenario = parsed(GetParam().line);
  const auto checked = check_targets(scenario, *city.topology, "s.txt");
  if (GetParam().message == nullptr) {
    EXPECT_TRUE(checked) << checked.error().message;
  } else {
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().message, std::string("s.txt:") + GetParam().message);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Each, ScenarioTargets,
    testing::Values(
        Mistake{
            "at 00:01 fault agg-1 cut\nat 00:02 fault everything congestion loss=3%\nat 00:03 restore agg-1",
            nullptr},
        Mistake{"at 00:01 fault agg-9 cut",
                "1: \"agg-9\" (expected the name of a node or endpoint of the inventory)"},
        Mistake{"at 00:01 restore agg-1", "1: restore agg-1: it has no fault by then"},
        Mistake{"at 00:03 fault agg-1 cut\nat 00:02 restore agg-1",
                "2: restore agg-1: it has no fault by then"},
        Mistake{"at 00:01 complaint near agg-1", "1: \"agg-1\" (expected the name of an endpoint)"},
        Mistake{"at 00:01 complaint near lost", "1: lost: the inventory says no place for it"},
        Mistake{"at 00:01 complaint near lost by=line", nullptr},
        Mistake{"at 00:01 complaints 3 below nowhere within 1s",
                "1: \"nowhere\" (expected the name of a node or endpoint of the inventory)"}));

TEST(ScenarioTime, IsWrittenAsItIsRead) {
  EXPECT_EQ(time_text(40s), "00:40");
  EXPECT_EQ(time_text(3700s), "01:01:40");
}

}  // namespace
}  // namespace faultline::lab
