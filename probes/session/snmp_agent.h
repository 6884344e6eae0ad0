// A conversation with one SNMP agent: GET and GETNEXT as coroutines over a net-snmp session of its own, whose
// socket waits in Asio like any other. Thousands may run at once on one thread; none waits for another. Lives
// as long as one measurement. Used by the snmp probe; knows nothing of profiles.
#pragma once

#include "probes/session/device_profile.h"
#include "probes/session/exchange_watch.h"
#include "probes/session/snmp_library.h"
#include "rules/model/round.h"
#include "rules/model/time.h"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace faultline::session {

// What became of one question. Values only if the outcome is ok.
struct SnmpAnswer {
  Outcome outcome = Outcome::not_measured;
  OutcomeReason reason = OutcomeReason::none;
  std::vector<SnmpVariable> variables;
};

// Variables of one question: 20 and their names fit a packet of 1,472 bytes with room for text values.
inline constexpr std::size_t kVariablesPerQuestion = 20;

class SnmpAgent {
 public:
  // `address` is a literal. Each question is sent up to 1 + retries times, `patience` apart. `engine_id` is
  // what engine_id() of an earlier conversation gave, or empty: version 3 then asks for it first.
  SnmpAgent(boost::asio::any_io_executor executor, std::shared_ptr<const SnmpIdentity> identity,
            const std::string& address, std::uint16_t port, Duration patience, int retries,
            const std::string& engine_id);
  ~SnmpAgent();
  SnmpAgent(const SnmpAgent&) = delete;
  SnmpAgent& operator=(const SnmpAgent&) = delete;

  // From now on each question, each answer's variables and what else came of it are told, never what the
  // agent is asked as. Empty: to nobody.
  void tell(ExchangeWatch watch);

  // The values at these instances, asked in questions of kVariablesPerQuestion at most; the first that fails
  // ends it. Answers come in the order asked for; an instance that is not there has the kind `none`.
  boost::asio::awaitable<SnmpAnswer> get(std::vector<Oid> instances);
  // What comes after each of these, in one question: at most kVariablesPerQuestion.
  boost::asio::awaitable<SnmpAnswer> get_next(std::vector<Oid> oids);

  // Ends whatever waits, now and later, with `timed_out`. For a Deadline.
  void give_up();
  // Of the agent, once version 3 has spoken with it; else empty.
  std::string engine_id() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace faultline::session
