// A real Prometheus on a free port of loopback, for tests, that scrapes one target as often as it can.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

namespace faultline {

class PrometheusDaemon {
 public:
  // `target` is HOST:PORT. Check is_running() first.
  explicit PrometheusDaemon(const std::string& target);
  ~PrometheusDaemon();
  PrometheusDaemon(const PrometheusDaemon&) = delete;
  PrometheusDaemon& operator=(const PrometheusDaemon&) = delete;

  static bool is_installed();
  bool is_running() const { return process_ > 0; }
  std::string url() const { return "http://127.0.0.1:" + port_; }
  const std::string& said() const { return said_; }  // what it printed until then

 private:
  bool start();
  void stop();

  std::filesystem::path folder_;
  pid_t process_ = -1;
  int output_ = -1;
  std::string port_;
  std::string said_;
};

}  // namespace faultline
