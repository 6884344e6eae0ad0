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
  Observations observations{
      [this](Timestamp, const std::string& kind, const std::string& subject, const std::string& reason) {
        events.push_back(kind + " " + subject + ": " + reason);
      }};
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
