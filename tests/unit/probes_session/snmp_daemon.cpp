#include "tests/unit/probes_session/snmp_daemon.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <utility>

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
  file << "rocommunity " << kCommunity << " 127.0.0.1\n";
  const std::pair<const char*, const char*> users[] = {
      {kUser, "AES"}, {kUser192, "AES-192"}, {kUser256, "AES-256"}};
  for (const auto& [user, privacy] : users)
    file << "createUser " << user << " SHA-256 \"" << kAuthPassword << "\" " << privacy << " \""
         << kPrivacyPassword << "\"\nrouser " << user << " priv\n";
  for (const std::string& line : overrides) file << "override " << line << "\n";
  // snmpd runs it for each GET: -g and the instance, with a dot before it.
  const std::filesystem::path values = daemon_.folder() / "values", script = daemon_.folder() / "moving";
  std::filesystem::create_directory(values);
  std::ofstream(script) << "f=" << values.string() << "/$2\n"
                        << "if [ \"$1\" = -g ] && [ -r \"$f\" ]; then echo \"$2\"; cat \"$f\"; fi\n";
  file << "pass ." << kMoving << " /bin/sh " << script.string() << "\n";
  file.close();
  for (int i = 0; i < kTries && !start(); ++i) daemon_.stop();
}

void SnmpDaemon::set(const std::string& instance, const std::string& type, const std::string& value) {
  std::ofstream(daemon_.folder() / "values" / ("." + instance)) << type << "\n" << value << "\n";
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
