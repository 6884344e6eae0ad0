#include "tests/unit/probes_session/prometheus_daemon.h"

#include "tests/unit/probes_session/stream_server.h"

#include <unistd.h>

#include <fstream>

namespace faultline {
namespace {

constexpr const char* kProgram = "/usr/bin/prometheus";
constexpr int kTries = 5;  // another program may take the free port first

}  // namespace

bool PrometheusDaemon::is_installed() {
  return access(kProgram, X_OK) == 0;
}

PrometheusDaemon::PrometheusDaemon(const std::string& target) {
  std::ofstream(daemon_.folder() / "prometheus.yml")
      << "global: {scrape_interval: 3s, scrape_timeout: 3s}\nscrape_configs:\n  - {job_name: olt, "
         "honor_labels: true, static_configs: [{targets: [\""
      << target << "\"]}]}\n";
  for (int i = 0; i < kTries && !start(); ++i) daemon_.stop();
}

bool PrometheusDaemon::start() {
  port_ = ClosedPort().port();
  const std::vector<std::string> command = {kProgram,
                                            "--config.file=" + (daemon_.folder() / "prometheus.yml").string(),
                                            "--storage.tsdb.path=" + (daemon_.folder() / "data").string(),
                                            "--web.listen-address=127.0.0.1:" + port_};
  return daemon_.start(command, {}, "Server is ready") &&
         said().find("address already in use") == std::string::npos;
}

}  // namespace faultline
