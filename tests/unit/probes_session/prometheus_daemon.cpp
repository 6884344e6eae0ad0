#include "tests/unit/probes_session/prometheus_daemon.h"

#include "tests/unit/probes_session/stream_server.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <fstream>

namespace faultline {
namespace {

constexpr const char* kProgram = "/usr/bin/prometheus";
constexpr int kTries = 5;  // another program may take the free port first
constexpr std::chrono::seconds kFarTooLong{60};

}  // namespace

bool PrometheusDaemon::is_installed() {
  return access(kProgram, X_OK) == 0;
}

PrometheusDaemon::PrometheusDaemon(const std::string& target) {
  std::string pattern = (std::filesystem::temp_directory_path() / "faultline-prometheus-XXXXXX").string();
  folder_ = mkdtemp(pattern.data());
  std::ofstream(folder_ / "prometheus.yml")
      << "global: {scrape_interval: 3s, scrape_timeout: 3s}\nscrape_configs:\n  - {job_name: olt, "
         "honor_labels: true, static_configs: [{targets: [\""
      << target << "\"]}]}\n";
  for (int i = 0; i < kTries && !start(); ++i) stop();
}

PrometheusDaemon::~PrometheusDaemon() {
  stop();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

bool PrometheusDaemon::start() {
  port_ = ClosedPort().port();
  std::array<int, 2> pipe_ends{};
  if (pipe2(pipe_ends.data(), O_CLOEXEC) != 0) return false;
  const std::string config = "--config.file=" + (folder_ / "prometheus.yml").string();
  const std::string data = "--storage.tsdb.path=" + (folder_ / "data").string();
  const std::string listen = "--web.listen-address=127.0.0.1:" + port_;
  said_.clear();
  process_ = fork();
  if (process_ == 0) {
    dup2(pipe_ends[1], STDOUT_FILENO);
    dup2(pipe_ends[1], STDERR_FILENO);
    std::array<const char*, 5> arguments = {kProgram, config.c_str(), data.c_str(), listen.c_str(), nullptr};
    execv(kProgram, const_cast<char* const*>(arguments.data()));
    _exit(127);
  }
  close(pipe_ends[1]);
  output_ = pipe_ends[0];
  const auto end = std::chrono::steady_clock::now() + kFarTooLong;
  while (said_.find("Server is ready") == std::string::npos) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    pollfd wait{output_, POLLIN, 0};
    std::array<char, 4096> bytes{};
    if (left.count() <= 0 || poll(&wait, 1, static_cast<int>(left.count())) != 1) return false;
    const auto got = ::read(output_, bytes.data(), bytes.size());
    if (got <= 0) return false;
    said_.append(bytes.data(), static_cast<std::size_t>(got));
  }
  return said_.find("address already in use") == std::string::npos;
}

void PrometheusDaemon::stop() {
  if (process_ > 0) {
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
  }
  if (output_ >= 0) close(output_);
  process_ = -1;
  output_ = -1;
}

}  // namespace faultline
