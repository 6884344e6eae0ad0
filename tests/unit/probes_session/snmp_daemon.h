// A real snmpd on a free port of loopback, for tests: with a community, a version 3 user and values of its
// own.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace faultline {

class SnmpDaemon {
 public:
  // `overrides` are lines such as "1.3.6.1.4.1.99999.1.1.7 integer -85". Check is_running() first.
  explicit SnmpDaemon(const std::vector<std::string>& overrides);
  ~SnmpDaemon();
  SnmpDaemon(const SnmpDaemon&) = delete;
  SnmpDaemon& operator=(const SnmpDaemon&) = delete;

  static bool is_installed();
  bool is_running() const { return process_ > 0; }
  std::uint16_t port() const { return port_; }
  const std::string& said() const { return said_; }  // what it printed until then

  static constexpr const char* kCommunity = "lines";
  static constexpr const char* kUser = "faultline";
  static constexpr const char* kAuthPassword = "authpass12";     // SHA-256
  static constexpr const char* kPrivacyPassword = "privpass12";  // AES

 private:
  bool start();
  void stop();

  std::filesystem::path folder_;
  pid_t process_ = -1;
  int output_ = -1;
  std::uint16_t port_ = 0;
  std::string said_;
};

// A port of loopback that nobody listens on just now.
std::uint16_t free_udp_port();

}  // namespace faultline
