// Receives SNMP traps and informs (versions 1 and 2c) on one UDP port, read by net-snmp's own parser. Informs
// are acknowledged. Who may send, and what a trap means, is the caller's business. Main loop only.
#pragma once

#include "probes/session/device_profile.h"
#include "rules/model/result.h"

#include <boost/asio/any_io_executor.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace faultline::session {

struct SnmpTrap {
  std::string agent;  // address of who sent it; of version 1 what the trap says itself
  std::string community;
  Oid oid;  // snmpTrapOID; of version 1 made as RFC 3584 §3.1 says
  // The others than sysUpTime and snmpTrapOID, as text: numbers, dotted object identifiers, printable strings
  // (others as hexadecimal digits); at most 64 of at most 1,024 bytes.
  std::vector<std::pair<Oid, std::string>> variables;
};

class SnmpTrapPort {
 public:
  using Sink = std::function<void(const SnmpTrap&)>;
  // `address` is a literal; port 0 takes any free one.
  static Result<std::unique_ptr<SnmpTrapPort>> open(const boost::asio::any_io_executor& executor,
                                                    const std::string& address, std::uint16_t port,
                                                    Sink sink);
  ~SnmpTrapPort();
  std::uint16_t port() const;
  // An inform is acknowledged unless the sink throws; what is no trap at all is counted here.
  std::uint64_t garbage() const;

 private:
  struct Impl;
  explicit SnmpTrapPort(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace faultline::session
