#include "daemon/alarms/alertmanager.h"

#include "tests/unit/daemon_store/support.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace faultline::alarms {
namespace {

using store::kNoon;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// As Alertmanager 0.25 posts it.
constexpr const char* kBody = R"({
  "receiver": "faultline", "status": "firing", "version": "4", "groupKey": "{}:{}", "truncatedAlerts": 0,
  "groupLabels": {}, "commonLabels": {}, "commonAnnotations": {}, "externalURL": "http://am:9093",
  "alerts": [
    {"status": "firing", "labels": {"alertname": "SitePower", "site": "s-1", "severity": "critical"},
     "annotations": {"summary": "no mains"}, "startsAt": "2026-03-14T11:59:00.123456789Z",
     "endsAt": "0001-01-01T00:00:00Z", "generatorURL": "", "fingerprint": "a1b2c3d4e5f60718"},
    {"status": "resolved", "labels": {"alertname": "SitePower", "site": "s-2"}, "annotations": {},
     "startsAt": "2026-03-14T11:00:00Z", "endsAt": "2026-03-14T11:50:00Z", "fingerprint": "0000000000000002"}]})";

TEST(Alertmanager, ReadsFiringAndResolved) {
  const AlertBody body = read_alerts(kBody, kNoon);
  EXPECT_EQ(body.refusal, "");
  EXPECT_THAT(body.problems, IsEmpty());
  ASSERT_EQ(body.reports.size(), 2U);
  const Report& firing = body.reports[0];
  EXPECT_EQ(firing.source, Source::alertmanager);
  EXPECT_EQ(firing.id, "a1b2c3d4e5f60718");
  EXPECT_FALSE(firing.cleared);
  EXPECT_EQ(firing.raised, kNoon - std::chrono::minutes(1) + std::chrono::microseconds(123456));
  EXPECT_THAT(
      flat(firing.document),
      ElementsAre(testing::Pair("alertname", "SitePower"), testing::Pair("annotations.summary", "no mains"),
                  testing::Pair("severity", "critical"), testing::Pair("site", "s-1")));
  EXPECT_TRUE(body.reports[1].cleared);
}

TEST(Alertmanager, WithoutAFingerprintGoesByTheLabels) {
  const auto id = [](const std::string& labels) {
    return read_alerts(R"({"version": "4", "alerts": [{"status": "firing", "labels": )" + labels + "}]}",
                       kNoon)
        .reports.at(0)
        .id;
  };
  EXPECT_EQ(id(R"({"a": "1", "b": "2"})"), id(R"({"b": "2", "a": "1"})"));
  EXPECT_NE(id(R"({"a": "1", "b": "2"})"), id(R"({"a": "1", "b": "3"})"));
}

TEST(Alertmanager, RefusesWhatIsNoneOfIts) {
  for (const char* garbage :
       {"", "nonsense", "7", "[]", "{}", R"({"version": "4"})", R"({"version": "4", "alerts": 1})",
        R"({"version": "4", "alerts": {}})", "\xff\xfe", R"({"alerts": [)"})
    EXPECT_NE(read_alerts(garbage, kNoon).refusal, "") << garbage;
  EXPECT_THAT(read_alerts(R"({"version": "5", "alerts": []})", kNoon).refusal,
              HasSubstr("/version: expected \"4\""));
  EXPECT_NE(read_alerts(std::string(100'000, '['), kNoon).refusal, "");
}

TEST(Alertmanager, LeavesOutSingleAlertsThatAreWrong) {
  const AlertBody body = read_alerts(
      R"({"version": "4", "alerts": [7, {"status": "on", "labels": {}}, {"status": "firing"},
          {"status": "firing", "labels": {}}, {"status": "firing", "labels": {"x": ")" +
          std::string(kMaxDocumentBytes, 'x') + R"("}}, {"status": "firing", "labels": {"a": "b"}}]})",
      kNoon);
  EXPECT_EQ(body.refusal, "");
  EXPECT_EQ(body.reports.size(), 1U);
  EXPECT_THAT(body.problems,
              ElementsAre("/alerts/0: expected an object", "/alerts/1/status: expected firing or resolved",
                          "/alerts/2/labels: expected an object", HasSubstr("/alerts/3/fingerprint"),
                          HasSubstr("/alerts/4: labels and annotations have more than 16384 bytes")));
}

TEST(Alertmanager, FlatFieldsAreBounded) {
  std::string wide = "{";
  for (int i = 0; i < 1000; ++i) wide += (i ? ",\"f" : "\"f") + std::to_string(i) + "\": 1";
  EXPECT_LE(flat(wide + "}").size(), 256U);
  EXPECT_THAT(flat(R"({"a": {"b": {"c": {"d": {"e": 1}}}}, "l": [1], "n": null, "t": true, "x": 1.5})"),
              ElementsAre(testing::Pair("t", "true"), testing::Pair("x", testing::_)));
  EXPECT_THAT(flat("no JSON"), IsEmpty());
}

}  // namespace
}  // namespace faultline::alarms
