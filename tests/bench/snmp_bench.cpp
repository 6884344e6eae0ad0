// What polling SNMP agents costs: 5,000 of them each minute with 20 variables each, as the daemon does it, on
// one core; what a fifth of them that hang do to the others; and the memory of a probe that waits. The agents
// are a thread of this program.
#include "probes/registry.h"
#include "probes/session/scheduler.h"
#include "tests/bench/measure.h"
#include "tests/bench/snmp_agents.h"

#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace faultline;
using bench::figure, bench::Wanted;
namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr std::uint32_t kAgents = 5000;
constexpr std::uint32_t kHanging = 1000;

session::DeviceValue column(Metric metric, std::uint32_t number) {
  session::DeviceValue value;
  value.metric = metric;
  value.column = {1, 3, 6, 1, 4, 1, 99999, 1, 1, number};
  return value;
}

// 15 columns of states, a counter, a share of three counters and with them sysUpTime: 20 variables, 12
// metrics.
std::shared_ptr<const session::DeviceProfiles> profiles() {
  const std::vector<Metric> states = {Metric::mer_db,
                                      Metric::downstream_power_dbmv,
                                      Metric::upstream_power_dbmv,
                                      Metric::rsrp_dbm,
                                      Metric::rsrq_db,
                                      Metric::sinr_db,
                                      Metric::rssi_dbm,
                                      Metric::optical_rx_dbm,
                                      Metric::optical_tx_dbm,
                                      Metric::temperature_c};
  session::DeviceProfile profile;
  profile.name = "bench";
  profile.has = {1, 3, 6, 1, 4, 1, 99999};
  for (std::uint32_t i = 0; i < 15; ++i) {
    profile.values.push_back(column(states[i % states.size()], 1 + i));
    profile.values.back().divisor = 10;
  }
  profile.values.push_back(column(Metric::t3_timeouts_per_hour, 21));
  profile.values.back().change = session::Change::per_hour;
  profile.values.push_back(column(Metric::uncorrectable_ratio, 24));
  profile.values.back().change = session::Change::share;
  for (std::uint32_t i = 22; i <= 24; ++i)
    profile.values.back().whole.push_back(column(Metric::uncorrectable_ratio, i).column);
  return std::make_shared<const session::DeviceProfiles>(1, std::move(profile));
}

bool hangs(std::uint32_t agent, std::uint32_t hanging) {
  return agent < hanging;
}

std::vector<session::ScheduledTarget> targets(const bench::SnmpAgents& agents, std::uint32_t count,
                                              std::uint32_t hanging, Duration interval, Duration time_limit) {
  const ProbeKind& kind = *find_probe_kind("snmp");
  ProbeOptions options = ProbeOptions::defaults(kind.options);
  options.set("profile", std::string("bench"));
  options.set("interval", interval);
  const std::shared_ptr<SessionProbe> probe = kind.make(options);
  const auto known = profiles();
  std::vector<session::ScheduledTarget> list;
  for (std::uint32_t i = 0; i < count; ++i) {
    session::ScheduledTarget target;
    target.target.endpoint = EndpointIndex{i};
    target.target.name = fmt::format("e{}", i);
    target.target.address = fmt::format("127.{}.{}.{}", hangs(i, hanging) ? 2 : 1, 1 + i / 200, 1 + i % 200);
    target.target.agent = fmt::format(":{}/7", agents.port());
    target.target.device_profiles = known;
    target.kind = index_of(kind);
    target.probe = probe;
    target.interval = interval;
    target.time_limit = time_limit;
    list.push_back(std::move(target));
  }
  return list;
}

struct Run {
  std::size_t good = 0, bad = 0, values = 0;
  double wall = 0, cpu = 0;
  std::vector<double> good_ms;  // how long each took

  double quantile_ms(double share) {
    if (good_ms.empty()) return 0;
    const auto at = static_cast<std::ptrdiff_t>(share * static_cast<double>(good_ms.size() - 1));
    std::nth_element(good_ms.begin(), good_ms.begin() + at, good_ms.end());
    return good_ms[static_cast<std::size_t>(at)];
  }
};

