// Conformance of the kinds that send single packets: icmp and stamp through the engine, and path.
#include "tests/unit/probes_packet/namespace_setup.h"
#include "tests/unit/probes_packet/reflector.h"
#include "tests/unit/probes_session/conformance.h"
#include "tests/unit/probes_session/datagram_peer.h"
#include "tests/unit/probes_session/dead_neighbour.h"
#include "tests/unit/probes_session/route.h"

namespace faultline::session {
namespace {

using enum Situation;
using Reason = OutcomeReason;
using packet::TestReflector;
using Replies = std::vector<TestReflector::Reply>;

constexpr int kHostUnreachable = 1, kAdminProhibited = 13;  // codes of ICMP type 3
const RouteHop kLosesAll = {.silent = false, .loses_each = 1};

RouteHop refuses(int code) {
  RouteHop hop;
  hop.refuses_with = code;
  return hop;
}

void route(Bench& bench, std::size_t hops, const std::map<std::size_t, RouteHop>& special,
           HostAnswer host = HostAnswer::good) {
  bench.target.address = "10.9.9.9";
  if (const lab::Descriptor* tun = tun_of(bench)) bench.keep<Route>(*tun, hops, special, host);
}

const Settings kQuickRound = {
    {"interval", "1s"}, {"packets", "3"}, {"spacing", "10ms"}, {"timeout", "200ms"}};
Settings quick(std::string_view name, std::string text) {
  Settings settings = kQuickRound;
  settings.emplace_back(name, std::move(text));
  return settings;
}

void icmp(Bench& bench, const std::map<std::size_t, RouteHop>& special, HostAnswer host = HostAnswer::good) {
  route(bench, 1, special, host);
  bench.settings = kQuickRound;
}
void stamp(Bench& bench, const TestReflector::Script& script) {
  const packet::IpAddress here = packet::parse_address("127.0.0.1").value();
  auto& reflector = bench.keep<TestReflector>(here, wire::StampMode::unauthenticated, script);
  bench.settings = quick("port", std::to_string(reflector.port()));
}
void path(Bench& bench, std::size_t hops, const std::map<std::size_t, RouteHop>& special,
          HostAnswer host = HostAnswer::good) {
  route(bench, hops, special, host);
  bench.settings = {{"patience", "200ms"}, {"packets", "2"}};
}

}  // namespace

const lab::Descriptor* tun_of(Bench& bench) {
  static Result<lab::Descriptor> tun = [] {
    const std::string problem = packet::enter_own_network();
    return problem.empty() ? lab::make_tun_network() : fail(problem);
  }();
  if (!tun) bench.problem = tun.error().message;
  return tun ? &*tun : nullptr;
}

bool aim_at_dead_neighbour(Bench& bench) {
  bench.target.address = kDeadNeighbour;
  bench.problem = packet::enter_own_network();
  if (bench.problem.empty()) bench.problem = make_dead_neighbour();
  return bench.problem.empty();
}

KindCases icmp_cases() {
  constexpr auto mute = [](Bench& b) { icmp(b, {{1, kLosesAll}}); };
  return {"icmp",
          {{ok, Outcome::ok, Reason::none, [](Bench& b) { icmp(b, {}); }},
           {no_answer, Outcome::lost, Reason::none, mute},
           {refused, Outcome::unreachable, Reason::admin_prohibited,
            [](Bench& b) {
              icmp(b, {{1, refuses(kAdminProhibited)}});
            }},
           {unreachable, Outcome::unreachable, Reason::host_unreachable,
            [](Bench& b) {
              icmp(b, {{1, refuses(kHostUnreachable)}});
            }},
           {garbage, Outcome::lost, Reason::none, [](Bench& b) { icmp(b, {}, HostAnswer::forged); }},
           // Its first half has what tells that it is the answer to this packet.
           {half_an_answer, Outcome::ok, Reason::none, [](Bench& b) { icmp(b, {}, HostAnswer::cut_short); }},
           {cancelled, Outcome::not_measured, Reason::cancelled, mute}}};
}

KindCases stamp_cases() {
  constexpr auto mute = [](Bench& b) {
    stamp(b, [](std::size_t, const TestReflector::Reply&) { return Replies{}; });
  };
  return {"stamp",
          {{ok, Outcome::ok, Reason::none,
            [](Bench& b) {
              stamp(b, [](std::size_t, const TestReflector::Reply& plain) { return Replies{plain}; });
            }},
           {no_answer, Outcome::lost, Reason::none, mute},
           {refused, Outcome::refused, Reason::port_unreachable,
            [](Bench& b) { b.settings = quick("port", b.keep<ClosedDatagramPort>(b.io).port()); }},
           {unreachable, Outcome::unreachable, Reason::host_unreachable,
            [](Bench& b) {
              route(b, 1, {{1, refuses(kHostUnreachable)}});
              b.settings = quick("port", "9999");  // the route passes nothing of the usual one on
            }},
           {garbage, Outcome::lost, Reason::none,
            [](Bench& b) {
              stamp(b, [](std::size_t, TestReflector::Reply forged) {
                forged[35] ^= std::byte{1};
                return Replies{forged};
              });
            }},
           {half_an_answer, Outcome::lost, Reason::none,
            [](Bench& b) {
              stamp(b, [](std::size_t, TestReflector::Reply half) {
                half.resize(half.size() / 2);
                return Replies{half};
              });
            }},
           {cancelled, Outcome::not_measured, Reason::cancelled, mute}}};
}

// It tells how the way is; only where nothing at all answers there is none.
KindCases path_cases() {
  return {"path",
          {{ok, Outcome::ok, Reason::none, [](Bench& b) { path(b, 2, {}); }},
           {no_answer, Outcome::lost, Reason::none,
            [](Bench& b) {
              path(b, 1, {{1, kLosesAll}});
            }},
           {refused, Outcome::ok, Reason::none,
            [](Bench& b) {
              path(b, 3, {{2, refuses(kAdminProhibited)}});
            }},
           {unreachable, Outcome::ok, Reason::none,
            [](Bench& b) {
              path(b, 3, {{2, refuses(kHostUnreachable)}});
            }},
           {garbage, Outcome::ok, Reason::none,
            [](Bench& b) {
              path(b, 1, {}, HostAnswer::forged);
              b.settings.emplace_back("method", "icmp");
            }},
           {half_an_answer, Outcome::ok, Reason::none,
            [](Bench& b) {
              path(b, 3, {{3, kLosesAll}});
            }},
           {cancelled, Outcome::not_measured, Reason::cancelled, [](Bench& b) {
              path(b, 1, {{1, kLosesAll}});
              b.settings = {{"patience", "10s"}};
            }}}};
}

}  // namespace faultline::session
