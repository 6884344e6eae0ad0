// Values of a line, modem, ONU or router from an SNMP agent, versions 2c and 3. Which ones, where and in what
// scale is said by a device profile, named or recognised by what the agent is; the agent may be the OLT or
// CMTS, the endpoint a row there (session/agent_address.h). What was recognised and how the counters stood is
// remembered for each target, until it has not been measured for some intervals.
#pragma once

#include "probes/option.h"
#include "probes/session/agent_address.h"
#include "probes/session/session_probe.h"
#include "probes/session/snmp_library.h"
#include "rules/model/metric.h"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace faultline::session {

class SnmpAgent;
struct SnmpAnswer;

std::span<const OptionSpec> snmp_options();
std::span<const Metric> snmp_metrics();  // those of the most common profiles
std::unique_ptr<SessionProbe> make_snmp_probe(const ProbeOptions& options);

// The options of a probe, with its files read. The error begins with the option that is wrong and a colon.
struct SnmpSettings {
  std::shared_ptr<const SnmpIdentity> identity;
  int retries = 1;
  std::string profile;  // a name, or "auto"
  Duration interval = std::chrono::seconds(60);
};
Result<SnmpSettings> snmp_settings(const ProbeOptions& options);

// One measurement in full: what became of it, which profile fitted, and every value, those too that mean
// "none".
struct DeviceReadings {
  Outcome outcome = Outcome::not_measured;
  OutcomeReason reason = OutcomeReason::none;
  std::string profile;
  std::vector<Reading> readings;
};

class SnmpProbe : public SessionProbe {
 public:
  using Clock = std::function<std::chrono::steady_clock::time_point()>;  // another one in tests
  explicit SnmpProbe(SnmpSettings settings, Clock now = std::chrono::steady_clock::now)
      : settings_(std::move(settings)), now_(std::move(now)), limits_(span_limits(settings_.interval)) {}
  boost::asio::awaitable<Round> run(SessionTarget target, Duration time_limit) override;
  // As run, with all that a round does not carry.
  boost::asio::awaitable<DeviceReadings> read(SessionTarget target, Duration time_limit);

 private:
  struct Learnt {  // of a target, from its last round
    std::string profile;
    Oid index;
    std::string engine_id;
    CounterLook counters;  // that the next changes are taken from
    std::chrono::steady_clock::time_point used;
  };
  void forget_stale(std::chrono::steady_clock::time_point now);
  // What the answers say of the row, with what the counters changed by; empty if it is not the profile's.
  std::vector<Reading> take_readings(const DeviceProfile& profile, const Oid& row,
                                     std::span<const SnmpVariable> answers, Learnt& learnt) const;
  boost::asio::awaitable<DeviceReadings> converse(SnmpAgent& agent, const DeviceProfiles& profiles, Oid index,
                                                  Learnt& learnt);

  SnmpSettings settings_;
  Clock now_;
  SpanLimits limits_;
  std::map<std::string, Learnt, std::less<>> learnt_;  // by address and agent
  std::chrono::steady_clock::time_point looked_for_stale_;
};

}  // namespace faultline::session
