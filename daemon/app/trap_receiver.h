// SNMP traps in the running daemon: checks the community, bounds the rate, and gives what a pair knows to the
// desk of alarms. Main loop only.
#pragma once

#include "daemon/app/services.h"
#include "probes/session/snmp_trap.h"
#include "rules/model/result.h"

#include <boost/asio/any_io_executor.hpp>

#include <cstdint>
#include <memory>

namespace faultline::app {

class TrapReceiver {
 public:
  // Null without alarms.traps in the configuration. Reads its community, rate and pairs anew with each trap.
  static Result<std::unique_ptr<TrapReceiver>> open(const boost::asio::any_io_executor& executor,
                                                    Services& services);

 private:
  explicit TrapReceiver(Services& services) : services_(services) {}
  void take(const session::SnmpTrap& trap);
  bool is_too_much(Timestamp now);

  Services& services_;
  std::unique_ptr<session::SnmpTrapPort> port_;
  Timestamp second_{};  // that is counted in
  std::uint32_t taken_ = 0;
};

}  // namespace faultline::app
