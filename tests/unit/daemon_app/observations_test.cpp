#include "daemon/app/observations.h"

#include <gmock/gmock.h>

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace faultline::app {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct ObservationsTest : testing::Test {
  void hear(SessionNote::Kind kind, const std::string& what, const std::string& text,
            bool on_demand = false) {
    Round round;
    round.endpoint = EndpointIndex{0};
    round.on_demand = on_demand;
    const SessionNote note{kind, what, text};
    observations.hear(round, std::span(&note, 1), *topology);
  }
  static std::shared_ptr<const Topology> one_endpoint() {
    EndpointRecord record;
    record.endpoint.name = "modem-1";
    return Topology::build({}, {record}).value();
  }

  std::shared_ptr<const Topology> topology = one_endpoint();
  std::vector<std::string> events;
  std::vector<Alarm> alarms;
  Observations observations{
      [this](Timestamp, const std::string& kind, const std::string& subject, const std::string& reason) {
        events.push_back(kind + " " + subject + ": " + reason);
      },
      [this](const Alarm& alarm) { alarms.push_back(alarm); }};
};

TEST_F(ObservationsTest, AFactThatChangesIsAnEventOnce) {
  using enum SessionNote::Kind;
  hear(fact, "cell", "262-01 1234");
  hear(fact, "cell", "262-01 1234");
  hear(fact, "modem", "EG25");
  EXPECT_THAT(events, IsEmpty());
  hear(fact, "cell", "262-01 5678");
  hear(fact, "cell", "262-01 5678");
  EXPECT_THAT(events, ElementsAre("endpoint.cell_changed modem-1: from 262-01 1234 to 262-01 5678"));
}

TEST_F(ObservationsTest, AnotherWayIsAnAlarmUntilItIsTheUsualOne) {
  using enum SessionNote::Kind;
  hear(fact, "path", "10.0.0.1 10.0.0.2");
  hear(fact, "cell", "262-01 1234");
  hear(fact, "cell", "262-01 5678");
  EXPECT_THAT(alarms, IsEmpty());
  hear(fact, "path", "10.0.0.1 10.0.9.2");
  hear(fact, "path", "10.0.0.1 10.0.9.2");
  ASSERT_EQ(alarms.size(), 2U);
  EXPECT_EQ(alarms[0].kind, AlarmKind::path_change);
  EXPECT_EQ(alarms[0].endpoint, EndpointIndex{0});
  EXPECT_FALSE(alarms[0].cleared);
  EXPECT_TRUE(alarms[1].cleared);
  EXPECT_EQ(alarms[0].id, alarms[1].id);
  EXPECT_EQ(events.back(), "endpoint.path_changed modem-1: from 10.0.0.1 10.0.0.2 to 10.0.0.1 10.0.9.2");
}

TEST_F(ObservationsTest, AFindingIsAnEventWhereSomebodyAskedForIt) {
  using enum SessionNote::Kind;
  hear(finding, "path", "all is well");
  hear(exchange, ">", "AT");
  EXPECT_THAT(events, IsEmpty());
  hear(finding, "path", "loss begins", true);
  hear(finding, "path", "loss begins", true);
  EXPECT_THAT(events, ElementsAre("endpoint.path_found modem-1: loss begins",
                                  "endpoint.path_found modem-1: loss begins"));
}

}  // namespace
}  // namespace faultline::app