// Every agent once an interval, for so long after so long. What the hanging ones give does not count as bad.
Run run(const bench::SnmpAgents& agents, std::uint32_t hanging, Duration interval,
        std::chrono::seconds warm_up, std::chrono::seconds length) {
  asio::io_context io{1};
  Run result;
  session::Scheduler scheduler(io.get_executor(), [&](const Round& round) {
    if (hangs(round.endpoint.value, hanging)) return;
    ++(round.outcome == Outcome::ok ? result.good : result.bad);
    result.values += round.value_count;
    result.good_ms.push_back(to_milliseconds(round.finished - round.started));
  });
  scheduler.set_targets(targets(agents, kAgents, hanging, interval, 5s));
  io.run_for(warm_up);
  result = {};
  const bench::Spent spent = bench::spent_on([&] { io.run_for(length); });
  result.wall = spent.wall_s;
  result.cpu = spent.cpu_s;
  bool stopped = false;
  scheduler.stop([&] { stopped = true; });
  while (!stopped) io.run_one();
  return result;
}

// Each minute, as it is; then six times as often, for what is left between that and a whole core.
bool measure_rate(const bench::SnmpAgents& agents) {
  const Run minute = run(agents, 0, 60s, 5s, 15s);
  bool all = figure("snmp_agents_5000_core_share", minute.cpu / minute.wall, "cores", Wanted::at_most, 1);
  Run often = run(agents, 0, 10s, 10s, 10s);
  const double rounds = static_cast<double>(often.good);
  all &= figure("snmp_agents_5000_cpu", often.cpu / rounds * kAgents, "s", Wanted::at_most, 60);
  all &= figure("snmp_rounds_per_second", rounds / often.wall, "1/s", Wanted::at_least, 0.99 * kAgents / 10);
  all &=
      figure("snmp_rounds_failed", static_cast<double>(minute.bad + often.bad), "rounds", Wanted::at_most, 0);
  all &= figure("snmp_values_per_round", static_cast<double>(often.values) / rounds, "values",
                Wanted::at_least, 12);
  return figure("snmp_round_p99", often.quantile_ms(0.99), "ms", Wanted::at_most, 20) && all;
}

bool measure_hanging(const bench::SnmpAgents& agents) {
  Run result = run(agents, kHanging, 10s, 5s, 10s);
  const bool none = figure("snmp_rounds_failed_with_hanging", static_cast<double>(result.bad), "rounds",
                           Wanted::at_most, 0);
  return figure("snmp_round_p99_with_hanging", result.quantile_ms(0.99), "ms", Wanted::at_most, 20) && none;
}

// Agents that say nothing, asked all at once.
bool measure_memory(const bench::SnmpAgents& agents, std::uint32_t count) {
  asio::io_context io{1};
  session::Scheduler scheduler(io.get_executor(), [](const Round&) {});
  scheduler.set_targets(targets(agents, count, count, 24h, 60s));
  io.run_for(100ms);
  const double before = bench::resident_bytes();
  const ProbeKindIndex kind = index_of(*find_probe_kind("snmp"));
  for (std::uint32_t i = 0; i < count; ++i) scheduler.run_now(EndpointIndex{i}, kind);
  io.run_for(2s);
  const double bytes = (bench::resident_bytes() - before) / count;
  bool stopped = false;
  scheduler.stop([&] { stopped = true; });
  while (!stopped) io.run_one();
  // 22 KiB of it are net-snmp's own for a question of 20 variables, kept to be sent again.
  return figure("snmp_probe_waiting_bytes", bytes, "B", Wanted::at_most, 40'960);
}

}  // namespace

int main() {
  const auto open =
      static_cast<std::uint32_t>(std::min<std::uint64_t>(bench::raise_file_limit() - 100, kAgents));
  const bench::SnmpAgents agents;
  const bool memory =
      measure_memory(agents, open);  // first, while nothing has been freed that it could use again
  const bool rate = measure_rate(agents);
  const bool hanging = measure_hanging(agents);
  return memory && rate && hanging ? 0 : 1;
}
