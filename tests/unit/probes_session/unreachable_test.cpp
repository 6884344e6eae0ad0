// Hosts that the network cannot reach, with real packets.
#include "tests/unit/probes_packet/namespace_setup.h"
#include "tests/unit/probes_session/dead_neighbour.h"
#include "tests/unit/probes_session/measure.h"

#include <string>

namespace faultline::session {
namespace {

struct Unreachable : Measuring {
  static void SetUpTestSuite() {
    problem = packet::enter_own_network();
    if (problem.empty()) problem = make_dead_neighbour();
  }
  void SetUp() override {
    if (!problem.empty()) GTEST_SKIP() << problem;
  }
  static inline std::string problem;
};

TEST_F(Unreachable, AHostThatIsNotThereIsUnreachable) {
  for (const auto& [kind, settings] : {std::pair<std::string_view, Settings>{"tcp", {}},
                                       {"dns", {}},
                                       {"dns", {{"transport", "tcp"}}},
                                       {"http", {}}}) {
    const Round round = measure(kind, settings, kDeadNeighbour);
    EXPECT_EQ(round.outcome, Outcome::unreachable) << kind;
    EXPECT_EQ(round.reason, OutcomeReason::host_unreachable) << kind;
    EXPECT_EQ(round.value_count, 0) << kind;
  }
}

TEST_F(Unreachable, ThatAPrometheusIsNotThereSaysNothingAboutTheEndpoint) {
  const Round round =
      measure("prometheus", {{"rsrp_dbm", "x"}, {"url", std::string("http://") + kDeadNeighbour + ":9090"}});
  EXPECT_EQ(round.outcome, Outcome::not_measured);
  EXPECT_EQ(round.reason, OutcomeReason::host_unreachable);
}

TEST_F(Unreachable, WithoutARouteNothingIsSaidAboutTheHost) {
  for (const std::string_view kind : {"tcp", "dns", "http"}) {
    const Round round = measure(kind, {}, "198.51.100.1");
    EXPECT_EQ(round.outcome, Outcome::not_measured) << kind;
    EXPECT_EQ(round.reason, OutcomeReason::no_route) << kind;
  }
}

}  // namespace
}  // namespace faultline::session
