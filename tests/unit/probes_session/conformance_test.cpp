// Every probe kind of the registry in every situation of the conformance table, by real sockets, ptys and
// files: what it must say, and what holds for each of them whatever happens.
#include "tests/unit/probes_session/conformance.h"

#include "probes/packet/engine.h"
#include "probes/packet/settings.h"
#include "probes/registry.h"
#include "tests/unit/probes_packet/namespace_setup.h"
#include "tests/unit/probes_packet/rounds.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <map>
#include <optional>
#include <ostream>
#include <stdexcept>
#include <thread>

namespace faultline::session {

std::string_view name(Situation situation) {
  constexpr std::array<std::string_view, kSituations.size()> kNames = {
      "ok", "no_answer", "refused", "unreachable", "garbage", "half_an_answer", "cancelled"};
  return kNames[static_cast<std::size_t>(situation)];
}

namespace {

using Clock = std::chrono::steady_clock;

// Over a time limit, and after a cancellation: for a machine that has other things to do. A probe that waits
// for a time of its own instead takes longer than this, since kFarTooLong is its time limit then.
constexpr std::chrono::seconds kSlack{5};

// All kinds. A new one is a line here and its cases in conformance.h.
std::vector<KindCases> table() {
  return {icmp_cases(),       stamp_cases(),   modem_cases(),        tcp_cases(),
          dns_cases(),        http_cases(),    snmp_cases(),         path_cases(),
          prometheus_cases(), pm_file_cases(), modemmanager_cases(), throughput_cases()};
}

const Case* find_case(std::string_view kind, Situation situation) {
  static const std::vector<KindCases> kTable = table();
  for (const KindCases& row : kTable)
    for (const Case& one : row.cases)
      if (row.kind == kind && one.situation == situation) return &one;
  return nullptr;
}

// As the configuration reads them.
ProbeOptions options_of(const ProbeKind& kind, const Settings& settings) {
  ProbeOptions options = ProbeOptions::defaults(kind.options);
  for (const auto& [name, text] : settings) {
    const auto spec = std::find_if(kind.options.begin(), kind.options.end(),
                                   [&, n = name](const OptionSpec& s) { return s.name == n; });
    if (spec == kind.options.end()) throw std::runtime_error("no option " + std::string(name));
    options.set(name, parse_option(*spec, text).value());
  }
  if (kind.check != nullptr)
    if (const auto good = kind.check(options); !good) throw std::runtime_error(good.error().message);
  return options;
}

struct Measured {
  Round round;
  Clock::duration took{};  // since it began, or was told to end
};

// One conversation. `cancel_after`: so many steps of the loop after its beginning.
Measured converse(const ProbeKind& kind, Bench& bench, std::optional<int> cancel_after) {
  const auto probe = kind.make(options_of(kind, bench.settings));
  Measured measured;
  bool done = false;
  boost::asio::cancellation_signal cancel;
  auto take = [&](const std::exception_ptr& error, const Round& round) {
    if (error) std::rethrow_exception(error);
    measured.round = round;
    done = true;
  };
  auto began = Clock::now();
  const Duration time_limit = cancel_after ? Duration(kFarTooLong) : bench.time_limit;
  boost::asio::co_spawn(bench.io, probe->run(bench.target, time_limit),
                        boost::asio::bind_cancellation_slot(cancel.slot(), take));
  if (cancel_after) {
    for (int i = 0; i < *cancel_after; ++i) bench.io.poll_one();
    EXPECT_FALSE(done) << "it did not wait to be told to end";
    began = Clock::now();
    cancel.emit(boost::asio::cancellation_type::terminal);
  }
  run_until(bench.io, [&] { return done; });
  measured.took = Clock::now() - began;
  return measured;
}

// One round of the packet engine; cancelled: when its first packet is out.
Measured send(const ProbeKind& kind, const Bench& bench, bool is_cancelled) {
  packet::Rounds rounds;
  const auto engine = packet::Engine::start({}, rounds.sink()).value();
  const auto settings =
      packet::packet_settings(kind.name, index_of(kind), options_of(kind, bench.settings)).value();
  const packet::PacketTarget target{bench.target.endpoint, 0,
                                    packet::parse_address(bench.target.address).value()};
  auto began = Clock::now();
  const auto set = engine->set_targets(std::span(&settings, 1), std::span(&target, 1));
  if (!set) throw std::runtime_error(set.error().message);
  if (is_cancelled) {
    const auto end = Clock::now() + packet::kDeadline;
    while (engine->stats().sent == 0 && Clock::now() < end) std::this_thread::yield();
    began = Clock::now();
    engine->set_address(bench.target.endpoint, std::nullopt);
  }
  const auto got = rounds.wait_for(1);
  engine->stop();
  if (got.empty()) throw std::runtime_error("no round came");
  return {got.front(), Clock::now() - began};
}

// Of what the round may carry: what the kind says, what its options name, what the endpoint's profiles hold.
bool is_announced(const ProbeKind& kind, const SessionTarget& target, Metric metric) {
  const auto is_it = [&](const auto& known) { return known == metric; };
  if (std::any_of(kind.metrics.begin(), kind.metrics.end(), is_it)) return true;
  if (std::any_of(kind.options.begin(), kind.options.end(),
                  [&](const OptionSpec& option) { return option.name == name(metric); }))
    return true;
  if (!target.device_profiles) return false;
  for (const DeviceProfile& profile : *target.device_profiles)
    for (const DeviceValue& value : profile.values)
      if (value.metric == metric) return true;
  return false;
}

// What holds for every kind whatever happens.
void expect_promises(const ProbeKind& kind, const Bench& bench, const Measured& measured, bool is_cancelled) {
  const Round& round = measured.round;
  EXPECT_EQ(round.endpoint, bench.target.endpoint);
  for (const MetricValue& value : round.metric_values()) {
    EXPECT_TRUE(std::isfinite(value.value)) << name(value.metric);
    EXPECT_TRUE(is_announced(kind, bench.target, value.metric)) << name(value.metric);
  }
  const bool is_packet = kind.transport == ProbeTransport::packet;
  if (!is_packet) {
    EXPECT_EQ(round.packets.sent, 0);
  } else if (round.outcome != Outcome::not_measured) {
    EXPECT_GT(round.packets.sent, 0);
  }
  const std::chrono::seconds interval(1);  // of all packet kinds here
  const Duration limit = is_packet ? Duration(2 * interval) : bench.time_limit;
  EXPECT_LT(measured.took, (is_cancelled ? Duration{} : limit) + kSlack);
  if (is_cancelled) {
    EXPECT_EQ(round.value_count, 0);
  }
}

struct Which {
  const ProbeKind* kind;
  Situation situation;
};
void PrintTo(const Which& which, std::ostream* out) {
  *out << which.kind->name << ' ' << name(which.situation);
}
std::vector<Which> all() {
  std::vector<Which> all;
  for (const ProbeKind& kind : probe_kinds())
    for (const Situation situation : kSituations) all.push_back({&kind, situation});
  return all;
}
std::string test_name(const testing::TestParamInfo<Which>& info) {
  return std::string(info.param.kind->name) + '_' + std::string(name(info.param.situation));
}

class Conformance : public testing::TestWithParam<Which> {
 protected:
  // Before there is any thread. Cases that can do without it run anyhow.
  static void SetUpTestSuite() { packet::enter_own_network(); }

