#include "tests/unit/probes_session/dead_neighbour.h"

#include <cstdlib>
#include <fstream>

namespace faultline::session {
namespace {

std::string make() {
  const char* commands =
      "ip link add v0 type veth peer name v1 && ip addr add 192.0.2.1/24 dev v0 && "
      "ip link set v0 up && ip link set v1 up";
  if (std::system(commands) != 0) return "no pair of virtual interfaces";
  const std::string settings = "/proc/sys/net/ipv4/neigh/v0/";
  std::ofstream(settings + "retrans_time_ms") << 10 << std::flush;
  std::ofstream(settings + "mcast_solicit") << 1 << std::flush;
  return "";
}

}  // namespace

std::string make_dead_neighbour() {
  static const std::string problem = make();
  return problem;
}

}  // namespace faultline::session
