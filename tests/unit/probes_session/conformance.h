// The conformance table: every probe kind of the registry against every situation that the other side, or the
// way to it, can be in, as data. conformance_test.cpp measures by it; a kind that is not in it fails there.
// A new kind is one function below, in whichever file its counterparts are.
#pragma once

#include "probes/session/session_probe.h"
#include "rules/model/round.h"
#include "rules/model/time.h"
#include "tests/lab/netns.h"
#include "tests/unit/probes_session/measure.h"

#include <boost/asio/io_context.hpp>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace faultline::session {

enum class Situation : std::uint8_t {
  ok,
  no_answer,    // nothing comes, in time or ever
  refused,      // there is somebody, and he will not
  unreachable,  // the network, or what stands between, says that there is nobody
  garbage,      // an answer that is none
  half_an_answer,
  cancelled,  // told to end while it waits
};
inline constexpr std::array kSituations = {
    Situation::ok,      Situation::no_answer,      Situation::refused,  Situation::unreachable,
    Situation::garbage, Situation::half_an_answer, Situation::cancelled};
std::string_view name(Situation situation);

// One measurement that is set up: the probe's options as a configuration would have them, whom it measures,
// and the counterparts, which live as long as this.
struct Bench {
  boost::asio::io_context io;
  Settings settings;
  SessionTarget target{EndpointIndex{7}, "cell-0417", "127.0.0.1", ""};
  Duration time_limit = kFarTooLong;  // of session kinds
  std::string problem;                // why it cannot be tried on this machine

  template <typename T, typename... Arguments>
  T& keep(Arguments&&... arguments) {
    auto made = std::make_shared<T>(std::forward<Arguments>(arguments)...);
    kept_.push_back(made);
    return *made;
  }

 private:
  std::vector<std::shared_ptr<void>> kept_;
};

struct Case {
  Situation situation;
  Outcome outcome = Outcome::not_measured;
  OutcomeReason reason = OutcomeReason::none;
  void (*set_up)(Bench& bench) = nullptr;  // null: it does not apply
  std::string_view why_not = {};           // to a kind, in words
};
inline Case does_not_apply(Situation situation, std::string_view why) {
  return {situation, Outcome::not_measured, OutcomeReason::none, nullptr, why};
}

struct KindCases {
  std::string_view kind;
  std::vector<Case> cases;  // one for each situation
};

// conformance_ip.cpp
KindCases tcp_cases();
KindCases dns_cases();
KindCases http_cases();
KindCases prometheus_cases();
KindCases throughput_cases();
// conformance_device.cpp
KindCases modem_cases();
KindCases modemmanager_cases();
KindCases snmp_cases();
KindCases pm_file_cases();
// conformance_packet.cpp
KindCases icmp_cases();
KindCases stamp_cases();
KindCases path_cases();

// In the network of the test's own. Null, and the bench's problem says why, where that cannot be.
const lab::Descriptor* tun_of(Bench& bench);
// Sends the bench's probe to a host that the network cannot reach; false, and a problem, where that cannot
// be.
bool aim_at_dead_neighbour(Bench& bench);

}  // namespace faultline::session