  void expect_case(const ProbeKind& kind, const Case& one, Bench& bench, std::optional<int> cancel_after) {
    const bool is_packet = kind.transport == ProbeTransport::packet;
    const Measured measured =
        is_packet ? send(kind, bench, cancel_after.has_value()) : converse(kind, bench, cancel_after);
    EXPECT_EQ(name(measured.round.outcome), name(one.outcome));
    EXPECT_EQ(name(measured.round.reason), name(one.reason));
    if (one.situation == Situation::ok) {
      EXPECT_EQ(measured.round.outcome, Outcome::ok) << "or it is not ok";
    }
    expect_promises(kind, bench, measured, cancel_after.has_value());
  }
};

TEST_P(Conformance, SaysWhatItMust) {
  const auto& [kind, situation] = GetParam();
  const Case* one = find_case(kind->name, situation);
  ASSERT_NE(one, nullptr) << "the conformance table says nothing of this probe kind: add it to conformance.h";
  if (one->set_up == nullptr) GTEST_SKIP() << "does not apply: " << one->why_not;
  Bench bench;
  one->set_up(bench);
  if (!bench.problem.empty()) GTEST_SKIP() << bench.problem;
  const bool is_packet = kind->transport == ProbeTransport::packet;
  if (situation != Situation::cancelled) return expect_case(*kind, *one, bench, std::nullopt);
  // Wherever it waits just then.
  for (const int steps : {1, 2, 3, 5, 9}) {
    SCOPED_TRACE(steps);
    expect_case(*kind, *one, bench, steps);
    if (is_packet) break;
  }
}
INSTANTIATE_TEST_SUITE_P(Kinds, Conformance, testing::ValuesIn(all()), test_name);

TEST(ConformanceTable, KnowsEveryKindAndEverySituationOnce) {
  std::map<std::string_view, int> rows;
  for (const KindCases& row : table()) {
    SCOPED_TRACE(row.kind);
    ++rows[row.kind];
    EXPECT_NE(find_probe_kind(row.kind), nullptr) << "it is in the table but not in the registry";
    for (const Situation situation : kSituations)
      EXPECT_EQ(std::count_if(row.cases.begin(), row.cases.end(),
                              [&](const Case& one) { return one.situation == situation; }),
                1)
          << name(situation);
    for (const Case& one : row.cases)
      EXPECT_NE(one.set_up == nullptr, one.why_not.empty()) << "a case applies, or it says why not";
  }
  for (const ProbeKind& kind : probe_kinds())
    EXPECT_EQ(rows[kind.name], 1) << kind.name << " must be once in the conformance table (conformance.h)";
}

}  // namespace
}  // namespace faultline::session
