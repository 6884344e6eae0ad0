// The whole daemon: builds its parts from a configuration, runs them on one loop, reloads and stops them in
// order. main.cpp makes one; a test may make another in the same process.
#pragma once

#include "daemon/http/server.h"
#include "rules/model/result.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace faultline::packet {
class EarlySockets;
}

namespace faultline::app {

class App {
 public:
  // Everything up to the first packet. The error is fit for a terminal: all mistakes of a bad configuration,
  // a line each, or what the machine refused and the remedy. Starts threads: capabilities are dropped before.
  // `sockets` as for Probing::start.
  static Result<std::unique_ptr<App>> create(const std::filesystem::path& config_file,
                                             std::shared_ptr<packet::EarlySockets> sockets = nullptr);
  ~App();

  // Runs until SIGTERM, SIGINT or stop(); SIGHUP reloads. All that was decided is on disk when it comes back.
  void run();
  // From any thread.
  void stop();

  std::vector<http::ListenAddress> bound() const;

 private:
  struct Impl;
  explicit App(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace faultline::app
