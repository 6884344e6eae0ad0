#include "tests/unit/probes_session/snmp_daemon.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <stdexcept>

namespace faultline {
namespace {

constexpr const char* kProgram = "/usr/sbin/snmpd";
constexpr int kTries = 5;  // another program may take the free port first

}  // namespace

std::uint16_t free_udp_port() {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool is_bound = bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                        getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  close(fd);
  if (!is_bound) throw std::runtime_error("no UDP port on loopback");
  return ntohs(address.sin_port);
}

bool SnmpDaemon::is_installed() {
  return access(kProgram, X_OK) == 0;
}

SnmpDaemon::SnmpDaemon(const std::vector<std::string>& overrides) {
  std::ofstream file(daemon_.folder() / "snmpd.conf");
  file << "rocommunity " << kCommunity << " 127.0.0.1\ncreateUser " << kUser << " SHA-256 \"" << kAuthPassword
       << "\" AES \"" << kPrivacyPassword << "\"\nrouser " << kUser << " priv\n";
  for (const std::string& line : overrides) file << "override " << line << "\n";
  file.close();
  for (int i = 0; i < kTries && !start(); ++i) daemon_.stop();
}

bool SnmpDaemon::start() {
  port_ = free_udp_port();
  const std::vector<std::string> command = {kProgram,
                                            "-f",
                                            "-Lo",
                                            "-C",
                                            "-c",
                                            (daemon_.folder() / "snmpd.conf").string(),
                                            "udp:127.0.0.1:" + std::to_string(port_)};
  const std::vector<std::string> environment = {"MIBS=", "SNMP_PERSISTENT_DIR=" + daemon_.folder().string()};
  // It says its version when its socket is open.
  return daemon_.start(command, environment, "NET-SNMP version") &&
         said().find("Error opening") == std::string::npos;
}

}  // namespace faultline
