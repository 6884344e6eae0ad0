// The tcp probe against real sockets, and what an error of the kernel says.
#include "probes/async/look_up.h"
#include "probes/session/reach.h"
#include "tests/unit/probes_session/dns_server.h"
#include "tests/unit/probes_session/measure.h"
#include "tests/unit/probes_session/silent_port.h"
#include "tests/unit/probes_session/stream_server.h"

#include <cerrno>

namespace faultline::session {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

std::optional<StreamReply> say_nothing(const std::string&) {
  return std::nullopt;
}

using TcpProbe = Measuring;

TEST_F(TcpProbe, TellsHowLongAConnectionTook) {
  StreamServer server(io, say_nothing);
  const Round round = measure("tcp", {{"port", server.port()}});
  EXPECT_EQ(round.outcome, Outcome::ok);
  EXPECT_EQ(round.reason, OutcomeReason::none);
  EXPECT_EQ(round.value_count, 1);
  EXPECT_GT(value(round, Metric::connect_ms), 0);
  EXPECT_LT(value(round, Metric::connect_ms), 5'000);
}

TEST_F(TcpProbe, AClosedPortIsRefused) {
  const ClosedPort closed;
  const Round round = measure("tcp", {{"port", closed.port()}});
  EXPECT_EQ(round.outcome, Outcome::refused);
  EXPECT_EQ(round.reason, OutcomeReason::port_unreachable);
  EXPECT_EQ(round.value_count, 0);
}

TEST_F(TcpProbe, SilenceIsTimedOut) {
  const SilentPort silent(io);
  const Round round = measure("tcp", {{"port", silent.port()}}, "127.0.0.1", 50ms);
  EXPECT_EQ(round.outcome, Outcome::timed_out);
  EXPECT_EQ(round.reason, OutcomeReason::none);
  EXPECT_EQ(round.value_count, 0);
}

TEST_F(TcpProbe, WhatTheOwnKernelRefusesSaysNothingAboutTheOtherSide) {
  const Round round = measure("tcp", {}, "255.255.255.255");
  EXPECT_EQ(round.outcome, Outcome::not_measured);
  EXPECT_EQ(round.reason, OutcomeReason::no_route);
}

TEST_F(TcpProbe, ComesBackAtOnceWhenItIsCancelled) {
  const SilentPort silent(io);
  cancel_soon();
  const Round round = measure("tcp", {{"port", silent.port()}});
  EXPECT_EQ(round.outcome, Outcome::not_measured);
  EXPECT_EQ(round.reason, OutcomeReason::cancelled);
}

TEST_F(TcpProbe, AHangingCounterpartHoldsUpNobodyElse) {
  const SilentPort silent(io);
  const auto hanging = make_probe("tcp", {{"port", silent.port()}});
  bool ended = false;
  const SessionTarget target{EndpointIndex{1}, "hanging", "127.0.0.1", ""};
  asio::co_spawn(io, hanging->run(target, kFarTooLong),
                 asio::bind_cancellation_slot(
                     cancel.slot(), [&](const std::exception_ptr&, const Round&) { ended = true; }));
  StreamServer server(io, say_nothing);
  asio::cancellation_signal other;
  bool done = false;
  const auto probe = make_probe("tcp", {{"port", server.port()}});
  asio::co_spawn(io, probe->run(target, kFarTooLong), [&](const std::exception_ptr&, const Round& round) {
    EXPECT_EQ(round.outcome, Outcome::ok);
    done = true;
  });
  run_until(io, [&] { return done; });
  EXPECT_FALSE(ended);
  cancel_it();
  run_until(io, [&] { return ended; });
}

TEST_F(TcpProbe, ResolvesANameForEachMeasurement) {
  DnsServer names;
  names.set("a.test", {"127.0.0.1"});
  set_look_up_options(io, {.servers = names.address()});
  StreamServer server(io, say_nothing);
  EXPECT_EQ(measure("tcp", {{"port", server.port()}}, "a.test").outcome, Outcome::ok);
  names.set("a.test", {});
  const Round round = measure("tcp", {{"port", server.port()}}, "a.test");
  EXPECT_EQ(round.outcome, Outcome::not_measured);
  EXPECT_EQ(round.reason, OutcomeReason::name_unresolved);
}

TEST_F(TcpProbe, ANameServerThatHangsEndsWithTheTimeLimit) {
  DnsServer names;
  names.silence("slow.");
  set_look_up_options(io, {.servers = names.address()});
  const Round round = measure("tcp", {}, "slow.test", 50ms);
  EXPECT_EQ(round.reason, OutcomeReason::name_unresolved);
  cancel_soon();
  EXPECT_EQ(measure("tcp", {}, "slow.test").reason, OutcomeReason::cancelled);
}

TEST(LookUp, ALoopThatEndsWithAQuestionUnderWayEndsWell) {
  DnsServer names;
  names.silence("slow.");
  asio::io_context io;
  set_look_up_options(io, {.servers = names.address()});
  const auto probe = make_probe("tcp", {});
  asio::co_spawn(io, probe->run({EndpointIndex{1}, "a", "slow.test", ""}, kFarTooLong),
                 [](const std::exception_ptr&, const Round&) { ADD_FAILURE() << "it has no answer"; });
  io.run_one();
  EXPECT_TRUE(names.wait_until_asked("slow.test", 1));
}

struct ErrorCase {
  int code;
  bool at_once;
  Outcome outcome;
  OutcomeReason reason;
};
class Errors : public testing::TestWithParam<ErrorCase> {};
TEST_P(Errors, SayWhoseTroubleItIs) {
  const Verdict verdict = verdict_of(
      {boost::system::error_code(GetParam().code, boost::system::system_category()), GetParam().at_once});
  EXPECT_EQ(verdict.outcome, GetParam().outcome);
  EXPECT_EQ(verdict.reason, GetParam().reason);
}
using enum Outcome;
using Reason = OutcomeReason;
INSTANTIATE_TEST_SUITE_P(Kernel, Errors,
                         testing::Values(ErrorCase{ECONNREFUSED, false, refused, Reason::port_unreachable},
                                         ErrorCase{ECONNREFUSED, true, refused, Reason::port_unreachable},
                                         ErrorCase{ECONNRESET, false, refused, Reason::connection_closed},
                                         ErrorCase{ENETUNREACH, false, unreachable, Reason::net_unreachable},
                                         ErrorCase{ENETUNREACH, true, not_measured, Reason::no_route},
                                         ErrorCase{EHOSTUNREACH, false, unreachable,
                                                   Reason::host_unreachable},
                                         ErrorCase{EHOSTUNREACH, true, not_measured, Reason::no_route},
                                         ErrorCase{EACCES, true, not_measured, Reason::no_route},
                                         ErrorCase{EMFILE, true, not_measured, Reason::send_failed},
                                         ErrorCase{EADDRNOTAVAIL, true, not_measured, Reason::send_failed},
                                         ErrorCase{ETIMEDOUT, false, timed_out, Reason::none}));

}  // namespace
}  // namespace faultline::session
