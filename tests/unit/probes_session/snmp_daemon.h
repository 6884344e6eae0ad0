// A real snmpd on a free port of loopback, for tests: with a community, a version 3 user and values of its
// own.
#pragma once

#include "tests/unit/probes_session/child_daemon.h"

#include <cstdint>
#include <string>
#include <vector>

namespace faultline {

class SnmpDaemon {
 public:
  // `overrides` are lines such as "1.3.6.1.4.1.99999.1.1.7 integer -85". Check is_running() first.
  explicit SnmpDaemon(const std::vector<std::string>& overrides);
  // From now on the instance, below kMoving, has this value: "counter" and "17".
  void set(const std::string& instance, const std::string& type, const std::string& value);

  static bool is_installed();
  bool is_running() const { return daemon_.is_running(); }
  std::uint16_t port() const { return port_; }
  const std::string& said() const { return daemon_.said(); }  // what it printed until then

  static constexpr const char* kMoving = "1.3.6.1.4.1.99997";
  static constexpr const char* kCommunity = "lines";
  static constexpr const char* kUser = "faultline";
  static constexpr const char* kAuthPassword = "authpass12";     // SHA-256
  static constexpr const char* kPrivacyPassword = "privpass12";  // AES
  static constexpr const char* kUser192 = "faultline192";        // the same with AES-192
  static constexpr const char* kUser256 = "faultline256";

 private:
  bool start();

  ChildDaemon daemon_{"snmpd"};
  std::uint16_t port_ = 0;
};

// A port of loopback that nobody listens on just now.
std::uint16_t free_udp_port();

}  // namespace faultline
