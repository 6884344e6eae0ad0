#include "tests/unit/probes_session/snmp_daemon.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace faultline {
namespace {

constexpr const char* kProgram = "/usr/sbin/snmpd";
constexpr int kTries = 5;  // another program may take the free port first
constexpr std::chrono::seconds kFarTooLong{20};

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
  std::string pattern = (std::filesystem::temp_directory_path() / "faultline-snmpd-XXXXXX").string();
  folder_ = mkdtemp(pattern.data());
  std::ofstream file(folder_ / "snmpd.conf");
  file << "rocommunity " << kCommunity << " 127.0.0.1\ncreateUser " << kUser << " SHA-256 \"" << kAuthPassword
       << "\" AES \"" << kPrivacyPassword << "\"\nrouser " << kUser << " priv\n";
  for (const std::string& line : overrides) file << "override " << line << "\n";
  file.close();
  for (int i = 0; i < kTries && !start(); ++i) stop();
}

SnmpDaemon::~SnmpDaemon() {
  stop();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

bool SnmpDaemon::start() {
  port_ = free_udp_port();
  std::array<int, 2> pipe_ends{};
  if (pipe2(pipe_ends.data(), O_CLOEXEC) != 0) return false;
  const std::string config = (folder_ / "snmpd.conf").string();
  const std::string endpoint = "udp:127.0.0.1:" + std::to_string(port_);
  const std::string state = "SNMP_PERSISTENT_DIR=" + folder_.string();
  process_ = fork();
  if (process_ == 0) {
    dup2(pipe_ends[1], STDOUT_FILENO);
    dup2(pipe_ends[1], STDERR_FILENO);
    std::array<const char*, 8> arguments = {kProgram,         "-f",   "-Lo", "-C", "-c", config.c_str(),
                                            endpoint.c_str(), nullptr};
    std::array<const char*, 3> environment = {"MIBS=", state.c_str(), nullptr};
    execve(kProgram, const_cast<char* const*>(arguments.data()),
           const_cast<char* const*>(environment.data()));
    _exit(127);
  }
  close(pipe_ends[1]);
  output_ = pipe_ends[0];
  // It says its version when its socket is open.
  const auto end = std::chrono::steady_clock::now() + kFarTooLong;
  while (said_.find("NET-SNMP version") == std::string::npos) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    pollfd wait{output_, POLLIN, 0};
    std::array<char, 1024> bytes{};
    if (left.count() <= 0 || poll(&wait, 1, static_cast<int>(left.count())) != 1) return false;
    const auto got = ::read(output_, bytes.data(), bytes.size());
    if (got <= 0) return false;
    said_.append(bytes.data(), static_cast<std::size_t>(got));
  }
  return said_.find("Error opening") == std::string::npos;
}

void SnmpDaemon::stop() {
  if (process_ > 0) {
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
  }
  if (output_ >= 0) close(output_);
  process_ = -1;
  output_ = -1;
}

}  // namespace faultline
