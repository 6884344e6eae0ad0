// Hosts that the network cannot reach, with real packets: in a network of the test's own whose neighbour
// never answers, so that the kernel's error comes after the first packet, as it does from a router.
#include "tests/unit/probes_packet/namespace_setup.h"
#include "tests/unit/probes_session/measure.h"

#include <cstdlib>
#include <fstream>
#include <string>

namespace faultline::session {
namespace {

struct Unreachable : Measuring {
  static void SetUpTestSuite() {
    problem = packet::enter_own_network();
    if (!problem.empty()) return;
    const char* commands =
        "ip link add v0 type veth peer name v1 && ip addr add 192.0.2.1/24 dev v0 && "
        "ip link set v0 up && ip link set v1 up";
    if (std::system(commands) != 0) problem = "no pair of virtual interfaces";
    const std::string settings = "/proc/sys/net/ipv4/neigh/v0/";
    std::ofstream(settings + "retrans_time_ms") << 10 << std::flush;
    std::ofstream(settings + "mcast_solicit") << 1 << std::flush;
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
    const Round round = measure(kind, settings, "192.0.2.9");
    EXPECT_EQ(round.outcome, Outcome::unreachable) << kind;
    EXPECT_EQ(round.reason, OutcomeReason::host_unreachable) << kind;
    EXPECT_EQ(round.value_count, 0) << kind;
  }
}

TEST_F(Unreachable, ThatAPrometheusIsNotThereSaysNothingAboutTheEndpoint) {
  const Round round = measure("prometheus", {{"rsrp_dbm", "x"}, {"url", "http://192.0.2.9:9090"}});
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
