// Values of a line, modem, ONU or router from an SNMP agent, versions 2c and 3. Which ones, where and in what
// scale is said by a device profile, named or recognised by what the agent is; the agent may be the OLT or
// CMTS, the endpoint a row there (session/agent_address.h). What was recognised is remembered for each
// target.
#pragma once

#include "probes/option.h"
#include "probes/session/agent_address.h"
#include "probes/session/session_probe.h"
#include "probes/session/snmp_library.h"
#include "rules/model/metric.h"

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
  explicit SnmpProbe(SnmpSettings settings) : settings_(std::move(settings)) {}
  boost::asio::awaitable<Round> run(SessionTarget target, Duration time_limit) override;
  // As run, with all that a round does not carry.
  boost::asio::awaitable<DeviceReadings> read(SessionTarget target, Duration time_limit);

 private:
  struct Learnt {  // of a target, from its last round
    std::string profile;
    Oid index;
    std::string engine_id;
  };
  boost::asio::awaitable<DeviceReadings> converse(SnmpAgent& agent, const DeviceProfiles& profiles, Oid index,
                                                  Learnt& learnt);

  SnmpSettings settings_;
  std::map<std::string, Learnt, std::less<>> learnt_;  // by address and agent
};

}  // namespace faultline::session
