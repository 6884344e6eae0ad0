// A real Prometheus on a free port of loopback, for tests, that scrapes one target as often as it can.
#pragma once

#include "tests/unit/probes_session/child_daemon.h"

#include <string>

namespace faultline {

class PrometheusDaemon {
 public:
  // `target` is HOST:PORT. Check is_running() first.
  explicit PrometheusDaemon(const std::string& target);

  static bool is_installed();
  bool is_running() const { return daemon_.is_running(); }
  std::string url() const { return "http://127.0.0.1:" + port_; }
  const std::string& said() const { return daemon_.said(); }  // what it printed until then

 private:
  bool start();

  ChildDaemon daemon_{"prometheus"};
  std::string port_;
};

}  // namespace faultline
