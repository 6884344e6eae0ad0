#include "daemon/alarms/mapping.h"

#include "daemon/alarms/targets.h"
#include "daemon/alarms/x733.h"
#include "daemon/config/config.h"
#include "tests/unit/daemon_store/support.h"

#include <gtest/gtest.h>

#include <string>

namespace faultline::alarms {
namespace {

using store::make_topology;

Mapping mapping_of(const std::string& rules) {
  config::Problems problems;
  const auto config = config::parse_config("alarms: {rules: [" + rules + "]}", "x", "", problems);
  return config ? config->alarms : Mapping{};
}

class AlarmMapping : public testing::Test {
 protected:
  AlarmMapping() {
    inventory_.topology = make_topology(3);
    inventory_.access.resize(3);
    inventory_.access[0].address = "10.0.0.1";
    inventory_.access[1].address = "10.0.0.2";
    inventory_.access[2].address = "10.0.0.2";
  }
  Mapped run(const std::string& rules, Fields fields, Source source = Source::alertmanager) const {
    const TargetFinder finder(inventory_);
    return map(mapping_of(rules), facts_of(source, std::move(fields)),
               [&](std::string_view text, Among among) { return finder.find(text, among); });
  }
  std::string target_of(const Mapped& mapped) const {
    if (mapped.target.node) return inventory_.topology->node(*mapped.target.node).name;
    if (mapped.target.endpoint) return inventory_.topology->endpoint(*mapped.target.endpoint).name;
    return "nothing";
  }
  inventory::Inventory inventory_;
};

TEST(AlarmGlob, Matches) {
  struct Case {
    const char *pattern, *text;
    bool fits;
  };
  for (const Case& c :
       {Case{"a", "a", true}, Case{"a", "b", false}, Case{"*", "", true}, Case{"", "", true},
        Case{"", "a", false}, Case{"a*", "abc", true}, Case{"*c", "abc", true}, Case{"a*c*e", "abcde", true},
        Case{"a*c*e", "abcd", false}, Case{"a?c", "abc", true}, Case{"a?c", "ac", false},
        Case{"*aab", "aaab", true}, Case{"**", "x", true}, Case{"a.b", "axb", false}})
    EXPECT_EQ(matches(c.pattern, c.text), c.fits) << c.pattern << " of " << c.text;
  EXPECT_FALSE(matches("*a*a*a*a*a*a*a*a*b", std::string(5000, 'a'))) << "and it does not take forever";
}

TEST(AlarmNames, OfX733GiveKinds) {
  const auto kind = [](const char* cause, const char* type = "") {
    return kind_of(plain(cause), plain(type));
  };
  EXPECT_EQ(kind("powerProblem"), AlarmKind::power);
  EXPECT_EQ(kind("Power Problem"), AlarmKind::power);
  EXPECT_EQ(kind("rectifierLowVoltage"), AlarmKind::power);
  EXPECT_EQ(kind("batteryFailure"), AlarmKind::equipment) << "the mains is there";
  EXPECT_EQ(kind("lossOfSignal"), AlarmKind::loss_of_signal);
  EXPECT_EQ(kind("dying-gasp"), AlarmKind::dying_gasp);
  EXPECT_EQ(kind("temperatureUnacceptable"), AlarmKind::temperature);
  EXPECT_EQ(kind("somethingOfAVendor", "equipmentAlarm"), AlarmKind::equipment);
  EXPECT_EQ(kind("thresholdCrossed", "qualityOfServiceAlarm"), std::nullopt);
  EXPECT_EQ(kind(""), std::nullopt);
}

TEST_F(AlarmMapping, WithoutRulesGoesByX733AndTheUsualFields) {
  const Mapped mapped =
      run("", {{"probableCause", "powerProblem"}, {"alarmedObject.id", "s-2"}}, Source::tmf642);
  EXPECT_EQ(mapped.verdict, Verdict::mapped);
  EXPECT_EQ(mapped.kind, AlarmKind::power);
  EXPECT_EQ(target_of(mapped), "s-2");
}

TEST_F(AlarmMapping, TheFirstRuleThatFitsDecides) {
  const std::string rules =
      "{match: {source: alertmanager, fields: {alertname: Site*}}, kind: power, node: 's-{number}'},"
      "{match: {fields: {alertname: [SiteX, 'Line?']}}, kind: loss_of_signal, endpoint: '{line}'},"
      "{match: {severity: [info, 'none']}, ignore: true}";
  const Mapped site = run(rules, {{"alertname", "SiteX"}, {"number", "3"}, {"line", "cell-1"}});
  EXPECT_EQ(site.kind, AlarmKind::power);
  EXPECT_EQ(target_of(site), "s-3");
  const Mapped line = run(rules, {{"alertname", "LineA"}, {"line", "cell-1"}});
  EXPECT_EQ(line.kind, AlarmKind::loss_of_signal);
  EXPECT_EQ(target_of(line), "cell-1");
  EXPECT_EQ(run(rules, {{"alertname", "X"}, {"severity", "Info"}}).verdict, Verdict::ignored);
  EXPECT_EQ(run(rules, {{"alertname", "SiteX"}, {"number", "3"}}, Source::trap).verdict, Verdict::no_target)
      << "the second, whose field is not there";
  EXPECT_EQ(run(rules, {{"alertname", "X"}}).verdict, Verdict::no_kind);
}

TEST_F(AlarmMapping, ARuleMayLeaveKindOrTargetToTheDefaults) {
  EXPECT_EQ(target_of(run("{match: {fields: {a: '*'}}, kind: power}", {{"a", ""}, {"node", "agg-7"}})),
            "agg-7");
  const Mapped mapped = run("{match: {probable_cause: power*}, node: '{site}'}",
                            {{"probable_cause", "power problem"}, {"site", "s-1"}});
  EXPECT_EQ(mapped.kind, AlarmKind::power);
  EXPECT_EQ(target_of(mapped), "s-1");
}

TEST_F(AlarmMapping, FindsByNameAndByAddress) {
  const auto found = [&](const char* instance) {
    return target_of(run("{match: {}, kind: power}", {{"instance", instance}}));
  };
  EXPECT_EQ(found("cell-2"), "cell-2");
  EXPECT_EQ(found("10.0.0.1"), "cell-1");
  EXPECT_EQ(found("10.0.0.1:9100"), "cell-1");
  EXPECT_EQ(found("s-1:9100"), "s-1");
  EXPECT_EQ(found("s-1.noc.example:9100"), "s-1");
  EXPECT_EQ(found("10.0.0.2"), "nothing") << "two endpoints have it";
  EXPECT_EQ(found("s-9"), "nothing");
  EXPECT_EQ(found(""), "nothing");
  const Mapped node = run("{match: {}, kind: power, node: '{instance}'}", {{"instance", "cell-2"}});
  EXPECT_EQ(node.verdict, Verdict::no_target) << "an endpoint is no node";
  EXPECT_EQ(node.looked_for, "cell-2");
}

TEST_F(AlarmMapping, WhatLeftTheInventoryIsNoTarget) {
  inventory_.topology = make_topology(1, inventory_.topology.get());
  EXPECT_EQ(run("{match: {}, kind: power}", {{"node", "s-3"}}).verdict, Verdict::no_target);
}

}  // namespace
}  // namespace faultline::alarms
